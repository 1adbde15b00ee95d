import { type HostPattern, matchesHost } from '../model/host-pattern.ts'
import { includesPath, intersectPaths, type PathPattern } from '../model/pattern.ts'

/** The requests that a route is for: those that agree in all three. A compiled route is one. */
export interface RequestSet {
  readonly path: PathPattern
  readonly host: HostPattern
  /** `undefined` is every method. */
  readonly methods: ReadonlySet<string> | undefined
  /** In shadow it takes what nothing else has a path for; it is in force when not said. */
  readonly mode?: 'shadow' | undefined
}

/** Whether every request of `inner` is one of `outer`. */
export function includesSet(outer: RequestSet, inner: RequestSet): boolean {
  return (
    includesPath(outer.path, inner.path) &&
    includesHost(outer.host, inner.host) &&
    includesMethods(outer.methods, inner.methods)
  )
}

/** Whether `outer` includes `inner` and more. */
export function strictlyIncludesSet(outer: RequestSet, inner: RequestSet): boolean {
  return includesSet(outer, inner) && !includesSet(inner, outer)
}

/** The requests that are in both, or `undefined` when there are none. */
export function intersectSets(left: RequestSet, right: RequestSet): RequestSet | undefined {
  const path = intersectPaths(left.path, right.path)
  const host = intersectHosts(left.host, right.host)
  const methods = intersectMethods(left.methods, right.methods)
  if (path === undefined || host === undefined || methods?.size === 0) return undefined
  return { path, host, methods }
}

/** A pattern of hosts as it is written in a config; nothing for every host. */
export function hostText(host: HostPattern): string {
  switch (host.kind) {
    case 'any':
      return ''
    case 'exact':
      return host.host
    case 'subdomain':
      return `*${host.suffix}`
  }
}

function includesHost(outer: HostPattern, inner: HostPattern): boolean {
  if (outer.kind === 'any') return true
  if (inner.kind === 'exact') return matchesHost(outer, inner.host)
  return outer.kind === 'subdomain' && inner.kind === 'subdomain' && outer.suffix === inner.suffix
}

/** Two patterns of hosts share either nothing or the whole of one of them. */
function intersectHosts(left: HostPattern, right: HostPattern): HostPattern | undefined {
  if (includesHost(left, right)) return right
  return includesHost(right, left) ? left : undefined
}

type Methods = RequestSet['methods']

function includesMethods(outer: Methods, inner: Methods): boolean {
  return outer === undefined || (inner !== undefined && [...inner].every((one) => outer.has(one)))
}

function intersectMethods(left: Methods, right: Methods): Methods {
  if (left === undefined || right === undefined) return left ?? right
  return new Set([...left].filter((one) => right.has(one)))
}
