import type { Route } from '../model/route.ts'
import type { Problem } from './problem.ts'

/** What is legal but risky about the WebSockets of a route. */
export function lintSockets({ revocation, websocket }: Route, place: string): readonly Problem[] {
  if (websocket?.recheck !== false || revocation === 'token') return []
  const message =
    'Its requests learn that somebody is out, its WebSockets never do: leave recheck away.'
  return [{ place: `${place}.websocket.recheck`, message }]
}
