import type { Observation } from '../model/route.ts'
import { built, flag, object, optional, word } from './shape.ts'

/** What of the requests is written down, and what of it a caller is told. */
export interface ObservationConfig {
  /** Whose records are logged; `'every'` request's when not given, and a fault's in any case. */
  readonly records?: 'every' | 'refused' | 'none'
  /** Whether requests are counted in the database, by the minute; they are when not given. */
  readonly statistics?: boolean
  /** Whether answers carry `Server-Timing`; they do not when not given. */
  readonly serverTiming?: boolean
  /** Whether a request without a valid `traceparent` is given one; it is when not given. */
  readonly traces?: boolean
}

const everything: Observation = {
  records: 'every',
  statistics: true,
  serverTiming: false,
  traces: true,
}

/** The shape of `observation`. */
export const observationShape = optional(
  built(
    object({
      records: optional(word(['every', 'refused', 'none']), everything.records),
      statistics: optional(flag, everything.statistics),
      serverTiming: optional(flag, everything.serverTiming),
      traces: optional(flag, everything.traces),
    }),
    (draft): Observation => draft,
  ),
  everything,
)
