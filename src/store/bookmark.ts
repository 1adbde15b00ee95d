import { sql } from 'drizzle-orm'
import type { DatabaseSession } from './opening.ts'

/** Where the database of a session stands now; `undefined` where it does not say. */
export async function currentBookmark(session: DatabaseSession): Promise<string | undefined> {
  await session.database.get(sql`SELECT 1`)
  return session.bookmark()
}
