import type { HeaderLimits } from '../model/route.ts'
import { built, object, optional, parsed, wholeNumber } from './shape.ts'
import { type Size, sizeWithin } from './size.ts'

/** How large the headers of a request may be. */
export interface HeaderLimitsConfig {
  /** How many names there may be, 10 to 1,000; 100 when not given. */
  readonly count?: number
  /** How many bytes all of them may have, `'4KiB'` to `'128KiB'`; `'32KiB'` when not given. */
  readonly bytes?: Size
}

const kibibyte = 1024

/** What most servers take. */
const usualLimits: HeaderLimits = { countMax: 100, maxBytes: 32 * kibibyte }

/** The shape of `headerLimits`. More than 128 KiB never arrives from the edge. */
export const headerLimitsShape = optional(
  built(
    object({
      count: optional(wholeNumber(10, 1000), usualLimits.countMax),
      bytes: optional(parsed(sizeWithin('4KiB', '128KiB')), usualLimits.maxBytes),
    }),
    ({ count, bytes }): HeaderLimits => ({ countMax: count, maxBytes: bytes }),
  ),
  usualLimits,
)
