import type { Route, Rules } from '../model/route.ts'
import type { Problem } from './problem.ts'
import { isRefusedByMethod } from './selection.ts'

/** What is only tried, and so keeps nobody out. */
export function lintShadow(
  route: Route,
  place: string,
  rules: Pick<Rules, 'routes' | 'hosts'>,
): readonly Problem[] {
  const { mode, trial } = route
  if (mode === 'shadow') {
    const message = isRefusedByMethod(route, rules)
      ? 'Is tried on nothing: routes in force have its paths and refuse its methods. Remove mode to put it in force.'
      : 'Refuses nobody: whoever asks for a path that no other route has reaches its origin. Remove mode to put it in force.'
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
