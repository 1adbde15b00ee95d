import { sql } from 'drizzle-orm'
import { sessionEnds } from '../model/mirror.ts'
import { type Database, runTogether } from './database.ts'
import { keptMs, sessionsKeptMs } from './keeping.ts'

/** Removes what is kept of sessions that are long over or that nobody tells of any more: so many of each. */
export async function removeOldSessions(
  database: Database,
  { nowMs, count }: { readonly nowMs: number; readonly count: number },
): Promise<void> {
  const [keptFrom, untoldFrom] = [nowMs - keptMs, nowMs - sessionsKeptMs]
  const ends = JSON.stringify([...sessionEnds, 'deleted'])
  await runTogether(database, [
    sql`
      DELETE FROM clerk_objects WHERE kind = 'session' AND id IN (
        SELECT id FROM clerk_objects
        WHERE kind = 'session' AND told_at < ${keptFrom}
          AND (told_at < ${untoldFrom} OR status IN (SELECT value FROM json_each(${ends})))
        LIMIT ${count})`,
    sql`
      DELETE FROM ended_sessions WHERE session_id IN (
        SELECT session_id FROM ended_sessions WHERE ended_at < ${untoldFrom} LIMIT ${count})`,
  ])
}
