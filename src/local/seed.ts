import { sql } from 'drizzle-orm'
import { verifyAudit } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { grantRole } from '../store/grants.ts'
import { lastNumber } from '../store/people.ts'
import { localAdministrators, localUsers } from './clerk/users.ts'

/**
 * Makes the administrators of local mode, once: where anything was ever done to people, as the audit
 * tells, it stays as it is. Throws when the database does.
 */
export async function seed(database: Database, nowMs: number): Promise<void> {
  if (await hasHistory(database)) return
  for (const name of localAdministrators) {
    const userId = localUsers.get(name)?.id
    if (userId === undefined) continue
    const grant = { userId, role: 'admin', organizationId: '', by: 'local seed', nowMs }
    await grantRole(database, grant)
    // Of whom there is no record does not count as another administrator.
    await database.run(sql`
      INSERT OR IGNORE INTO users (id, number, created_at)
      SELECT ${userId}, ${lastNumber} + 1, ${nowMs}`)
  }
}

async function hasHistory(database: Database): Promise<boolean> {
  const { rows, brokenAt } = await verifyAudit(database)
  return rows > 0 || brokenAt !== undefined
}
