import { type Clock, type Moment, within } from '../model/clock.ts'
import { digestOf } from '../model/digest.ts'
import type { Limiters, Tally } from '../model/limiting.ts'
import { createRecent } from '../model/recent.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Limit } from '../model/terms.ts'
import type { Count, Counted, Pass } from './limit.ts'
import { limitKey } from './limit-key.ts'
import { createSlots, keptMs, type Place, type Slots } from './slots.ts'

/** How long a limiter is waited for. */
const limiterTimeoutMs = 1000
/** Keys that are known to be used up, in the memory of one isolate. */
const usedUpMax = 10_000

type Rate = Exclude<Limit, { kind: 'concurrent' }>

/** An edge limiter does not say how many remain. */
type Verdict = Omit<Tally, 'remaining'> & Partial<Pick<Tally, 'remaining'>>

/** Asks one limiter about a key; `undefined` where it cannot be reached. */
type Ask = (limit: Rate, key: string) => Promise<Result<Verdict | undefined, Refusal>>

/**
 * Counts requests. Places for requests at once are taken first, because a request that finds none must not
 * use anything up; then every limit is asked in the order of the config, and the first that refuses ends it.
 */
export function createCount(limiters: Limiters, clock: Clock): Count {
  const slots = createSlots()
  const ask = createAsk(limiters, clock)
  return async function count(asking, guest) {
    const { route, principal } = guest
    const clientAddress = asking.clientAddress ?? ''
    const keyOf = (limit: Limit) => limitKey(route.name, limit, { principal, clientAddress })
    const { nowMs } = asking.moment
    const places = takePlaces(guest, slots, (limit) => [keyOf(limit), limit.requests, nowMs])
    if (places === 'none') return refuse('too-many-at-once', { retryAfterSeconds: 1 })
    const release = places && holdPlaces(places, asking.moment, clock)
    try {
      const counted = await countEach(guest, ask, (limit) => digestOf(keyOf(limit)))
      if (!counted.ok) release?.()
      return counted.ok ? ok({ headers: counted.value, release }) : counted
    } catch (thrown) {
      release?.()
      throw thrown
    }
  }
}

/** Takes a place in every limit of requests at once, or in none. */
function takePlaces(
  { route }: Counted,
  slots: Slots,
  placeOf: (limit: Limit) => Parameters<Slots['take']>,
): readonly Place[] | undefined | 'none' {
  const limits = route.limits?.filter(({ kind }) => kind === 'concurrent') ?? []
  if (limits.length === 0) return undefined
  const taken: Place[] = []
  for (const limit of limits) {
    const place = slots.take(...placeOf(limit))
    if (place === undefined) {
      for (const other of taken) other.leave()
      return 'none'
    }
    taken.push(place)
  }
  return taken
}

/**
 * Keeps the places until the function that it gives is called. Until then the platform is told that this
 * request has work to do: otherwise it may end it without a word when the client goes away, and nobody would
 * leave them.
 */
function holdPlaces(places: readonly Place[], moment: Moment, clock: Clock): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  moment.waitUntil(promise)
  let stop = keepOn()
  function keepOn(): () => void {
    return clock.after(keptMs / 2, () => {
      for (const place of places) place.keep(clock.now())
      stop = keepOn()
    })
  }
  return () => {
    stop()
    for (const place of places) place.leave()
    resolve()
  }
}

/** Asks every limiter of a route in turn; what it gives is what an answer says of the limits. */
async function countEach(
  { route }: Counted,
  ask: Ask,
  keyOf: (limit: Rate) => Promise<string>,
): Promise<Result<Pass['headers'], Refusal>> {
  const limits = (route.limits ?? []).filter((limit) => limit.kind !== 'concurrent')
  const said: string[] = []
  for (const limit of limits) {
    const asked = await ask(limit, await keyOf(limit))
    if (!asked.ok) return asked
    const verdict = asked.value
    if (verdict === undefined) continue
    const { passes, remaining, resetMs } = verdict
    const resetSeconds = Math.max(1, Math.ceil(resetMs / 1000))
    if (remaining !== undefined) said.push(`"${limit.name}";r=${remaining};t=${resetSeconds}`)
    if (passes) continue
    const rateLimits = headersOf(limits, said)
    return refuse('too-many-requests', { retryAfterSeconds: resetSeconds, rateLimits })
  }
  return ok(headersOf(limits, said))
}

/** Both fields are lists (draft-ietf-httpapi-ratelimit-headers-11); an empty one is not sent. */
function headersOf(limits: readonly Rate[], said: readonly string[]): Pass['headers'] {
  const policies = limits.map((one) => `"${one.name}";q=${one.requests};w=${one.windowMs / 1000}`)
  return [
    ['RateLimit-Policy', policies.join(', ')] as const,
    ['RateLimit', said.join(', ')] as const,
  ].filter(([, value]) => value !== '')
}

/** How a limiter is asked; `undefined` where it is not bound. */
function reach(limit: Rate, limiters: Limiters): ((key: string) => Promise<Verdict>) | undefined {
  const { requests, windowMs } = limit
  if (limit.kind === 'exact') {
    const { exact } = limiters
    return exact && ((key) => exact(key, requests, windowMs))
  }
  const edge = limiters.edge(limit.binding)
  return edge && (async (key) => ({ passes: await edge(key), resetMs: windowMs }))
}

function createAsk(limiters: Limiters, clock: Clock): Ask {
  const usedUpUntilMs = createRecent<string, number>(usedUpMax)
  return async function ask(limit, key) {
    const limiter = reach(limit, limiters)
    if (limiter === undefined) {
      return refuse('binding-missing', {
        binding: limit.kind === 'edge' ? limit.binding : 'LIMITER',
      })
    }
    const nowMs = clock.now()
    // Nothing passes until the oldest of the counted requests counts no more: that need not be asked again.
    const leftMs = (usedUpUntilMs.get(key) ?? 0) - nowMs
    if (leftMs > 0) return ok({ passes: false, remaining: 0, resetMs: leftMs })
    const verdict = await within(clock, limiterTimeoutMs, limiter(key))
    // From before it was asked, so that this memory is never longer than the limiter's own.
    if (verdict?.remaining === 0) usedUpUntilMs.set(key, nowMs + verdict.resetMs)
    if (verdict !== undefined || limit.unreachable === 'allow') return ok(verdict)
    return refuse('limits-unavailable', { retryAfterSeconds: 1 })
  }
}
