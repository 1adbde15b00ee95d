import type { Route } from '../model/route.ts'

/** How much a route asks of its callers: 0 is nothing, 3 is a condition on top of being signed in. */
export function strictnessOf({ access }: Pick<Route, 'access'>): number {
  if (access.kind === 'public') return 0
  if (access.kind === 'optional') return 1
  const { condition } = access
  return condition.kind === 'all' && condition.of.length === 0 ? 2 : 3
}
