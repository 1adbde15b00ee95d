import { isWebSocket, loopHeader } from '../model/headers.ts'
import { matchesHost } from '../model/host-pattern.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { type Failure, ok, type Result } from '../model/result.ts'
import type { Route } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import { refusalOfEscape } from './canonical.ts'
import { preflightMethod } from './cors.ts'
import { lenientReadings } from './reading.ts'

/** A route that a request is for, with what its parameters stand for. */
export interface Match {
  readonly route: Route
  /** Decoded: `:orgId` -> `org_123`. */
  readonly parameters: ReadonlyMap<string, string>
  /** The request only asks what pages of its origin may do on the route, which answers that itself. */
  readonly isPreflight: boolean
}

/** The routes as a tree of segments: a lookup costs the depth of the path, whatever their number. */
export interface RouteTable {
  readonly literals: Map<string, RouteTable>
  any: RouteTable | undefined
  /** Routes that end here, the most specific host and methods first. */
  readonly ends: Route[]
  /** Routes that take whatever follows (`**`), in the same order. */
  readonly rests: Route[]
}

/** Builds the tree. The routes are free of ambiguity: compiling the configuration saw to that. */
export function buildRouteTable(routes: readonly Route[]): RouteTable {
  const root = emptyTable()
  for (const route of routes) {
    let table = root
    for (const segment of route.path.segments) table = descend(table, segment)
    const list = route.path.rest ? table.rests : table.ends
    list.push(route)
    list.sort((left, right) => breadth(left) - breadth(right))
  }
  return root
}

function emptyTable(): RouteTable {
  return { literals: new Map(), any: undefined, ends: [], rests: [] }
}

function descend(table: RouteTable, segment: Route['path']['segments'][number]): RouteTable {
  if (segment.kind === 'any') {
    table.any ??= emptyTable()
    return table.any
  }
  const known = table.literals.get(segment.text)
  if (known !== undefined) return known
  const next = emptyTable()
  table.literals.set(segment.text, next)
  return next
}

const hostBreadth = { exact: 0, subdomain: 1, any: 2 } as const
const methodsMax = 1000

/** Of two routes for one path, the one with the narrower host goes first, then the one with fewer methods. */
function breadth(route: Route): number {
  return hostBreadth[route.host.kind] * methodsMax + (route.methods?.size ?? methodsMax - 1)
}

/** An origin would show the caller what only it should see: the identity headers (RFC 9110 section 9.3.8). */
const reflecting: readonly string[] = ['TRACE', 'TRACK', 'CONNECT']

/**
 * The most specific route for a target and method, whatever the order of the configuration: literals
 * before `:name` and `*`, those before `**`. Refuses with `route-unknown`, with `method-not-allowed` when
 * only the method is wrong, or with 400 when the path holds an escape, or the request asks for a WebSocket,
 * that this route does not let through.
 *
 * A preflight is for the route of the method that it asks about, where that route owns CORS; elsewhere it is
 * an OPTIONS like any other.
 */
export function match(
  table: RouteTable,
  target: CanonicalTarget,
  { method, headers }: Pick<Request, 'method' | 'headers'>,
): Result<Match, Refusal> {
  const asked = preflightMethod({ method, headers })
  if (asked !== undefined) {
    const found = matchRoute(table, target, { method: asked, headers })
    if (found.ok && found.value.route.cors) return ok({ ...found.value, isPreflight: true })
  }
  return matchRoute(table, target, { method, headers })
}

/** The same where a preflight is a request like any other: for who could not answer it. */
export function matchRoute(
  table: RouteTable,
  target: CanonicalTarget,
  { method, headers }: Pick<Request, 'method' | 'headers'>,
): Result<Match, Refusal> {
  const { segments, escapes, host } = target
  if (reflecting.includes(method)) return refuse('method-not-allowed')
  const accepts = (route: Route) =>
    matchesHost(route.host, host) && (route.methods?.has(method) ?? true)
  const route = find(table, segments, accepts)
  if (route === undefined) return refuseUnmatched(table, target)
  if (escapes.length > 0) {
    const forbidden = escapes.find((kept) => !route.escapes.has(kept))
    if (forbidden !== undefined) return refuse(refusalOfEscape(forbidden))
    // An origin that undoes the escape must not be led past the policy of another route.
    const readings = lenientReadings(target.path)
    if (readings.some((reading) => (find(table, reading, accepts) ?? route) !== route)) {
      return refuse('target-has-encoded-separator')
    }
  }
  // Before anyone is authenticated: the first pass has taken the credential away.
  if (leadsToSameHost(route) && headers.has(loopHeader)) return refuse('loop-detected')
  // The platform opens every WebSocket with GET, whatever was asked for and matched.
  if (isWebSocket(headers) && !(route.websocket && method === 'GET')) {
    return refuse('upgrade-not-allowed')
  }
  return ok({ route, parameters: readParameters(route, segments), isPreflight: false })
}

function leadsToSameHost({ origin }: Route): boolean {
  return (
    origin.kind === 'same-host' ||
    (origin.kind === 'set' && origin.members.some(({ endpoint }) => endpoint.kind === 'same-host'))
  )
}

function find(
  table: RouteTable,
  segments: readonly string[],
  accepts: (route: Route) => boolean,
  depth = 0,
): Route | undefined {
  const name = segments[depth]
  if (name === undefined) return table.ends.find(accepts) ?? table.rests.find(accepts)
  const literal = table.literals.get(name)
  return (
    (literal && find(literal, segments, accepts, depth + 1)) ??
    (table.any && find(table.any, segments, accepts, depth + 1)) ??
    table.rests.find(accepts)
  )
}

/**
 * Every route that takes requests of some method at a path, or whatever is below it, the most specific
 * first. A route that others leave no method at this path is not among them.
 */
export function routesAt(
  table: RouteTable,
  { segments, host }: Pick<CanonicalTarget, 'segments' | 'host'>,
): readonly Route[] {
  const found: Route[] = []
  const taken = new Set<string>()
  let isTaken = false
  find(table, segments, (route) => {
    if (!matchesHost(route.host, host)) return false
    const { methods, path } = route
    const hasMethodLeft = !isTaken && [...(methods ?? ['any'])].some((one) => !taken.has(one))
    if (hasMethodLeft || (path.rest && path.segments.length === segments.length)) found.push(route)
    for (const method of methods ?? []) taken.add(method)
    isTaken ||= methods === undefined
    return false
  })
  return found
}

/** With another method there might have been a route: then it is 405 and says which. */
function refuseUnmatched(table: RouteTable, { segments, host }: CanonicalTarget): Failure<Refusal> {
  const allow = new Set<string>()
  find(table, segments, (route) => {
    if (matchesHost(route.host, host)) for (const method of route.methods ?? []) allow.add(method)
    return false
  })
  return allow.size > 0
    ? refuse('method-not-allowed', { allow: [...allow] })
    : refuse('route-unknown')
}

const noParameters: ReadonlyMap<string, string> = new Map()

function readParameters(route: Route, segments: readonly string[]): ReadonlyMap<string, string> {
  let parameters: Map<string, string> | undefined
  let index = 0
  for (const segment of route.path.segments) {
    const value = segments[index++]
    if (segment.kind === 'literal' || segment.name === undefined || value === undefined) continue
    parameters ??= new Map()
    parameters.set(segment.name, value)
  }
  return parameters ?? noParameters
}
