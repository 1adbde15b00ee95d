import type { Condition } from '../model/condition.ts'
import { unreachable } from '../model/result.ts'

const holderPrefixes = { organization: 'org:', user: 'user:', either: '' } as const

/**
 * A condition in the words of the config, without those that it holds together. What a claim is compared with is
 * left out: it may be what the claim of some user says.
 */
export function wordsOf(condition: Condition): string {
  switch (condition.kind) {
    case 'usher-role':
    case 'clerk-role':
      return written('role', condition.role)
    case 'usher-permission':
    case 'clerk-permission':
      return written('permission', condition.permission)
    case 'feature':
    case 'plan':
      return written(condition.kind, `${holderPrefixes[condition.holder]}${condition.name}`)
    case 'reverification':
      return written('reverification', condition.asked)
    case 'scope':
      return written('scope', condition.scope)
    case 'claim':
      return written('claims', condition.claim)
    case 'no-actor':
      return written('actor', 'deny')
    case 'organization':
      return written('org', condition.organization)
    case 'organization-parameter':
      return written('org', `:${condition.parameter}`)
    case 'organization-path':
      return written(
        'orgPatterns',
        condition.patterns.map(({ source }) => source),
      )
    case 'all':
    case 'any':
    case 'not':
      return condition.kind
    default:
      return unreachable(condition)
  }
}

function written(word: string, value: unknown): string {
  return `${word}: ${JSON.stringify(value)}`
}
