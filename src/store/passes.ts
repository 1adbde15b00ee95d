import type { Tally } from '../model/limiting.ts'

/** What passed of late at one limit. */
export interface Passes {
  /** Lets a request pass at this moment if so many have not yet passed in the window before it. */
  take(requests: number, windowMs: number, nowMs: number): Tally
  /** Forgets what counts no more, and gives the moment when the rest will not; `undefined` for no rest. */
  sweep(nowMs: number): number | undefined
}

/** Requests that pass within a thousandth of the window are kept as one entry. */
const grainsInWindow = 1000

/**
 * Opens a sliding log of the requests that passed, in a table of its own: in no time as long as the window do
 * more than `requests` pass. An entry counts for at most a thousandth of the window too long, never too short,
 * so the log has a thousand entries at most, whatever the limit. Every step is synchronous: no two requests
 * ever see the same log.
 */
export function openPasses(sql: SqlStorage): Passes {
  sql.exec(
    'CREATE TABLE IF NOT EXISTS passes (until_ms INTEGER PRIMARY KEY, number INTEGER NOT NULL)',
  )
  const rows = sql.exec<{ until_ms: number; number: number }>(
    'SELECT until_ms, number FROM passes ORDER BY until_ms',
  )
  const log = [...rows].map(({ until_ms, number }) => ({ untilMs: until_ms, number }))
  let total = log.reduce((sum, { number }) => sum + number, 0)

  function forget(nowMs: number): void {
    for (let oldest = log[0]; oldest && oldest.untilMs <= nowMs; oldest = log[0]) {
      total -= oldest.number
      log.shift()
    }
  }

  function add(soonestMs: number): void {
    const newest = log.at(-1)
    // A clock may be set back, as when the object moves to another machine; the log stays in order.
    const untilMs = Math.max(soonestMs, newest?.untilMs ?? 0)
    if (newest?.untilMs === untilMs) newest.number += 1
    else log.push({ untilMs, number: 1 })
    total += 1
    const onwards = 'ON CONFLICT DO UPDATE SET number = number + 1'
    sql.exec(`INSERT INTO passes (until_ms, number) VALUES (?, 1) ${onwards}`, untilMs)
  }

  function take(requests: number, windowMs: number, nowMs: number): Tally {
    forget(nowMs)
    const grainMs = Math.ceil(windowMs / grainsInWindow)
    const passes = total < requests
    if (passes) add(Math.ceil((nowMs + windowMs) / grainMs) * grainMs)
    const resetMs = (log[0]?.untilMs ?? nowMs) - nowMs
    return { passes, remaining: requests - total, resetMs }
  }

  function sweep(nowMs: number): number | undefined {
    forget(nowMs)
    sql.exec('DELETE FROM passes WHERE until_ms <= ?', nowMs)
    return log.at(-1)?.untilMs
  }

  return { take, sweep }
}
