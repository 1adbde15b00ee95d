import { type Endpoint, endpointsOf } from '../model/origin.ts'
import { isBelow, restorePath } from '../model/rewriting.ts'
import type { Route } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import { baseOf } from './attempt.ts'

/** Between whom an answer passes: what of its origin's places and paths has another name outside. */
export interface Passage {
  readonly route: Pick<Route, 'origin' | 'rewrite'>
  /** As the client asked. */
  readonly asked: CanonicalTarget
  /** As the origin was asked. */
  readonly sent: CanonicalTarget
  /** The one that answered. */
  readonly endpoint: Endpoint
}

/** The addresses of the origin, the one that answered first. */
export function basesOf({ route, asked, endpoint }: Passage): readonly URL[] {
  return [endpoint, ...endpointsOf(route.origin)].map((one) => new URL(baseOf(one, asked)))
}

/** The path of an address without the trailing slash: nothing where it is the whole host. */
export function rootOf({ pathname }: URL): string {
  return pathname === '/' ? '' : pathname
}

/** The path outside of a path at the origin; `undefined` where no path of the route leads there. */
export function pathOutside({ route }: Passage, base: URL, path: string): string | undefined {
  const root = rootOf(base)
  if (!isBelow(path, root)) return undefined
  const inner = path.slice(root.length) || '/'
  return route.rewrite === undefined ? inner : restorePath(route.rewrite, inner)
}
