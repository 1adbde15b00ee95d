import { type SQL, sql } from 'drizzle-orm'
import { roleGrants, users } from './schema.ts'

/** The role that runs Usher. */
export const administratorRole = 'admin'

/**
 * Whether someone besides `userId` could still run Usher: an administrator everywhere who is not banned
 * or deleted. A condition for the statement that would take one away, so that no two can cross.
 */
export function anotherAdministrator(userId: string): SQL {
  return sql`EXISTS (
    SELECT 1 FROM ${roleGrants} AS others LEFT JOIN ${users} AS people ON people.id = others.user_id
    WHERE others.role = ${administratorRole} AND others.organization_id = ''
      AND others.user_id <> ${userId}
      AND COALESCE(people.status, 'active') IN ('active', 'locked'))`
}

/** Whether `userId` is an administrator everywhere. */
export function isAdministrator(userId: string): SQL {
  return sql`EXISTS (
    SELECT 1 FROM ${roleGrants} AS own
    WHERE own.user_id = ${userId} AND own.role = ${administratorRole} AND own.organization_id = '')`
}
