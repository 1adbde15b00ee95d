import { encodeBase64url } from '../model/base64url.ts'
import type { Moment } from '../model/clock.ts'
import { networkOf } from '../model/network.ts'
import type { Identified } from '../model/principal.ts'
import { createRecent } from '../model/recent.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { createAnswers, type Question } from './answers.ts'
import { type Backend, callBackend } from './backend.ts'
import { createBudget } from './budget.ts'
import { type OpaqueExpectations, readAnswer, unavailable } from './opaque-answer.ts'
import type { OpaqueType } from './token-type.ts'

/** How long what Clerk said of a credential is relied on, for it or against it. */
export const opaqueMemoryMs = 60_000
/** How long Clerk may take. */
export const verifyLimitMs = 3000
/** How many credentials that were never seen valid one client may have Clerk asked about in this time. */
export const unknownMax = 20
/** See {@link unknownMax}. */
export const unknownWindowMs = 60_000
const answerMaxBytes = 64 * 1024
const rememberedMax = 5000
const seenValidMax = 20_000
const networksMax = 5000

/** Clerk's are far shorter than this. What has another shape is not worth asking about. */
const opaqueShape = /^(?:ak|mt|oat)_[\w.~-]{1,508}$/

/** An opaque credential that somebody shows. */
export interface OpaqueQuery {
  readonly token: string
  /** What its prefix says. */
  readonly type: OpaqueType
  /** The client's address as the edge says it; empty where nobody does. */
  readonly clientAddress: string
  /** Asks Clerk whatever is remembered to its favour. */
  readonly mustBeFresh: boolean
  readonly moment: Moment
}

/**
 * Asks Clerk, or the memory of its answers, whom an opaque credential vouches for. Refuses with
 * `verification-unavailable` when Clerk cannot be asked, and with `too-many-unknown-credentials` when
 * a client has shown too many that nobody knows.
 */
export type VerifyOpaque = (query: OpaqueQuery) => Promise<Result<Identified, Refusal>>

/** Where Clerk's verify endpoints are, what opens them, and what their answers must agree with. */
export interface OpaqueParts extends Backend, OpaqueExpectations {
  readonly secretKey: string | undefined
  /** Asks about tokens of machines in place of the secret key. */
  readonly machineSecretKey: string | undefined
}

/** Clerk's endpoint for each kind, and by what name it is given the credential. */
const endpoints: Readonly<Record<OpaqueType, { readonly path: string; readonly member: string }>> =
  {
    api_key: { path: '/api_keys/verify', member: 'secret' },
    m2m_token: { path: '/m2m_tokens/verify', member: 'token' },
    oauth_token: { path: '/oauth_applications/access_tokens/verify', member: 'access_token' },
  }

/** What Clerk said of a credential. It is kept by a digest, and holds no credential. */
interface Remembered {
  readonly outcome: Result<Identified, Refusal>
  readonly askedAtMs: number
}

/**
 * A verifier with a memory of its own. The memory knows credentials by their SHA-256 alone; that Clerk
 * could not be asked is never remembered.
 */
export function createOpaqueVerifier(parts: OpaqueParts): VerifyOpaque {
  const { clock, secretKey, machineSecretKey = secretKey } = parts
  const remembered = createRecent<string, Remembered>(rememberedMax)
  const seenValid = createRecent<string, true>(seenValidMax)
  const budget = createBudget({
    max: unknownMax,
    windowMs: unknownWindowMs,
    spendersMax: networksMax,
  })
  const tooLate = unavailable().error
  const put = createAnswers<Remembered['outcome']>({ clock, limitMs: verifyLimitMs, tooLate })

  function recall(digest: string, { mustBeFresh, moment }: OpaqueQuery) {
    const known = remembered.get(digest)
    const nowMs = clock.now()
    if (known === undefined || nowMs - known.askedAtMs >= opaqueMemoryMs) return undefined
    if (!known.outcome.ok) return known.outcome
    if (mustBeFresh && known.askedAtMs <= moment.nowMs) return undefined
    const hasEnded = known.outcome.value.expiresAtSeconds * 1000 <= nowMs
    return hasEnded ? refuse('token-expired') : known.outcome
  }

  function forbid(digest: string, { clientAddress }: OpaqueQuery): Refusal | undefined {
    if (seenValid.get(digest)) return undefined
    const waitMs = budget.take(networkOf(clientAddress), clock.now())
    if (waitMs === 0) return undefined
    return { code: 'too-many-unknown-credentials', retryAfterSeconds: Math.ceil(waitMs / 1000) }
  }

  async function ask(digest: string, opener: string, { type, token }: OpaqueQuery) {
    const { path, member } = endpoints[type]
    const askedAtMs = clock.now()
    const bounds = { limitMs: verifyLimitMs, maxBytes: answerMaxBytes }
    const call = { path, secretKey: opener, body: { [member]: token }, ...bounds }
    const answer = await callBackend(call, parts)
    const outcome = readAnswer({ type, nowMs: clock.now() }, answer, parts)
    if (!outcome.ok && outcome.error.code === 'verification-unavailable') return outcome
    remembered.set(digest, { outcome, askedAtMs })
    if (outcome.ok) seenValid.set(digest, true)
    return ok(outcome)
  }

  return async function verifyOpaque(query) {
    if (!opaqueShape.test(query.token)) return refuse('token-invalid')
    const opener = query.type === 'm2m_token' ? machineSecretKey : secretKey
    if (opener === undefined) return refuse('token-type-mismatch')
    const digest = await digestOf(query.token)
    const question: Question<Remembered['outcome']> = {
      key: digest,
      recall: () => recall(digest, query),
      forbid: () => forbid(digest, query),
      ask: () => ask(digest, opener, query),
    }
    const answer = await put(question)
    if (!answer.ok) return answer
    const outcome = answer.value
    return outcome.ok ? ok({ ...outcome.value, token: query.token }) : outcome
  }
}

async function digestOf(token: string): Promise<string> {
  return encodeBase64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)))
}
