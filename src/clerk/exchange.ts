import type { Claims, User } from '../model/principal.ts'
import { createRecent } from '../model/recent.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { err, type Failure, ok, type Result } from '../model/result.ts'
import { createAnswers, type Setback } from './answers.ts'
import {
  type Backend,
  type BackendAnswer,
  callBackend,
  isOverloaded,
  retryAfterOf,
} from './backend.ts'
import { decodeToken, tokenMaxBytes } from './jwt.ts'

/** A token serves until this long before it ends: the origin has to receive it while it holds. */
export const exchangeReserveMs = 10_000
/** How long Clerk may take. */
export const exchangeLimitMs = 3000
/** A token, and the little around it. */
const answerMaxBytes = 2 * tokenMaxBytes
const keptMax = 1000

/** Whose session is exchanged for a token of which JWT template. */
export interface ExchangeQuery {
  readonly user: User
  readonly template: string
}

/**
 * A token of a JWT template for the session of a user, fresh or remembered for as long as it holds. Refuses
 * with `exchange-unavailable` when Clerk gives none, or one that says it is for somebody else or in another
 * organisation: Clerk goes by what is active in the session at that moment, which the caller's token need not
 * say. A template that does not name the organisation hides that, and its token is handed over as it is.
 */
export type Exchange = (query: ExchangeQuery) => Promise<Result<string, Refusal>>

/** Where Clerk makes tokens, and what opens it. */
export interface ExchangeParts extends Backend {
  readonly secretKey: string | undefined
}

/** A token as Clerk made it. It is `keptUntilMs` that what needs it may have it from memory. */
interface Made {
  readonly jwt: string
  readonly keptUntilMs: number
}

/** An exchange with a memory of its own: a session has one token at a time for each template. */
export function createExchange(parts: ExchangeParts): Exchange {
  const { clock, secretKey } = parts
  const kept = createRecent<string, Made>(keptMax)
  const tooLate = unavailable().error
  const put = createAnswers<string>({ clock, limitMs: exchangeLimitMs, tooLate })

  function recall(key: string): string | undefined {
    const made = kept.get(key)
    return made !== undefined && clock.now() < made.keptUntilMs ? made.jwt : undefined
  }

  async function ask(
    { key, path }: { readonly key: string; readonly path: string },
    user: User,
    opener: string,
  ): Promise<Result<string, Setback>> {
    const bounds = { limitMs: exchangeLimitMs, maxBytes: answerMaxBytes }
    const answer = await callBackend({ path, secretKey: opener, body: {}, ...bounds }, parts)
    const made = readMade(answer, user, clock.now())
    if (made === undefined) {
      return err({ refusal: unavailable(answer).error, isForAll: isOverloaded(answer) })
    }
    kept.set(key, made)
    return ok(made.jwt)
  }

  return async function exchange({ user, template }) {
    const { sessionId, organization, actor } = user
    if (secretKey === undefined || sessionId === undefined) return unavailable()
    if (!isSegment(sessionId) || !isSegment(template)) return unavailable()
    const path = `/v1/sessions/${sessionId}/tokens/${template}`
    // Clerk writes the organisation and the actor of the session into the token as they are at that moment.
    const key = JSON.stringify([sessionId, organization?.id, actor, template])
    return put({
      key,
      recall: () => recall(key),
      forbid: () => undefined,
      ask: () => ask({ key, path }, user, secretKey),
    })
  }
}

function unavailable(answer?: BackendAnswer): Failure<Refusal> {
  return refuse('exchange-unavailable', { retryAfterSeconds: retryAfterOf(answer) })
}

/** What means itself in a path, and nothing else: no dots that lead elsewhere. */
function isSegment(text: string): boolean {
  return /^[\w-]{1,255}$/.test(text)
}

/** The token of an answer. One that does not say when it ends can be used once, but not kept. */
function readMade(answer: BackendAnswer | undefined, user: User, nowMs: number): Made | undefined {
  if (answer?.status !== 200 || typeof answer.body !== 'object') return undefined
  const { object, jwt }: Claims = { ...answer.body }
  if (object !== 'token' || typeof jwt !== 'string') return undefined
  const decoded = decodeToken(jwt)
  if (!decoded.ok || !isFor(user, decoded.value.payload)) return undefined
  const { exp } = decoded.value.payload
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return { jwt, keptUntilMs: nowMs }
  return exp * 1000 > nowMs ? { jwt, keptUntilMs: exp * 1000 - exchangeReserveMs } : undefined
}

/** Whether all that claims say of person and organisation is true of a user. */
function isFor({ userId, organization }: User, { sub, org_id, o }: Claims): boolean {
  const { id }: Claims = typeof o === 'object' && o !== null ? { ...o } : {}
  const organizationIds = [org_id, id].filter((said) => said !== undefined)
  const isInOrganization = organizationIds.every((said) => said === (organization?.id ?? null))
  return isInOrganization && (sub === undefined || sub === userId)
}
