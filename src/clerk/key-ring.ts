import { type Clock, type Moment, pause, within } from '../model/clock.ts'
import { createRecent } from '../model/recent.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { skewMs } from './claims.ts'
import { tokenMaxBytes } from './jwt.ts'
import { importKey, parseKeySet, type SignedToken, type VerificationKey } from './key.ts'

/** How long the isolate relies on its memory before it looks again, behind a request. */
export const memoryMs = 5 * 60_000
/** How old a set may be before the source is asked again; it still serves meanwhile. */
export const freshMs = 60 * 60_000
/** How long a set serves while nothing newer can be had. */
export const lastKnownGoodMs = 24 * 60 * 60_000
/** At most one refresh for the sake of doubtful tokens in this time, per issuer and isolate. */
export const refreshBudgetMs = 30_000
/** How long the source may take. */
export const sourceLimitMs = 2000
const storeLimitMs = 500
/** How long a request on a cold isolate may look for keys, or wait for what another finds. */
const coldLimitMs = storeLimitMs + sourceLimitMs
const failurePauseMs = 1000
const coldFetchesMax = 3
const lookAgainMs = 25
const refutedMax = 1000

/** A store that outlives the isolate: text in, text out. Its loss or delay is never an error. */
export interface KeyStore {
  read(): Promise<string | null>
  write(text: string): Promise<void>
}

/** Asks the issuer for its JWK set; `undefined` for any failure, including a slow or huge answer. */
export type AskForKeys = () => Promise<string | undefined>

/** Which key is wanted, and by what token. */
export interface Wanted {
  readonly kid: string
  readonly token: string
  /** What the token says of itself; not verified. */
  readonly issuedAtMs: number
  /** The key of that name under which the signature did not hold. */
  readonly failed?: VerificationKey
}

/** The keys of one issuer. */
export interface KeyRing {
  /**
   * The key that is wanted. Refuses with `jwk-kid-mismatch` (or `token-invalid-signature` when a key
   * had failed) once a set from after the token's time shows that there is none, and with
   * `keys-unavailable` while that is not known.
   */
  find(wanted: Wanted, moment: Moment): Promise<Result<VerificationKey, Refusal>>
  /** A token whose signature one of the keys that may serve now is remembered to have made. */
  recall(token: string, moment: Moment): SignedToken | undefined
  /** Whether there are keys to verify with; a cold isolate looks for them first. */
  isReady(moment: Moment): Promise<boolean>
}

interface KeySet {
  readonly keys: ReadonlyMap<string, VerificationKey>
  /** When the source was asked for it. */
  readonly fetchedAtMs: number
}

/**
 * A key ring over a source and a store: memory -> store -> source.
 *
 * Keys are served from memory; a set older than {@link memoryMs} is looked at again behind the request,
 * and only a cold isolate waits. Whatever fails, the last good set stays for {@link lastKnownGoodMs}.
 * `kid` is written by the caller and Clerk's own is the instance's id, which survives a rotation: so an
 * unknown name and a signature that fails under a known one both ask again, once per
 * {@link refreshBudgetMs}. No request ever awaits a promise that another began: the runtime may end
 * that other request at any time.
 */
export function createKeyRing(parts: KeyRingParts): KeyRing {
  return new RemoteKeyRing(parts)
}

interface KeyRingParts {
  readonly ask: AskForKeys
  readonly store: KeyStore
  readonly clock: Clock
}

const never = Number.NEGATIVE_INFINITY

class RemoteKeyRing implements KeyRing {
  readonly #parts: KeyRingParts
  #set: KeySet | undefined
  #lookedAtMs = never
  #refreshedAtMs = never
  #failedAtMs = never
  #failures = 0
  #coldFetches: readonly { readonly startedAtMs: number }[] = []
  readonly #refuted = createRecent<string, number>(refutedMax)

  constructor(parts: KeyRingParts) {
    this.#parts = parts
  }

  recall(token: string, moment: Moment): SignedToken | undefined {
    const set = this.#usable(moment.nowMs)
    if (set === undefined) return undefined
    this.#lookBehind(moment)
    for (const key of set.keys.values()) {
      const known = key.remembered.get(token)
      if (known !== undefined) return known
    }
    return undefined
  }

  async isReady(moment: Moment): Promise<boolean> {
    if (this.#usable(moment.nowMs) === undefined) await this.#warmUp(moment)
    return this.#usable(moment.nowMs) !== undefined
  }

  async find(wanted: Wanted, moment: Moment): Promise<Result<VerificationKey, Refusal>> {
    const { nowMs } = moment
    const isCold = this.#usable(nowMs) === undefined
    const asked = isCold && (await this.#warmUp(moment))
    if (!isCold) this.#lookBehind(moment)
    if (this.#usable(nowMs) === undefined) {
      return refuse('keys-unavailable', { retryAfterSeconds: Math.ceil(sourceLimitMs / 1000) })
    }
    const key = this.#pick(wanted)
    return key === undefined ? this.#findAnew(wanted, moment, asked) : ok(key)
  }

  /** The key is not held. `asked`: the source has answered since the token was shown, and has it not. */
  async #findAnew(
    wanted: Wanted,
    moment: Moment,
    asked: boolean,
  ): Promise<Result<VerificationKey, Refusal>> {
    const { nowMs } = moment
    const verdict = wanted.failed === undefined ? 'jwk-kid-mismatch' : 'token-invalid-signature'
    const refutedAtMs = this.#refuted.get(wanted.token) ?? never
    if (nowMs - refutedAtMs < refreshBudgetMs) return refuse(verdict)

    const answered = asked || (await this.#refresh(wanted, moment))
    const key = this.#pick(wanted)
    if (key !== undefined) return ok(key)
    // What others than Clerk sign may be far longer: it is not kept, and the budget holds for it all the same.
    const isShort = wanted.token.length <= tokenMaxBytes
    if (answered && isShort) this.#refuted.set(wanted.token, nowMs)
    if (answered || this.#isSettled(wanted.issuedAtMs, nowMs)) return refuse(verdict)
    const waitMs = this.#refreshedAtMs + refreshBudgetMs - nowMs
    return refuse('keys-unavailable', { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) })
  }

  #pick(wanted: Wanted): VerificationKey | undefined {
    const key = this.#set?.keys.get(wanted.kid)
    return key?.thumbprint === wanted.failed?.thumbprint ? undefined : key
  }

  #usable(nowMs: number): KeySet | undefined {
    const set = this.#set
    return set !== undefined && nowMs - set.fetchedAtMs < lastKnownGoodMs ? set : undefined
  }

  #isStale(nowMs: number): boolean {
    return this.#set === undefined || nowMs - this.#set.fetchedAtMs >= freshMs
  }

  /** Whether the held set is from after the token's time, or the token claims to be from the future. */
  #isSettled(issuedAtMs: number, nowMs: number): boolean {
    if (issuedAtMs > nowMs + skewMs) return true
    return this.#set !== undefined && this.#set.fetchedAtMs > issuedAtMs + skewMs
  }

  #lookBehind(moment: Moment): void {
    if (moment.nowMs - this.#lookedAtMs < memoryMs) return
    this.#lookedAtMs = moment.nowMs
    moment.waitUntil(this.#look(moment))
  }

  async #look(moment: Moment): Promise<void> {
    await this.#adoptFromStore(moment.nowMs)
    if (this.#isStale(moment.nowMs)) await this.#adoptFromSource(moment)
  }

  /** On a cold isolate: looks for keys, unless enough others do. Whether it had the source answer. */
  async #warmUp(moment: Moment): Promise<boolean> {
    const { nowMs } = moment
    if (nowMs - this.#failedAtMs < failurePauseMs) return false
    // A request that was cancelled in the middle never takes its mark away, so marks grow old.
    const fetches = this.#coldFetches.filter((mark) => nowMs - mark.startedAtMs < coldLimitMs)
    if (fetches.length >= coldFetchesMax) return this.#waitForAnother(moment)
    const mark = { startedAtMs: nowMs }
    this.#coldFetches = [...fetches, mark]
    this.#lookedAtMs = nowMs
    await this.#adoptFromStore(nowMs)
    const isHeld = this.#usable(nowMs) !== undefined
    moment.note({ keySource: isHeld ? 'kv' : 'network' })
    if (isHeld && this.#isStale(nowMs)) moment.waitUntil(this.#adoptFromSource(moment))
    const answered = !isHeld && (await this.#adoptFromSource(moment))
    this.#coldFetches = this.#coldFetches.filter((other) => other !== mark)
    return answered
  }

  async #waitForAnother(moment: Moment): Promise<false> {
    const failuresBefore = this.#failures
    for (let waitedMs = 0; waitedMs < coldLimitMs; waitedMs += lookAgainMs) {
      await pause(this.#parts.clock, lookAgainMs)
      if (this.#usable(moment.nowMs) !== undefined || this.#failures > failuresBefore) break
    }
    return false
  }

  /** Looks again because of a doubtful token: whether the source answered. */
  async #refresh(wanted: Wanted, moment: Moment): Promise<boolean> {
    if (moment.nowMs - this.#refreshedAtMs < refreshBudgetMs) return false
    this.#refreshedAtMs = moment.nowMs
    await this.#adoptFromStore(moment.nowMs)
    const isHeld = this.#pick(wanted) !== undefined
    moment.note({ keySource: isHeld ? 'kv' : 'network' })
    return !isHeld && (await this.#adoptFromSource(moment))
  }

  async #adoptFromStore(nowMs: number): Promise<void> {
    const { store, clock } = this.#parts
    const text = await within(clock, storeLimitMs, store.read())
    const stored = text === null || text === undefined ? undefined : parseStored(text)
    if (stored === undefined || stored.fetchedAtMs > nowMs) return
    if (nowMs - stored.fetchedAtMs >= lastKnownGoodMs) return
    await this.#adopt(stored.jwks, stored.fetchedAtMs)
  }

  /** Whether the source answered with a good set, which is held from then on. */
  async #adoptFromSource(moment: Moment): Promise<boolean> {
    const { ask, store, clock } = this.#parts
    const text = await within(clock, sourceLimitMs, ask())
    if (text === undefined || !(await this.#adopt(text, moment.nowMs))) {
      this.#failedAtMs = moment.nowMs
      this.#failures += 1
      return false
    }
    const record = JSON.stringify({ fetchedAtMs: moment.nowMs, jwks: text })
    moment.waitUntil(store.write(record).catch(() => undefined))
    return true
  }

  /** Holds a set if it is good; one that is older than what is held by then is good and passed over. */
  async #adopt(text: string, fetchedAtMs: number): Promise<boolean> {
    const jwks = parseKeySet(text)
    if (jwks === undefined) return false
    if (this.#set !== undefined && this.#set.fetchedAtMs >= fetchedAtMs) return true
    const imported = await Promise.all(jwks.map((jwk) => importKey(jwk)))
    const keys = imported.filter((key) => key !== undefined).map((key) => this.#known(key))
    if (keys.length === 0) return false
    if (this.#set === undefined || this.#set.fetchedAtMs < fetchedAtMs) {
      this.#set = { keys: new Map(keys.map((key) => [key.kid, key])), fetchedAtMs }
    }
    return true
  }

  /** A key that stays keeps what it remembers. */
  #known(key: VerificationKey): VerificationKey {
    const held = this.#set?.keys.get(key.kid)
    return held?.thumbprint === key.thumbprint ? held : key
  }
}

function parseStored(text: string): { jwks: string; fetchedAtMs: number } | undefined {
  try {
    const { jwks, fetchedAtMs } = JSON.parse(text) as Record<string, unknown>
    const complete = typeof jwks === 'string' && typeof fetchedAtMs === 'number'
    return complete ? { jwks, fetchedAtMs } : undefined
  } catch {
    return undefined
  }
}
