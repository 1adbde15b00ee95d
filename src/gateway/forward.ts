import type { Clock } from '../model/clock.ts'
import { loopHeader } from '../model/headers.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result, unreachable } from '../model/result.ts'
import type { Origin } from '../model/route.ts'
import type { CanonicalTarget } from './canonical.ts'

/** How requests leave: over the network, or through a service binding by its name. */
export interface Roads {
  readonly network: (request: Request) => Promise<Response>
  readonly services: ReadonlyMap<string, (request: Request) => Promise<Response>>
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

  // AbortSignal.timeout would also cut a body that is still streaming; this one is disarmed in time.
  const controller = new AbortController()
  const disarm = clock.after(origin.timeoutMs, () => controller.abort())
  try {
    // A copy takes the body along by identity, and for GET that is the only way it can have one.
    const outbound = new Request(new Request(url, request), {
      headers,
      redirect: 'manual',
      cache: 'no-store',
      signal: controller.signal,
    })
    const response = await send(outbound)
    return isAnswer(response) ? ok(response) : refuse('origin-unreachable')
  } catch {
    return refuse(controller.signal.aborted ? 'origin-timeout' : 'origin-unreachable')
  } finally {
    disarm()
  }
}

/** A status that a Response cannot carry on (RFC 9110 section 15) is no answer at all. */
function isAnswer({ status, webSocket }: Response): boolean {
  return webSocket !== null || (status >= 200 && status <= 599)
}

/**
 * The address at the origin: its base, then exactly the canonical path and query. `undefined` if the URL
 * parser reads that as another host or path, which the canonical form rules out.
 */
export function upstreamUrl(origin: Origin, target: CanonicalTarget): string | undefined {
  const base = baseOf(origin, target)
  const url = `${base}${target.path}${target.query}`
  const { protocol, host, pathname, search } = new URL(url)
  const isExact = `${protocol}//${host}${pathname}${search}` === url && search === target.query
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
