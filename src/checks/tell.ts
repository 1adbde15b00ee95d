import type { Caller } from '../gateway/authenticate.ts'
import { exchangeFor, present } from '../gateway/identity.ts'
import type { Question } from '../model/asking.ts'
import type { Refusal } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Route } from '../model/route.ts'
import type { Checking } from './checking.ts'

/** A request that may pass: who asks, and where it leads. */
export interface Passing {
  readonly question: Question
  readonly route: Route
  readonly caller: Caller
}

/**
 * What the origin is to be told of the caller, and nothing that the client wrote, written into headers that are
 * empty so far: those of an answer, where there is one, for to copy a set costs as much as to write one.
 */
export async function tell(
  { question, route, caller }: Passing,
  checking: Pick<Checking, 'exchange' | 'assert' | 'handOff' | 'rules'>,
  headers: Headers = new Headers(),
): Promise<Result<Headers, Refusal>> {
  if (route.exchange !== undefined) {
    const token = await exchangeFor(caller, route.exchange, checking.exchange)
    if (!token.ok) return token
    // Empty for whoever has none, so that what the client wrote there does not stay.
    headers.set('Authorization', token.value === undefined ? '' : `Bearer ${token.value}`)
  }
  await present(headers, { question, route, caller }, checking)
  return ok(headers)
}
