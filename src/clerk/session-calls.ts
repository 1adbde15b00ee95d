import type { Clock } from '../model/clock.ts'
import { digestOf } from '../model/digest.ts'
import { networksOf } from '../model/network.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import {
  type Backend,
  type BackendAnswer,
  callBackend,
  isOverloaded,
  retryAfterOf,
} from './backend.ts'
import { createBudget } from './budget.ts'
import { unknownMaxima, unknownWindowMs } from './opaque.ts'

/** What Clerk may take to say what a handshake came to, or to renew a session. */
export const sessionCallLimits = { limitMs: 3000, maxBytes: 64 * 1024 }

/** How often Clerk may be asked in vain about one nonce or one session in a time. */
export const inVainMax = 5
const spendersMax = 10_000

/** A call of the Backend API that a browser causes by what it shows, which anyone can make up. */
export interface SessionCall {
  readonly path: string
  /** What is posted; a call without it is a `GET`. */
  readonly body?: Readonly<Record<string, unknown>>
  /** The nonce or the session that it is about. */
  readonly subject: string
  /** Of the client, as the edge says it. */
  readonly clientAddress: string | undefined
  /** Whether an answer shows that nothing was made up. */
  readonly isWorth: (answer: BackendAnswer) => boolean
}

/** Calls Clerk, or refuses where that was in vain too often, or where Clerk wants to be left alone. */
export type CallForSession = (
  call: SessionCall,
) => Promise<Result<BackendAnswer | undefined, Refusal>>

/** Calls with a budget of their own: for an address as for credentials that nobody knows, and for what they are about. */
export function createSessionCalls(
  parts: Backend & {
    readonly clerk: { readonly secretKey: string | undefined }
    readonly clock: Clock
  },
): CallForSession {
  const { clerk, clock } = parts
  const { secretKey = '' } = clerk
  const maxima = [inVainMax, ...unknownMaxima]
  const budget = createBudget({ maxima, windowMs: unknownWindowMs, spendersMax })
  let leftAloneUntilMs = 0

  return async function callForSession({ path, body, subject, clientAddress = '', isWorth }) {
    const lullMs = leftAloneUntilMs - clock.now()
    if (lullMs > 0) {
      return refuse('verification-unavailable', { retryAfterSeconds: Math.ceil(lullMs / 1000) })
    }
    const about = `subject ${await digestOf(subject)}`
    // Each call is charged, for what was in vain once is not remembered.
    const purchase = { item: crypto.randomUUID(), spenders: [about, ...networksOf(clientAddress)] }
    const waitMs = budget.charge(purchase, clock.now())
    if (waitMs > 0) {
      return refuse('too-many-unknown-credentials', { retryAfterSeconds: Math.ceil(waitMs / 1000) })
    }
    const asked = { path, secretKey, ...(body && { body }), ...sessionCallLimits }
    const answer = await callBackend(asked, parts)
    const nowMs = clock.now()
    if (isOverloaded(answer)) leftAloneUntilMs = nowMs + retryAfterOf(answer) * 1000
    if (answer !== undefined && isWorth(answer)) budget.release(purchase, nowMs)
    return ok(answer)
  }
}
