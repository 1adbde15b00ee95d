import { describe, expect, it } from 'vitest'
import type { ConditionConfig } from '../../src/config/define.ts'
import { keyOfAcme, keyOfAda, outcomeOf, whoIs } from '../support/policy.ts'

// What a credential does not say: it is neither yes nor no, and opens nothing either way.

const session = whoIs({ sub: 'user_ada', pla: 'u:pro', fea: 'u:search' })
const accessToken = whoIs({ scope: 'read write' }, 'oauth_token')
const machine = whoIs({ sub: 'mch_1', scopes: 'mch_us' }, 'm2m_token')

describe('not lets in by no credential whom it keeps out by a session', () => {
  const barred: readonly ConditionConfig[] = [
    { plan: 'free' },
    { feature: 'trial' },
    { role: 'org:guest' },
    { permission: 'org:reports:read' },
    { reverification: 'lax' },
    { claims: { suspended: { equals: true } } },
  ]
  const credentials = [
    ['a machine', machine],
    ["a machine's own key", keyOfAcme],
    ['a key', keyOfAda],
    ['an access token', accessToken],
  ] as const
  it.each(barred.flatMap((word) => credentials.map(([name, who]) => [word, name, who] as const)))(
    '%j says nothing of %s, so its contrary does not hold',
    (word, _, principal) => {
      expect(outcomeOf({ not: word }, { principal })).not.toBe('pass')
    },
  )

  it.each([{ plan: 'free' }, { feature: 'trial' }])(
    '%j says nothing of a session without such a claim',
    (word) => {
      const silent = whoIs({ sub: 'user_ada' })
      const unreadable = whoIs({ sub: 'user_ada', pla: 'free', fea: 'trial' })
      const other = whoIs({ sub: 'user_ada', pla: 'u:pro', fea: 'u:search' })
      expect(outcomeOf({ not: word }, { principal: silent })).not.toBe('pass')
      expect(outcomeOf({ not: word }, { principal: unreadable })).not.toBe('pass')
      expect(outcomeOf({ not: word }, { principal: other })).toBe('pass')
    },
  )

  it('a claim that a session does not have is a plain no', () => {
    const suspended = { not: { claims: { suspended: { equals: true } } } }
    expect(outcomeOf(suspended, { principal: session })).toBe('pass')
  })
})

describe('what is not known opens nothing', () => {
  const unknown = { claims: { sub: { equals: 1 } } }
  const rows: [ConditionConfig, string][] = [
    [{ not: { reverification: 'lax' } }, 'reverification-needed'],
    [{ not: { any: [unknown, { plan: 'none' }] } }, 'claim-mismatch'],
    [{ not: { all: [unknown, { plan: 'none' }] } }, 'pass'],
    [{ any: [{ plan: 'none' }, unknown] }, 'claim-mismatch'],
    [{ any: [unknown, { actor: 'deny' }] }, 'pass'],
    [{ all: [unknown, { plan: 'none' }] }, 'plan-missing'],
    [{ any: [unknown, { role: 'admin' }] }, 'facts-unavailable'],
    [{ all: [{ role: 'admin' }, unknown] }, 'claim-mismatch'],
    [{ not: { not: unknown } }, 'claim-mismatch'],
  ]
  it.each(rows)('%j: %s', (access, expected) => {
    const principal = whoIs({ sub: 'user_ada', pla: 'u:free' })
    expect(outcomeOf(access, { principal })).toBe(expected)
  })
})
