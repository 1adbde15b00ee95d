/**
 * The definition of which route a request takes, written to be obviously right, not fast: the
 * request path has a matcher of its own, which tests hold against this one.
 */

import { matchesHost } from '../model/host-pattern.ts'
import { matchesPath } from '../model/pattern.ts'
import { neighboursAmong } from './neighbours.ts'
import { type RequestSet, strictlyIncludesSet } from './request-set.ts'

/** What of a request decides its route. */
export interface RoutedRequest {
  /** Lower case, with a port where it is not the default. */
  readonly host: string
  readonly method: string
  /** The decoded segments of the path, without the empty one after a trailing slash. */
  readonly segments: readonly string[]
}

/** Whether a request is one of a set. */
export function matchesRequest(set: RequestSet, request: RoutedRequest): boolean {
  return hasMethod(set, request) && hasPath(set, request)
}

function hasMethod({ methods }: RequestSet, { method }: RoutedRequest): boolean {
  return methods?.has(method) ?? true
}

function hasPath({ host, path }: RequestSet, request: RoutedRequest): boolean {
  return matchesHost(host, request.host) && matchesPath(path, request.segments)
}

/**
 * The most specific route for a request: the one that matches and that includes no other that does. Routes in
 * shadow take what no other route has a path for, whatever its methods. `undefined` when none matches, or when
 * several are left, which compiled routes never are.
 */
export function selectRoute<R extends RequestSet>(
  routes: readonly R[],
  request: RoutedRequest,
): R | undefined {
  const around = routes.filter((route) => hasPath(route, request))
  const inForce = around.filter(isInForce)
  const taking = (inForce.length > 0 ? inForce : around).filter((route) =>
    hasMethod(route, request),
  )
  const [best, ...others] = taking.filter(
    (route) => !taking.some((other) => strictlyIncludesSet(route, other)),
  )
  return others.length === 0 ? best : undefined
}

/**
 * The routes that no request can reach, because more specific ones take every request of theirs.
 * `hosts` are those that are served; `undefined` is every host. What is in shadow takes nothing from what is not.
 */
export function unreachableRoutes<R extends RequestSet>(
  routes: readonly R[],
  hosts: ReadonlySet<string> | undefined,
): readonly R[] {
  const neighbours = neighboursAmong(routes)
  return routes.filter((route) => {
    const inner = neighbours(route.path).filter(
      (other) => strictlyIncludesSet(route, other) && (isInForce(other) || !isInForce(route)),
    )
    const longest = Math.max(0, ...inner.map((other) => other.path.segments.length))
    return witnesses(route, { hosts, segmentsMax: longest + 1 }).every((request) =>
      inner.some((other) => matchesRequest(other, request)),
    )
  })
}

/** Whether routes in force have every path of a route, and refuse each of its methods there. */
export function isRefusedByMethod(
  route: RequestSet,
  {
    routes,
    hosts,
  }: { readonly routes: readonly RequestSet[]; readonly hosts: ReadonlySet<string> | undefined },
): boolean {
  const inForce = routes.filter(isInForce)
  const longest = Math.max(0, ...inForce.map((other) => other.path.segments.length))
  return witnesses(route, { hosts, segmentsMax: longest + 1 }).every((request) => {
    const around = inForce.filter((other) => hasPath(other, request))
    return around.length > 0 && !around.some((other) => hasMethod(other, request))
  })
}

/** Whether what takes these requests is more than tried. */
export function isInForce({ mode }: Pick<RequestSet, 'mode'>): boolean {
  return mode !== 'shadow'
}

/** In no host, method or path that is written down: what takes it takes everything there. */
const fresh = '\0'

/** Requests of a set such that, when others take all of these, they take the whole set. */
function witnesses(
  set: RequestSet,
  bounds: { hosts: ReadonlySet<string> | undefined; segmentsMax: number },
): readonly RoutedRequest[] {
  const methods = [...(set.methods ?? [fresh])]
  const hosts = bounds.hosts
    ? [...bounds.hosts].filter((host) => matchesHost(set.host, host))
    : [freshHost(set)]
  const stem = set.path.segments.map((one) => (one.kind === 'literal' ? one.text : fresh))
  const tails = set.path.rest ? Math.max(0, bounds.segmentsMax - stem.length) : 0
  return Array.from({ length: tails + 1 }, (_, length) => [
    ...stem,
    ...Array<string>(length).fill(fresh),
  ]).flatMap((segments) =>
    hosts.flatMap((host) => methods.map((method) => ({ host, method, segments }))),
  )
}

function freshHost({ host }: RequestSet): string {
  switch (host.kind) {
    case 'any':
      return fresh
    case 'exact':
      return host.host
    case 'subdomain':
      return fresh + host.suffix
  }
}
