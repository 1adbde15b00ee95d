import { type SQL, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { roleGrants, users } from './schema.ts'

/** The role that runs Usher. */
export const administratorRole = 'admin'

/**
 * Whether someone besides `userId` could still run Usher: an administrator everywhere who is not banned
 * or deleted. Of whom there is no record nobody knows whether they are anyone at all. A condition for the statement that
 * would take one away, so that no two can cross.
 */
export function anotherAdministrator(userId: string): SQL {
  return sql`EXISTS (
    SELECT 1 FROM ${roleGrants} AS others JOIN ${users} AS people ON people.id = others.user_id
    WHERE others.role = ${administratorRole} AND others.organization_id = ''
      AND others.user_id <> ${userId}
      AND people.status IN ('active', 'locked'))`
}

/** Whether `userId` is an administrator everywhere. */
export function isAdministrator(userId: string): SQL {
  return sql`EXISTS (
    SELECT 1 FROM ${roleGrants} AS own
    WHERE own.user_id = ${userId} AND own.role = ${administratorRole} AND own.organization_id = '')`
}

/** Whether nobody could run Usher without `userId`. What takes them away asks the same once more. */
export async function isLastAdministrator(database: Database, userId: string): Promise<boolean> {
  const row = await database.get<{ isLast: number }>(sql`
    SELECT ${isAdministrator(userId)} AND NOT (${anotherAdministrator(userId)}) AS isLast`)
  return row.isLast === 1
}
