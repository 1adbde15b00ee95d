import { type Clock, within } from '../model/clock.ts'
import { identityHeaders, isWebSocket } from '../model/headers.ts'
import type { Origin } from '../model/origin.ts'
import { ok } from '../model/result.ts'
import { addedNames, keyed } from './cache-key.ts'
import { createCopier } from './copy.ts'
import { directivesOf, keepingTimeMs } from './keeping-time.ts'
import { type KeptAnswer, pack, unpack } from './kept-answer.ts'
import type { Arrival, Departure, Recall } from './road.ts'

/** Whoever waits longer for a cache had better ask the origin. */
const lookUpLimitMs = 500

/** The parts of the Cache API that are used. */
export type Shelf = Pick<Cache, 'match' | 'put'>

/** What a cache needs of the world. */
export interface Keeping {
  readonly open: () => Promise<Shelf>
  readonly clock: Clock
  /** The headers of identity that have names of the author's choice, in lower case. */
  readonly mappedNames: readonly string[]
}

/**
 * Answers from what is kept, which only ever is a whole answer to the same question of the same caller, and
 * keeps what its origin lets it keep. A cache that fails is a cache that knows nothing. It is asked after the
 * caller was let in, so that nobody is answered who would be refused.
 */
export function createRecall({ open, clock, mappedNames }: Keeping): Recall {
  const copy = createCopier(clock)

  async function look(address: string, origin: Origin): Promise<KeptAnswer | undefined> {
    const packed = await (await open()).match(address)
    return packed && unpack(packed, { origin, nowMs: clock.now() })
  }

  async function put(address: string, pack: () => Response): Promise<void> {
    try {
      await (await open()).put(address, pack())
    } catch {
      // It is asked for again.
    }
  }

  return async (departure, forward) => {
    const { request, route, moment } = departure
    const { cache, origin } = route
    const asked =
      cache && !isPassedBy(departure) ? await keyed(departure, cache, mappedNames) : undefined
    if (cache === undefined || asked === undefined) {
      const arrived = await forward(departure)
      return arrived.ok ? ok(told(arrived.value, 'bypass')) : arrived
    }
    const address = addressOf(asked.key, departure)
    const kept = await within(clock, lookUpLimitMs, look(address, origin))
    if (kept !== undefined) return ok(recalled(kept, request))

    const arrived = await forward(asked.departure)
    if (!arrived.ok) return arrived
    const nowMs = clock.now()
    const { response } = arrived.value
    const keepMs =
      request.method === 'GET' ? keepingTimeMs(response, { ...route, cache }, nowMs) : 0
    if (keepMs === 0) return ok(told(arrived.value, 'miss'))
    const copied = copy(response, (body) => {
      const packed = () => pack(body, arrived.value, { origin, nowMs, keepMs })
      const putting = put(address, packed)
      moment.waitUntil(putting)
      return putting
    })
    return ok(told({ ...arrived.value, response: copied }, 'miss'))
  }
}

/** What is neither kept nor answered from what is, and reaches the origin whole. */
function isPassedBy({ request, headers, route }: Departure): boolean {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const asksForNoTrace = directivesOf(headers.get('cache-control')).has('no-store')
  const isAuthorized = headers.has('authorization') && !addedNames(route).includes('authorization')
  // Its origin is told how many gateways it has passed, as a client may say of itself.
  const hasPassedAGateway = request.headers.has(identityHeaders.assertion)
  const isApart = isAuthorized || asksForNoTrace || hasPassedAGateway || headers.has('range')
  return !isRead || isApart || isWebSocket(headers)
}

/** Within the gateway's own host, as the platform advises, and under no name that leads anywhere. */
function addressOf(key: string, { target }: Departure): string {
  return `https://${target.host}/_usher/kept/${key}`
}

/** A kept answer, to what it is asked for: without a body where the client has it, or wants none. */
function recalled({ response, endpoint, ttlSeconds }: KeptAnswer, request: Request): Arrival {
  const { headers, status, body } = response
  const isKnown = status === 200 && names(request.headers.get('if-none-match'), headers.get('etag'))
  const isWhole = !isKnown && request.method !== 'HEAD'
  if (!isWhole) void body?.cancel()
  // Nothing of it is sent.
  if (isKnown) headers.delete('content-length')
  const given = isWhole ? response : new Response(null, { status: isKnown ? 304 : status, headers })
  const said = saying(`hit; ttl=${ttlSeconds}`, given)
  return { response: said, cached: 'hit', ...(endpoint && { endpoint }) }
}

/** Whether `If-None-Match` names this `ETag` (RFC 9110 section 13.1.2): weakly, or by naming all. */
function names(wanted: string | null, etag: string | null): boolean {
  if (wanted === null || etag === null) return false
  if (wanted.trim() === '*') return true
  const opaque = /"[^"]*"/g
  const [own] = etag.match(opaque) ?? []
  return own !== undefined && (wanted.match(opaque)?.includes(own) ?? false)
}

/** Says what became of a request that was forwarded. */
function told(arrival: Arrival, cached: 'miss' | 'bypass'): Arrival {
  const { response } = arrival
  if (response.webSocket !== null) return { ...arrival, cached }
  return { ...arrival, response: saying(`fwd=${cached}`, response), cached }
}

/** Says what became of a request here (RFC 9211). */
function saying(status: string, response: Response): Response {
  const said = new Response(response.body, response)
  said.headers.append('Cache-Status', `usher; ${status}`)
  return said
}
