import { sql } from 'drizzle-orm'
import { type Database, runTogether } from './database.ts'
import type { statistics } from './schema.ts'

/** What was counted of the requests of one minute that took one route and ended alike. */
export type CountRow = typeof statistics.$inferSelect

/**
 * Adds counts to those that are there, so that isolates never overwrite each other, and removes the rows
 * of earlier minutes than `keptFrom`: all of it, or nothing. Throws when the database does.
 */
export async function addCounts(
  database: Database,
  counts: readonly CountRow[],
  keptFrom: number | undefined,
): Promise<void> {
  // One parameter however many rows there are: D1 takes a hundred.
  const addition = sql`
    INSERT INTO statistics
      (minute, route, outcome, requests, duration_ms, origin_ms, bytes_in, bytes_out)
    SELECT value ->> 'minute', value ->> 'route', value ->> 'outcome', value ->> 'requests',
      value ->> 'durationMs', value ->> 'originMs', value ->> 'bytesIn', value ->> 'bytesOut'
    FROM json_each(${JSON.stringify(counts)}) WHERE TRUE
    ON CONFLICT (minute, route, outcome) DO UPDATE SET
      requests = requests + excluded.requests,
      duration_ms = duration_ms + excluded.duration_ms,
      origin_ms = origin_ms + excluded.origin_ms,
      bytes_in = bytes_in + excluded.bytes_in,
      bytes_out = bytes_out + excluded.bytes_out`
  const removal =
    keptFrom === undefined ? [] : [sql`DELETE FROM statistics WHERE minute < ${keptFrom}`]
  await runTogether(database, [addition, ...removal])
}
