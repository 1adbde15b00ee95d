import type { Moment } from '../model/clock.ts'
import { digestOf } from '../model/digest.ts'
import { networksOf } from '../model/network.ts'
import type { Identified } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { err, ok, type Result } from '../model/result.ts'
import { createAnswers, type Question, type Setback } from './answers.ts'
import { type Backend, callBackend, isOverloaded } from './backend.ts'
import { createBudget } from './budget.ts'
import { type OpaqueExpectations, readAnswer, unavailable } from './opaque-answer.ts'
import type { OpaqueType } from './token-type.ts'
import { createVerdicts, outcomeAt, type Verdict } from './verdicts.ts'

/** How long what Clerk said of a credential is relied on, for it or against it. */
export const opaqueMemoryMs = 60_000
/** How long Clerk may take. */
export const verifyLimitMs = 3000
/**
 * How many credentials that were never seen valid Clerk may be asked about in a time: for an address (of
 * IPv6 its /64), and for the /48 of an IPv6 address, since many a customer has more than one /64.
 */
export const unknownMaxima: readonly number[] = [20, 100]
/** See {@link unknownMaxima}. */
export const unknownWindowMs = 60_000
const answerMaxBytes = 64 * 1024
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

type Outcome = Verdict['outcome']

/**
 * A verifier with a memory of its own. The memory knows credentials by their SHA-256 alone; that Clerk
 * could not be asked is remembered for no longer than callers are told to wait.
 */
export function createOpaqueVerifier(parts: OpaqueParts): VerifyOpaque {
  const { clock, secretKey, machineSecretKey = secretKey } = parts
  const verdicts = createVerdicts()
  const budget = createBudget({
    maxima: unknownMaxima,
    windowMs: unknownWindowMs,
    spendersMax: networksMax,
  })
  const tooLate = unavailable().error
  const put = createAnswers<Outcome>({ clock, limitMs: verifyLimitMs, tooLate })

  function recall(digest: string, { mustBeFresh, moment }: OpaqueQuery): Outcome | undefined {
    const known = verdicts.find(digest)
    const nowMs = clock.now()
    if (known === undefined || nowMs - known.askedAtMs >= opaqueMemoryMs) return undefined
    if (known.outcome.ok && mustBeFresh && known.askedAtMs <= moment.nowMs) return undefined
    return outcomeAt(known, nowMs)
  }

  function forbid(digest: string, query: OpaqueQuery): Refusal | undefined {
    if (verdicts.hasAdmitted(digest)) return undefined
    const waitMs = budget.charge(purchaseOf(digest, query), clock.now())
    if (waitMs === 0) return undefined
    return { code: 'too-many-unknown-credentials', retryAfterSeconds: Math.ceil(waitMs / 1000) }
  }

  async function ask(digest: string, opener: string, query: OpaqueQuery) {
    const askedAtMs = clock.now()
    query.moment.note({ keySource: 'network' })
    const answer = await askClerk(query, opener, parts)
    const nowMs = clock.now()
    if (!answer.ok) {
      // The charge goes with the failure. Were it gone at once, an outage would let every junk key through.
      const lullMs = (answer.error.refusal.retryAfterSeconds ?? 0) * 1000
      budget.release(purchaseOf(digest, query), nowMs + lullMs)
      return answer
    }
    // It is not unknown any more.
    if (answer.value.ok) budget.release(purchaseOf(digest, query), nowMs)
    return ok(outcomeAt(verdicts.keep(digest, { outcome: answer.value, askedAtMs }), nowMs))
  }

  return async function verifyOpaque(query) {
    if (!opaqueShape.test(query.token)) return refuse('token-invalid')
    const opener = query.type === 'm2m_token' ? machineSecretKey : secretKey
    if (opener === undefined) return refuse('token-opaque')
    const digest = await digestOf(query.token)
    const question: Question<Outcome> = {
      key: digest,
      recall: () => recall(digest, query),
      forbid: () => forbid(digest, query),
      ask: () => ask(digest, opener, query),
    }
    query.moment.note({ keySource: 'memory' })
    const answer = await put(question)
    if (!answer.ok) return answer
    const outcome = answer.value
    return outcome.ok ? ok({ ...outcome.value, token: query.token }) : outcome
  }
}

function purchaseOf(digest: string, { clientAddress }: OpaqueQuery) {
  return { item: digest, spenders: networksOf(clientAddress) }
}

/** What Clerk says of a credential; that it says nothing is no outcome. */
async function askClerk(
  { type, token }: OpaqueQuery,
  secretKey: string,
  parts: OpaqueParts,
): Promise<Result<Outcome, Setback>> {
  const { path, member } = endpoints[type]
  const bounds = { limitMs: verifyLimitMs, maxBytes: answerMaxBytes }
  const answer = await callBackend({ path, secretKey, body: { [member]: token }, ...bounds }, parts)
  const outcome = readAnswer({ type, nowMs: parts.clock.now() }, answer, parts)
  const isSetback = !outcome.ok && outcome.error.code === 'verification-unavailable'
  return isSetback ? err({ refusal: outcome.error, isForAll: isOverloaded(answer) }) : ok(outcome)
}
