import {
  type Authority,
  type Caller,
  holdAgainstFacts,
  nobody,
  type Scrutiny,
} from '../gateway/authenticate.ts'
import type { Moment } from '../model/clock.ts'
import type { User } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

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
  const user = userOf(userId, moment.nowMs)
  return holdAgainstFacts(user, { carrier: undefined, moment, scrutiny }, authority)
}

/**
 * Of the kinds of credential it is the one that need not say what a session does: what is not said is undecided
 * there, whatever `not` makes of it. It never ends, which is what holds it against facts.
 */
function userOf(userId: string, nowMs: number): User {
  return {
    kind: 'user',
    userId,
    tokenType: 'jwt_template',
    tokenId: undefined,
    sessionId: undefined,
    organization: undefined,
    actor: undefined,
    clientId: undefined,
    features: undefined,
    plans: undefined,
    factorAges: undefined,
    scopes: [],
    issuedAtSeconds: Math.floor(nowMs / 1000),
    expiresAtSeconds: Number.POSITIVE_INFINITY,
    claims: {},
    token: '',
  }
}
