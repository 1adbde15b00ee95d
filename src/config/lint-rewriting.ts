import { intersectPaths, type PathPattern, type PatternSegment } from '../model/pattern.ts'
import type { Route } from '../model/route.ts'
import type { Problem } from './problem.ts'
import { strictnessOf } from './strictness.ts'

interface Reach {
  readonly route: Route
  readonly index: number
  readonly strictness: number
}

/** Routes of which another one, that asks for less, leads to the same path of their origin. */
export function lintRewriting(routes: readonly Route[]): readonly Problem[] {
  const reaches = routes.map((route, index) => ({ route, index, strictness: strictnessOf(route) }))
  return reaches
    .filter(({ route }) => route.rewrite !== undefined)
    .flatMap((one) => {
      const other = reaches.find((another) => disagree(one, another) && meet(one, another))
      return other === undefined ? [] : [problemOf(one, other)]
    })
}

function disagree(one: Reach, other: Reach): boolean {
  return one.strictness !== other.strictness && one.route.origin.name === other.route.origin.name
}

function meet(one: Reach, other: Reach): boolean {
  return intersectPaths(patternAtOrigin(one.route), patternAtOrigin(other.route)) !== undefined
}

function problemOf(one: Reach, other: Reach): Problem {
  const [weak, strict] = one.strictness < other.strictness ? [one, other] : [other, one]
  return {
    place: `routes[${one.index}].rewrite`,
    message:
      `${weak.route.name} leads to paths of the origin that ${strict.route.name} leads to as well ` +
      'and protects better: give them separate paths there, or the same access here.',
  }
}

/** The paths of its origin that a route leads to. */
function patternAtOrigin({ path, rewrite }: Route): PathPattern {
  if (rewrite === undefined) return path
  const { there, restFrom } = rewrite
  const made = there.map(
    (piece): PatternSegment =>
      typeof piece === 'number'
        ? { kind: 'any', name: undefined }
        : { kind: 'literal', text: decodeURIComponent(piece) },
  )
  const kept = restFrom === undefined ? [] : path.segments.slice(restFrom)
  return { source: '', segments: [...made, ...kept], rest: path.rest && restFrom !== undefined }
}
