import type { RequestRecord } from './record.ts'

/** What statistics name: the reason of a refusal, or that there was none. */
export function outcomeOf({ outcome, reason }: RequestRecord): string {
  return outcome === 'refused' && reason !== undefined ? reason : outcome
}

/** What statistics name as route where none was found. */
export function routeOf({ route = '-' }: RequestRecord): string {
  return route
}
