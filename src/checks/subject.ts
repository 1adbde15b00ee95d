import {
  type Authority,
  type Caller,
  holdAgainstFacts,
  nobody,
  type Scrutiny,
} from '../gateway/authenticate.ts'
import type { Moment } from '../model/clock.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { personOf } from './person.ts'

/** Somebody who is asked about at a moment. */
export interface Subject {
  readonly userId: string
  readonly moment: Moment
}

/**
 * A user for whom no credential vouches, as by a session of theirs in which no organisation is active. What else
 * only a session says of them is not known, and so never lets them pass. They are always held against facts; that
 * they exist is the word of whoever asks.
 */
export async function identifyUser(
  { userId, moment }: Subject,
  scrutiny: Scrutiny,
  authority: Pick<Authority, 'readFacts'>,
): Promise<Result<Caller, Refusal>> {
  if (scrutiny.access.kind === 'public') return ok(nobody)
  if (!scrutiny.accepts.includes('session_token')) return refuse('token-type-mismatch')
  const user = personOf(userId, {
    issuedAtSeconds: Math.floor(moment.nowMs / 1000),
    // What never ends is held against facts.
    expiresAtSeconds: Number.POSITIVE_INFINITY,
  })
  return holdAgainstFacts(user, { carrier: undefined, moment, scrutiny }, authority)
}
