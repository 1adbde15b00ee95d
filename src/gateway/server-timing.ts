import type { Milliseconds } from '../events/record.ts'

/**
 * What `Server-Timing` says of a request: the stages that were gone through, and all of it until the headers
 * of the answer. The names are Usher's own, for an origin has timings too.
 */
export function serverTiming(stages: Milliseconds, totalMs: number): string {
  const { authenticateMs, limitMs, introduceMs, originMs } = stages
  return Object.entries({
    auth: authenticateMs,
    limit: limitMs,
    introduce: introduceMs,
    origin: originMs,
    total: totalMs,
  })
    .flatMap(([name, durationMs]) =>
      durationMs === undefined ? [] : [`usher-${name};dur=${durationMs}`],
    )
    .join(', ')
}
