import type { Clock } from '../model/clock.ts'
import type { Observation } from '../model/route.ts'
import { createAnalytics } from './analytics.ts'
import type { TakeRecord } from './record.ts'
import { createRequestLog, type Log } from './request-log.ts'
import { type AddCounts, createStatistics } from './statistics.ts'

/** Where records go. */
export interface RecorderParts {
  readonly observation: Observation
  readonly log: Log
  readonly addCounts: AddCounts
  /** A dataset of Analytics Engine, where one is bound. */
  readonly analytics: unknown
  readonly clock: Clock
}

/** Takes each record to the log, to the statistics where they are wanted, and to Analytics Engine where it is bound. */
export function openRecorder(parts: RecorderParts): TakeRecord {
  const { observation, log, addCounts: add, analytics, clock } = parts
  const random = () => Math.random()
  const takers = [
    createRequestLog(observation.records, log),
    observation.statistics ? createStatistics({ add, clock, random }) : undefined,
    createAnalytics(analytics),
  ].filter((taker) => taker !== undefined)
  return (record, moment) => {
    for (const take of takers) take(record, moment)
  }
}
