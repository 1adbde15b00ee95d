/**
 * Proxy: the road between Usher and an origin, from the request that may leave to the answer that comes back.
 * It never decides who may pass, and reaches the world only by roads that it is handed.
 * The gateway calls it once a caller has been admitted and introduced.
 */
import type { Clock } from '../model/clock.ts'
import { loopHeader } from '../model/headers.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result, unreachable } from '../model/result.ts'
import type { Origin } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'

/** Sends a request, as `fetch` does. */
export type Road = (input: string | Request, init?: RequestInit) => Promise<Response>

/** How requests leave: over the network, or through a service binding by its name. */
export interface Roads {
  readonly network: Road
  readonly services: ReadonlyMap<string, Road>
}

/** A request that may go to its origin. */
export interface Departure {
  readonly request: Request
  readonly target: CanonicalTarget
  readonly headers: Headers
  readonly origin: Origin
}

/**
 * Sends a request to its origin and gives the answer as it comes. Redirects are handed back, never
 * followed: they would take the identity headers elsewhere. The body streams both ways. The time-out
 * runs until the headers of the answer are there (504); no connection is 502. Nothing is tried twice.
 */
export async function forward(
  { request, target, headers, origin }: Departure,
  roads: Roads,
  clock: Clock,
): Promise<Result<Response, Refusal>> {
  if (origin.kind === 'same-host') headers.set(loopHeader, '1')
  const url = upstreamUrl(origin, target)
  if (url === undefined) return refuse('internal-error')
  const send = origin.kind === 'service' ? roads.services.get(origin.binding) : roads.network
  if (send === undefined) {
    const binding = origin.kind === 'service' ? origin.binding : ''
    return refuse('binding-missing', { binding })
  }

  const init = { headers, redirect: 'manual', cache: 'no-store' } as const
  // A copy takes the body along by identity, and for GET that is the only way it can have one; to a
  // Worker it takes what the platform knows of the client too (`request.cf`). For the rest the address
  // alone is cheaper.
  const isCopied = request.body !== null || origin.kind === 'service'
  const ask = async () =>
    isCopied
      ? send(new Request(url, request), init)
      : send(url, { method: request.method, ...init })
  try {
    const response = await inTime(ask, origin.timeoutMs, clock)
    if (response === 'late') return refuse('origin-timeout')
    return isAnswer(response) ? ok(response) : refuse('origin-unreachable')
  } catch {
    return refuse('origin-unreachable')
  }
}

/**
 * What `ask` gives, or `late`. The request that came too late is left to itself: the platform ends it with
 * the one that it was for, and what goes on behind that. AbortSignal.timeout would also cut a body that is
 * still streaming, and a signal of our own costs every request more than the timer does.
 */
function inTime(
  ask: () => Promise<Response>,
  limitMs: number,
  clock: Clock,
): Promise<Response | 'late'> {
  return new Promise((resolve, reject) => {
    const disarm = clock.after(limitMs, () => resolve('late'))
    ask().finally(disarm).then(resolve, reject)
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
export function upstreamUrl(origin: Origin, target: CanonicalTarget): string | undefined {
  const url = `${baseOf(origin, target)}${target.path}${target.query}`
  if (target.isPlain) return url
  const { href, search, hash } = new URL(url)
  const isExact = href === url && search === target.query && hash === ''
  return isExact && target.path.startsWith('/') ? url : undefined
}

function baseOf(origin: Origin, target: CanonicalTarget): string {
  switch (origin.kind) {
    case 'url':
      return origin.base
    case 'service':
    case 'same-host':
      return `${target.scheme}://${target.host}`
    default:
      return unreachable(origin)
  }
}
