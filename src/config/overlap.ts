import type { PathPattern } from '../model/pattern.ts'
import { neighboursAmong } from './neighbours.ts'
import type { Problem } from './problem.ts'
import { hostText, includesSet, intersectSets, type RequestSet } from './request-set.ts'

/** A set of requests and where it is written. */
export interface PlacedSet extends RequestSet {
  readonly place: string
}

/**
 * A problem for each two routes of which neither is the more specific one for a request that both
 * match, unless a third route lies within both and takes all of what they share. A route in shadow settles
 * nothing between those in force; it may be for exactly the requests of one that is, in whose place it is tried.
 */
export function ambiguities(sets: readonly PlacedSet[]): readonly Problem[] {
  const neighbours = neighboursAmong(sets)
  return sets.flatMap((set) => {
    const around = neighbours(set.path)
    return around
      .slice(0, around.indexOf(set))
      .flatMap((earlier) => ambiguity(earlier, set, neighbours) ?? [])
  })
}

function ambiguity(
  earlier: PlacedSet,
  later: PlacedSet,
  neighbours: (pattern: PathPattern) => readonly PlacedSet[],
): Problem | undefined {
  const overlap = intersectSets(earlier, later)
  if (overlap === undefined) return undefined
  const within = includesSet(earlier, later)
  const around = includesSet(later, earlier)
  if (within && around && earlier.mode === later.mode) {
    const message = `Takes exactly the requests of ${earlier.place}: remove one of them.`
    return { place: later.place, message }
  }
  if (within || around) return undefined
  // What lies within both lies within the overlap, so a third route settles it only by being it.
  const isTried = earlier.mode === 'shadow' || later.mode === 'shadow'
  const isSettled = neighbours(overlap.path).some(
    (third) =>
      (isTried || third.mode !== 'shadow') &&
      includesSet(third, overlap) &&
      includesSet(overlap, third),
  )
  if (isSettled) return undefined
  const message =
    `Neither this route nor ${earlier.place} is more specific for ${describe(overlap)}: ` +
    'narrow one, or add a route for exactly that.'
  return { place: later.place, message }
}

function describe({ methods, host, path }: RequestSet): string {
  const method = methods === undefined ? 'any method' : [...methods].join(', ')
  return `${method} on ${hostText(host)}${pathText(path)}`
}

function pathText({ segments, rest }: PathPattern): string {
  const parts = segments.map((one) => (one.kind === 'literal' ? encodeURIComponent(one.text) : '*'))
  return `/${[...parts, ...(rest ? ['**'] : [])].join('/')}`
}
