/** What is less is in seconds: as milliseconds it would be before March 1973. */
const millisecondsFrom = 1e11
/** What is not less is in microseconds: as milliseconds it would be after the year 5000. */
const microsecondsFrom = 1e14

/**
 * A time of Clerk's in milliseconds since the epoch: by its description messages have theirs in seconds and what they are
 * about in milliseconds, so the magnitude tells. `undefined` for what is no time.
 */
export function millisecondsOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return undefined
  if (value < millisecondsFrom) return Math.floor(value * 1000)
  return Math.floor(value < microsecondsFrom ? value : value / 1000)
}
