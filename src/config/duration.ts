import { err, ok, type Result } from '../model/result.ts'

/** A time such as `'500ms'`, `'10s'` or `'1m'`. */
export type Duration = `${number}ms` | `${number}s` | `${number}m`

/** A time that may be hours: `'12h'`. */
export type LongDuration = Duration | `${number}h`

/** A time of whole seconds: `'1s'` to `'24h'`. */
export type Window = Exclude<LongDuration, `${number}ms`>

const unitsMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])

/** The longest time-out that makes sense in front of a caller who waits: 10 minutes. */
const longestMs = 600_000

/** The longest time for which anything is kept or followed: a day. */
const dayMs = 86_400_000

/** Reads `'500ms'`, `'10s'` or `'1m'` and gives milliseconds, 1 ms to 10 min. */
export function parseDuration(source: string): Result<number, string> {
  const milliseconds = millisecondsOf(source)
  if (milliseconds <= longestMs && !source.endsWith('h')) return ok(milliseconds)
  return err('Must be a whole number with "ms", "s" or "m", from "1ms" to "10m".')
}

/** Reads hours too, and gives milliseconds, 1 ms to a day. */
export function parseLongDuration(source: string): Result<number, string> {
  const milliseconds = millisecondsOf(source)
  if (milliseconds <= dayMs) return ok(milliseconds)
  return err('Must be a whole number with "ms", "s", "m" or "h", from "1ms" to "24h".')
}

/** Reads whole seconds, and gives milliseconds, 1 s to a day. */
export function parseWindow(source: string): Result<number, string> {
  const milliseconds = millisecondsOf(source)
  if (milliseconds <= dayMs && !source.endsWith('ms')) return ok(milliseconds)
  return err('Must be a whole number with "s", "m" or "h", from "1s" to "24h".')
}

/** `Infinity` for what is no time. */
function millisecondsOf(source: string): number {
  const [, amount, unit = ''] = /^(\d{1,9})(ms|s|m|h)$/.exec(source) ?? []
  const milliseconds = Number(amount) * (unitsMs.get(unit) ?? Number.NaN)
  return milliseconds >= 1 ? milliseconds : Number.POSITIVE_INFINITY
}
