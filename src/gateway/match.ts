import type { Described } from '../model/asking.ts'
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
  /** The route that would be taken were all in force that is in shadow; `undefined` where that changes nothing. */
  readonly trial?: Trial | undefined
}

/** A route that is tried by its `trial`. */
export type Trial = Pick<Match, 'route' | 'parameters'>

/** The routes, by what of them is in force. */
export interface RouteTable {
  readonly enforced: Branch
  /** Those in shadow too; `undefined` where nothing is. */
  readonly all: Branch | undefined
}

/** Routes as a tree of segments: a lookup costs the depth of the path, whatever their number. */
interface Branch {
  readonly literals: Map<string, Branch>
  any: Branch | undefined
  /** Routes that end here, the most specific host and methods first. */
  readonly ends: Route[]
  /** Routes that take whatever follows (`**`), in the same order. */
  readonly rests: Route[]
}

/** Builds the trees. The routes are free of ambiguity: compiling the configuration saw to that. */
export function buildRouteTable(routes: readonly Route[]): RouteTable {
  const enforced = routes.filter(({ mode }) => mode === undefined)
  const isTried = routes.some(({ trial }) => trial !== undefined)
  return { enforced: treeOf(enforced), all: isTried ? treeOf(routes) : undefined }
}

function treeOf(routes: readonly Route[]): Branch {
  const root = emptyBranch()
  for (const route of routes) {
    let branch = root
    for (const segment of route.path.segments) branch = descend(branch, segment)
    const list = route.path.rest ? branch.rests : branch.ends
    list.push(route)
    list.sort((left, right) => breadth(left) - breadth(right))
  }
  return root
}

function emptyBranch(): Branch {
  return { literals: new Map(), any: undefined, ends: [], rests: [] }
}

function descend(branch: Branch, segment: Route['path']['segments'][number]): Branch {
  if (segment.kind === 'any') {
    branch.any ??= emptyBranch()
    return branch.any
  }
  const known = branch.literals.get(segment.text)
  if (known !== undefined) return known
  const next = emptyBranch()
  branch.literals.set(segment.text, next)
  return next
}

const hostBreadth = { exact: 0, subdomain: 1, any: 2 } as const
const methodsMax = 1000

/**
 * Of two routes for one path, the one with the narrower host goes first, then the one with fewer methods, and of
 * two for exactly the same requests the one that is tried in the place of the other.
 */
function breadth({ host, methods, mode }: Route): number {
  const place = mode === 'shadow' ? 0 : 0.5
  return hostBreadth[host.kind] * methodsMax + (methods?.size ?? methodsMax - 1) + place
}

/** An origin would show the caller what only it should see: the identity headers (RFC 9110 section 9.3.8). */
const reflecting: readonly string[] = ['TRACE', 'TRACK', 'CONNECT']

/**
 * The most specific route for a target and method, whatever the order of the configuration: literals
 * before `:name` and `*`, those before `**`. Refuses with `route-unknown`, with `method-not-allowed` when
 * only the method is wrong, or with 400 when the path holds an escape, or the request asks for a WebSocket,
 * that this route does not let through.
 *
 * A preflight is for the route of the method that it asks about, where that route owns CORS; everywhere else it
 * is an OPTIONS like any other. A route whose requests another proxy sends leads nowhere from here.
 */
export function match(
  table: RouteTable,
  target: CanonicalTarget,
  { method, headers }: Described,
): Result<Match, Refusal> {
  const asked = preflightMethod({ method, headers })
  const wanted =
    asked === undefined ? undefined : matchRoute(table, target, { method: asked, headers })
  if (wanted?.ok && wanted.value.route.cors) return ok({ ...wanted.value, isPreflight: true })
  const found = matchRoute(table, target, { method, headers })
  if (!found.ok) return found
  if (found.value.route.origin.kind === 'elsewhere') return refuse('route-unknown')
  // Once in force, what is tried would answer the preflight itself, whoever sends it.
  return wanted?.ok && wanted.value.trial?.route.cors
    ? ok({ ...found.value, trial: undefined })
    : found
}

/**
 * The same for who only asks: a preflight is a request like any other, which nobody there could answer, and
 * routes whose requests another proxy sends are routes.
 */
export function matchRoute(
  table: RouteTable,
  target: CanonicalTarget,
  request: Described,
): Result<Match, Refusal> {
  const found = matchIn(table.enforced, target, request)
  return table.all === undefined ? found : tryRoutes(found, table, { target, request })
}

/** Adds what is tried to what is in force; where nothing in force has the path, a route in shadow takes it. */
function tryRoutes(
  found: Result<Match, Refusal>,
  { enforced, all = enforced }: RouteTable,
  { target, request }: { readonly target: CanonicalTarget; readonly request: Described },
): Result<Match, Refusal> {
  const { segments, host } = target
  const route = find(all, segments, acceptsFrom(host, request.method))
  const isLeft = !found.ok && found.error.code === 'route-unknown' && route?.mode === 'shadow'
  const taken = isLeft ? matchLeft({ enforced, all }, target, request) : found
  if (!taken.ok || route?.trial === undefined) return taken
  return ok({ ...taken.value, trial: { route, parameters: readParameters(route, segments) } })
}

/**
 * The route in shadow for what nothing in force has a path for. An origin that undoes the escapes must not be led
 * to one that routes in force have, and refuse the method of.
 */
function matchLeft(
  { enforced, all }: Record<keyof RouteTable, Branch>,
  target: CanonicalTarget,
  request: Described,
): Result<Match, Refusal> {
  const { escapes, path, host } = target
  const found = matchIn(all, target, request)
  if (!found.ok || escapes.length === 0) return found
  const isHere = (route: Route) => matchesHost(route.host, host)
  const isTaken = lenientReadings(path).some((reading) => find(enforced, reading, isHere))
  return isTaken ? refuse('target-has-encoded-separator') : found
}

function acceptsFrom(host: string, method: string): (route: Route) => boolean {
  return (route) => matchesHost(route.host, host) && (route.methods?.has(method) ?? true)
}

function matchIn(
  table: Branch,
  target: CanonicalTarget,
  { method, headers }: Described,
): Result<Match, Refusal> {
  const { segments, escapes, host } = target
  if (reflecting.includes(method)) return refuse('method-not-allowed')
  const accepts = acceptsFrom(host, method)
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
  table: Branch,
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
 * first. A route that others leave no method at this path is not among them, nor is one in shadow.
 */
export function routesAt(
  { enforced }: RouteTable,
  { segments, host }: Pick<CanonicalTarget, 'segments' | 'host'>,
): readonly Route[] {
  const found: Route[] = []
  const taken = new Set<string>()
  let isTaken = false
  find(enforced, segments, (route) => {
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
function refuseUnmatched(table: Branch, { segments, host }: CanonicalTarget): Failure<Refusal> {
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
