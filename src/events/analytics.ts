import { outcomeOf, routeOf, shadowOutcomeOf } from './outcome.ts'
import type { RequestRecord, TakeRecord } from './record.ts'

/** What the index of a data point may have; a character has at most three bytes. */
const indexMaxBytes = 96

/** What a binding of Analytics Engine does. */
interface Dataset {
  writeDataPoint(point: {
    readonly indexes: readonly string[]
    readonly blobs: readonly string[]
    readonly doubles: readonly number[]
  }): void
}

/**
 * Writes a data point for each record: what was asked for and how it went, and nothing about the caller.
 * The order of blobs and doubles is what queries go by: nothing may ever be put in between.
 */
export function createAnalytics(binding: unknown): TakeRecord | undefined {
  if (!isDataset(binding)) return undefined
  return (record) => {
    try {
      binding.writeDataPoint(pointOf(record))
    } catch {
      // A request never fails for what is written about it.
    }
  }
}

function pointOf(record: RequestRecord) {
  const { method, origin = '-', status, durationMs, originMs = 0 } = record
  const { bytesIn = 0, bytesOut = 0, shadow } = record
  const tried = shadow === undefined ? [] : [shadow.route, shadowOutcomeOf(shadow)]
  const route = routeOf(record)
  return {
    indexes: [indexOf(route)],
    blobs: [route, outcomeOf(record), method, origin, ...tried],
    doubles: [status, durationMs, originMs, bytesIn, bytesOut],
  }
}

function indexOf(route: string): string {
  if (route.length * 3 <= indexMaxBytes) return route
  const bytes = new TextEncoder().encode(route).subarray(0, indexMaxBytes)
  return new TextDecoder().decode(bytes, { stream: true })
}

function isDataset(binding: unknown): binding is Dataset {
  return typeof (binding as Partial<Dataset> | undefined)?.writeDataPoint === 'function'
}
