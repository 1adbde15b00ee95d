import { announcedBytes } from '../model/body-length.ts'
import type { Clock } from '../model/clock.ts'
import { loopHeader } from '../model/headers.ts'
import type { Endpoint, OriginTerms } from '../model/origin.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result, unreachable } from '../model/result.ts'
import type { CanonicalTarget } from '../model/target.ts'
import { leashTo, needsLeash } from './leash.ts'
import type { Arrival, Departure, Road, Roads } from './road.ts'

/**
 * Asks one endpoint once and gives its answer as it comes. Redirects are handed back, never
 * followed: they would take the identity headers elsewhere. The body streams both ways. The time-out
 * runs until the headers of the answer are there (504), longer where a body is on its way up; no connection
 * is 502. Nothing is tried twice.
 */
export async function attempt(
  departure: Departure,
  endpoint: Endpoint & Pick<OriginTerms, 'timeoutMs'>,
  { roads, clock }: { readonly roads: Omit<Roads, 'toSet'>; readonly clock: Clock },
): Promise<Result<Arrival, Refusal>> {
  const { request, target, headers, uploaded } = departure
  if (endpoint.kind === 'same-host') headers.set(loopHeader, '1')
  const url = upstreamUrl(endpoint, target)
  if (url === undefined) return refuse('internal-error')
  const road = roadTo(endpoint, roads)
  if (!road.ok) return road
  const send = road.value

  const leash = needsLeash(departure) ? leashTo(request) : undefined
  const init = leash ? { headers, ...manners, signal: leash.signal } : { headers, ...manners }
  // A copy takes the body along by identity, and for GET that is the only way it can have one; to a
  // Worker it takes what the platform knows of the client too (`request.cf`). For the rest the address
  // alone is cheaper.
  const isCopied = request.body !== null || endpoint.kind === 'service'
  const ask = async () =>
    isCopied
      ? send(new Request(url, request), init)
      : send(url, { method: request.method, ...init })
  try {
    const limitMs = endpoint.timeoutMs + (request.body === null ? 0 : uploadMs(departure))
    const response = await inTime(ask, { limitMs, from: uploaded, clock })
    if (response === 'late') {
      leash?.pull()
      return refuse('origin-timeout')
    }
    return isAnswer(response) ? ok({ response }) : refuse('origin-unreachable')
  } catch {
    return refuse('origin-unreachable')
  } finally {
    leash?.drop()
  }
}

/** Who sends a body no slower than this is not too late because of it. */
const uploadBytesPerSecondMin = 64 * 1024
/** What a body may take that does not say how long it is. */
const unknownUploadMs = 10 * 60_000

/**
 * How much longer an origin may take because a body has yet to get there: an origin cannot answer before, and
 * of a body that is handed on untouched nobody sees the end. Where the route watches its bodies the wait
 * begins when the upload is over, and nothing has to be allowed for.
 */
function uploadMs({ request, uploaded }: Departure): number {
  if (uploaded !== undefined) return 0
  const bytes = announcedBytes(request.headers)
  return bytes === undefined ? unknownUploadMs : (bytes / uploadBytesPerSecondMin) * 1000
}

/** A body that somebody reads on its way back is read as it came, and not decoded. */
const manners = {
  redirect: 'manual',
  cache: 'no-store',
  encodeResponseBody: 'manual',
} as const

function roadTo(
  endpoint: Endpoint,
  { network, services, certificates }: Omit<Roads, 'toSet'>,
): Result<Road, Refusal> {
  if (endpoint.kind === 'same-host') return ok(network)
  const binding = endpoint.kind === 'service' ? endpoint.binding : endpoint.certificate
  if (binding === undefined) return ok(network)
  const road = (endpoint.kind === 'service' ? services : certificates).get(binding)
  return road === undefined ? refuse('binding-missing', { binding }) : ok(road)
}

interface Waiting {
  readonly limitMs: number
  readonly from: Promise<unknown> | undefined
  readonly clock: Clock
}

/**
 * What `ask` gives, or `late`. Whoever has no leash to a request that came too late leaves it to itself: the
 * platform ends it with the one that it was for. AbortSignal.timeout would also cut a body that is still
 * streaming.
 */
function inTime(
  ask: () => Promise<Response>,
  { limitMs, from, clock }: Waiting,
): Promise<Response | 'late'> {
  return new Promise((resolve, reject) => {
    let isOver = false
    let disarm = () => {}
    const arm = () => {
      if (!isOver) disarm = clock.after(limitMs, () => resolve('late'))
    }
    if (from === undefined) arm()
    else from.then(arm)
    const end = () => {
      isOver = true
      disarm()
    }
    ask().finally(end).then(resolve, reject)
  })
}

/** A status that a Response cannot carry on (RFC 9110 section 15) is no answer at all. */
function isAnswer({ status, webSocket }: Response): boolean {
  return webSocket !== null || (status >= 200 && status <= 599)
}

/**
 * The address at the origin: its base, then exactly the canonical path and query. `undefined` if the URL
 * parser reads that as another host or path, which the canonical form rules out and a plain path cannot.
 */
export function upstreamUrl(endpoint: Endpoint, target: CanonicalTarget): string | undefined {
  const url = `${baseOf(endpoint, target)}${target.path}${target.query}`
  if (target.isPlain) return url
  const { href, search, hash } = new URL(url)
  const isExact = href === url && search === target.query && hash === ''
  return isExact && target.path.startsWith('/') ? url : undefined
}

/** Where the paths of an endpoint begin: scheme, host and base path, without a trailing slash. */
export function baseOf(endpoint: Endpoint, target: CanonicalTarget): string {
  switch (endpoint.kind) {
    case 'url':
      return endpoint.base
    case 'service':
    case 'same-host':
      return `${target.scheme}://${target.host}`
    default:
      return unreachable(endpoint)
  }
}
