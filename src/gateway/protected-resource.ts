import type { Condition } from '../model/condition.ts'
import { matchesHost } from '../model/host-pattern.ts'
import type { Route, Rules } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import { type RouteTable, routesAt } from './match.ts'
import { findSurface, resourceMetadataPath } from './own.ts'

/** What a client of OAuth is told of a part of an API: its name, and what may be asked for there. */
export interface ProtectedResource {
  /** The address of what is protected (RFC 9728 section 1.2). */
  readonly resource: string
  /** Empty where no route names a scope. */
  readonly scopes: readonly string[]
}

/**
 * The resource that the path of a metadata address names, or `undefined` when OAuth tokens count for
 * nothing there. Without a further path it is the whole of this host.
 */
export function describeResource(
  target: CanonicalTarget,
  { rules, routes }: { readonly rules: Rules; readonly routes: RouteTable },
): ProtectedResource | undefined {
  if (!target.path.startsWith(resourceMetadataPath)) return undefined
  const path = target.path.slice(resourceMetadataPath.length).replace(/^\/$/, '')
  const named = { ...target, path, segments: target.segments.slice(2) }
  const served = path === '' ? servedOn(target.host, rules) : routesFor(named, { rules, routes })
  const taking = served.filter(({ accepts }) => accepts.includes('oauth_token'))
  const [first] = taking
  if (first === undefined) return undefined
  const scopes = taking.flatMap(({ access }) =>
    access.kind === 'signed-in' ? scopesOf(access.condition) : [],
  )
  const resource = `${originOf(target, first, rules.canonicalOrigin)}${path}`
  return { resource, scopes: [...new Set(scopes)] }
}

/**
 * Where a client that was refused by this route learns who issues the tokens that count there; `undefined`
 * where OAuth tokens do not. The resource is named by what every path of the route begins with, as it
 * stands in this target. Nothing in it needs quoting: a canonical path has neither `"` nor `\`.
 */
export function metadataAddress(
  target: CanonicalTarget,
  route: Route,
  canonicalOrigin: string | undefined,
): string | undefined {
  if (!route.accepts.includes('oauth_token')) return undefined
  const { length } = route.path.segments
  const prefix = target.path.split('/', length + 1).join('/')
  return `${originOf(target, route, canonicalOrigin)}${resourceMetadataPath}${prefix.replace(/^\/$/, '')}`
}

function servedOn(host: string, { routes }: Rules): readonly Route[] {
  return routes.filter((route) => route.mode === undefined && matchesHost(route.host, host))
}

/** What of the path is Usher's own belongs to no route, and neither does an escape that a route refuses. */
function routesFor(
  named: CanonicalTarget,
  { rules, routes }: { readonly rules: Rules; readonly routes: RouteTable },
): readonly Route[] {
  const surface = findSurface(named, rules)
  if (!surface.ok || surface.value !== undefined) return []
  return routesAt(routes, named).filter((route) =>
    named.escapes.every((one) => route.escapes.has(one)),
  )
}

/** Under which scheme and host a route is known: the configured one where the route is served there. */
function originOf(
  { scheme, host }: CanonicalTarget,
  route: Route,
  canonicalOrigin: string | undefined,
): string {
  const asked = `${scheme}://${host}`
  if (canonicalOrigin === undefined) return asked
  return matchesHost(route.host, new URL(canonicalOrigin).host) ? canonicalOrigin : asked
}

/** The scopes that could be needed. What must not hold is nothing to ask for. */
function scopesOf(condition: Condition): readonly string[] {
  switch (condition.kind) {
    case 'scope':
      return [condition.scope]
    case 'all':
    case 'any':
      return condition.of.flatMap(scopesOf)
    default:
      return []
  }
}
