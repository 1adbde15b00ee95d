import { identityOf, type Passing } from '../gateway/identity.ts'
import { exchangeFor } from '../gateway/introduce.ts'
import type { Refusal } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { HeaderLine } from '../model/terms.ts'
import type { Checking } from './checking.ts'

/** What the origin is to be told of the caller, and nothing that the client wrote. */
export async function tell(
  passing: Passing,
  checking: Pick<Checking, 'exchange' | 'assert' | 'handOff' | 'rules'>,
): Promise<Result<readonly HeaderLine[], Refusal>> {
  const { route, caller } = passing
  const identity = await identityOf(passing, checking)
  if (route.exchange === undefined) return ok(identity)
  const token = await exchangeFor(caller, route.exchange, checking.exchange)
  if (!token.ok) return token
  // Empty for whoever has none, so that what the client wrote there does not stay.
  const authorization = token.value === undefined ? '' : `Bearer ${token.value}`
  return ok([['Authorization', authorization], ...identity])
}
