import type { Identified, User } from '../model/principal.ts'
import { unreachable } from '../model/result.ts'
import type { IdentitySource, LooseHeader } from '../model/route.ts'
import type { Caller } from './authenticate.ts'

/** What a caller is told by under one word; `undefined` where there is nothing to tell. */
export function toldOf(
  word: LooseHeader | IdentitySource,
  { principal, facts, holdings }: Caller,
): string | readonly string[] | undefined {
  const identified = principal.kind === 'anonymous' ? undefined : principal
  switch (word) {
    case 'roles':
      return holdings?.roles
    case 'permissions':
      return holdings?.permissions
    case 'email':
      return facts?.email
    case 'userId':
      return personOf(identified)?.userId
    case 'orgId':
      return identified?.organization?.id
    case 'sessionId':
      return personOf(identified)?.sessionId
    case 'orgSlug':
      return identified?.organization?.slug
    case 'orgRole':
      return identified?.organization?.role
    case 'actor':
      return personOf(identified)?.actor
    case 'tokenType':
      return identified?.tokenType
    case 'scopes':
      return identified?.scopes
    case 'subject':
      return identified?.kind === 'machine' ? identified.subject : identified?.userId
    default:
      return unreachable(word)
  }
}

function personOf(identified: Identified | undefined): User | undefined {
  return identified?.kind === 'user' ? identified : undefined
}
