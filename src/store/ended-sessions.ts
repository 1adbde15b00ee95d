import { and, eq, sql } from 'drizzle-orm'
import { changeAudited } from './audit.ts'
import type { Database } from './database.ts'
import { clerkObjects } from './schema.ts'

/** Whose session it is, as far as Clerk has told of it. */
export async function findSessionOwner(
  database: Database,
  sessionId: string,
): Promise<string | undefined> {
  const isIt = and(eq(clerkObjects.kind, 'session'), eq(clerkObjects.id, sessionId))
  const row = await database
    .select({ owner: clerkObjects.owner })
    .from(clerkObjects)
    .where(isIt)
    .get()
  return row?.owner || undefined
}

/** Sessions of one person that somebody ended. */
export interface Revocation {
  readonly userId: string
  readonly sessionIds: readonly string[]
  readonly by: string
  readonly asked: { readonly requestId: string; readonly address: string | undefined }
  readonly nowMs: number
}

/** Says in the audit who ended sessions; they are among those that have ended, if they were not already. */
export async function noteRevocation(
  database: Database,
  { userId, sessionIds, by, asked, nowMs }: Revocation,
): Promise<void> {
  const statement = sql`
    INSERT INTO ended_sessions (session_id, user_id, ended_at)
    SELECT value, ${userId}, ${nowMs} FROM json_each(${JSON.stringify(sessionIds)}) WHERE TRUE
    ON CONFLICT (session_id) DO UPDATE SET ended_at = ended_at`
  const deed = {
    ...{ at: nowMs, actor: by, action: 'sessions.revoked', subject: userId, ...asked },
    before: { session_ids: sessionIds },
    after: null,
  }
  await changeAudited(database, { statement, deed })
}
