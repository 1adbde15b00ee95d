import { err, ok, type Result } from '../model/result.ts'

const unitsMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
])

/** The longest time-out that makes sense in front of a caller who waits: 10 minutes. */
const longestMs = 600_000

/** Reads `'500ms'`, `'10s'` or `'1m'` and gives milliseconds, 1 ms to 10 min. */
export function parseDuration(source: string): Result<number, string> {
  const [, amount, unit = ''] = /^(\d{1,9})(ms|s|m)$/.exec(source) ?? []
  const milliseconds = Number(amount) * (unitsMs.get(unit) ?? Number.NaN)
  if (milliseconds >= 1 && milliseconds <= longestMs) return ok(milliseconds)
  return err('Must be a whole number with "ms", "s" or "m", from "1ms" to "10m".')
}
