import type { Rehearsed } from '../model/noted.ts'
import type { RequestRecord } from './record.ts'

/** What statistics name: the reason of a refusal, or that there was none. */
export function outcomeOf({ outcome, reason }: RequestRecord): string {
  return outcome === 'refused' && reason !== undefined ? reason : outcome
}

/** What statistics name what would have become of a request: no outcome of one that did is called so. */
export function shadowOutcomeOf({ outcome }: Rehearsed): string {
  return `shadow ${outcome}`
}

/** What statistics name as route where none was found. */
export function routeOf({ route = '-' }: RequestRecord): string {
  return route
}
