import type { Route } from '../model/route.ts'
import type { Problem } from './problem.ts'

/** What is only tried, and so keeps nobody out. */
export function lintShadow(
  { mode, trial }: Pick<Route, 'mode' | 'trial'>,
  place: string,
): readonly Problem[] {
  if (mode === 'shadow') {
    const message =
      'Refuses nobody: whoever asks for what no other route takes reaches its origin. Remove mode to put it in force.'
    return [{ place: `${place}.mode`, message }]
  }
  if (trial === undefined) return []
  const message = 'Has conditions in shadow, which refuse nobody: remove mode to put them in force.'
  return [{ place: `${place}.access`, message }]
}

/** A route as it is to be in force, by what is tried there. */
export function asWritten(route: Route): Route {
  return route.mode === 'shadow' ? { ...route, access: route.trial ?? route.access } : route
}
