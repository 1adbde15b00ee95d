import { type Clock, within } from '../model/clock.ts'
import { outcomeOf, routeOf, shadowOutcomeOf } from './outcome.ts'
import type { RequestRecord, TakeRecord } from './record.ts'

/** How long after a minute has turned its counts may be written: isolates part here. */
export const spreadMs = { least: 5000, most: 15_000 } as const
/** How long counts are kept. */
const keptDays = 30
/** Rows that one isolate holds while they cannot be written. */
export const heldRowsMax = 2000
/** No longer than the least of the spread, so that a write is over when the next one begins. */
const writeLimitMs = 5000
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const never = Number.NEGATIVE_INFINITY

/** Who asks whether Usher is alive is a machine that asks all day. */
const aliveProbe = 'usher /livez'

/** What is counted of the requests of one minute that took one route and ended alike. */
export interface Count {
  /** Minutes since the epoch: when the answer was there. */
  readonly minute: number
  readonly route: string
  readonly outcome: string
  requests: number
  durationMs: number
  originMs: number
  bytesIn: number
  bytesOut: number
}

/** Adds counts to those that are there, and removes those of earlier minutes than `keptFrom`. */
export type AddCounts = (counts: readonly Count[], keptFrom: number | undefined) => Promise<void>

/** What statistics need of the world. */
export interface StatisticsParts {
  readonly add: AddCounts
  readonly clock: Clock
  /** At least 0, and less than 1. */
  readonly random: () => number
}

/**
 * Counts requests in the memory of the isolate. A request of a later minute has the counts of the minutes before
 * written behind it, all together and once a minute at most. They are held until that has come to pass: what
 * cannot be written is written in a later minute. What an isolate holds is lost when it ends; a write that came
 * to pass although its answer was lost is counted twice.
 */
export function createStatistics({ add, clock, random }: StatisticsParts): TakeRecord {
  let minute = never
  let dueAtMs = never
  let removedAtMs = never
  /** Of this minute, by route and outcome: no name has to be put together to find one. */
  let counted = new Map<string, Map<string, Count>>()
  let rowsCount = 0
  /** Of the minutes before. */
  let finished: readonly Count[] = []

  function turnTo(next: number): void {
    finished = [...finished, ...[...counted.values()].flatMap((row) => [...row.values()])]
    counted = new Map()
    minute = next
    dueAtMs = next * minuteMs + spreadMs.least + random() * (spreadMs.most - spreadMs.least)
  }

  function countOf(route: string, outcome: string): Count | undefined {
    return counted.get(route)?.get(outcome) ?? begin(route, outcome)
  }

  function begin(route: string, outcome: string): Count | undefined {
    if (rowsCount >= heldRowsMax) return undefined
    rowsCount += 1
    const count = { minute, route, outcome, ...nothing }
    const known = counted.get(route)
    if (known === undefined) counted.set(route, new Map([[outcome, count]]))
    else known.set(outcome, count)
    return count
  }

  async function write(nowMs: number): Promise<void> {
    const written = new Set(finished)
    const isRemoving = nowMs - removedAtMs >= dayMs
    const keptFrom = isRemoving ? Math.floor((nowMs - keptDays * dayMs) / minuteMs) : undefined
    const adding = add([...written], keptFrom).then(() => true)
    if (!(await within(clock, writeLimitMs, adding))) return
    if (isRemoving) removedAtMs = nowMs
    const left = finished.filter((count) => !written.has(count))
    rowsCount -= finished.length - left.length
    finished = left
  }

  return (record, moment) => {
    if (record.route === aliveProbe) return
    const nowMs = record.startedAtMs + record.durationMs
    const now = Math.floor(nowMs / minuteMs)
    if (now !== minute) turnTo(now)
    const count = countOf(routeOf(record), outcomeOf(record))
    if (count !== undefined) increase(count, record)
    const { shadow } = record
    const tried = shadow && countOf(shadow.route, shadowOutcomeOf(shadow))
    // Nothing but the number: the request itself was counted with all the rest.
    if (tried !== undefined) tried.requests += 1
    if (nowMs < dueAtMs || finished.length === 0) return
    dueAtMs = Number.POSITIVE_INFINITY
    moment.waitUntil(write(nowMs))
  }
}

const nothing = { requests: 0, durationMs: 0, originMs: 0, bytesIn: 0, bytesOut: 0 }

function increase(count: Count, record: RequestRecord): void {
  const { durationMs, originMs = 0, bytesIn = 0, bytesOut = 0 } = record
  count.requests += 1
  count.durationMs += durationMs
  count.originMs += originMs
  count.bytesIn += bytesIn
  count.bytesOut += bytesOut
}
