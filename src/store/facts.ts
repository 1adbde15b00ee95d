import { sql } from 'drizzle-orm'
import type { Facts, Grant } from '../model/facts.ts'
import type { Database } from './database.ts'
import { endedSessions, roleGrants, roles, users } from './schema.ts'

/** Ended sessions that are held against a user's tokens; older ones have outlived every token. */
const endedSessionsMax = 100

interface Row {
  readonly status: Facts['status'] | null
  readonly email: string | null
  readonly grants: string
  readonly ended: string
}

/** Everything that a route may ask of one user, in one query by primary key. Throws when D1 does. */
export async function readFacts(database: Database, userId: string): Promise<Facts> {
  const row = await database.get<Row>(sql`
    SELECT
      (SELECT ${users.status} FROM ${users} WHERE ${users.id} = ${userId}) AS status,
      (SELECT ${users.email} FROM ${users}
        WHERE ${users.id} = ${userId} AND ${users.emailVerified}) AS email,
      (SELECT json_group_array(json_object(
          'role', ${roleGrants.role},
          'organizationId', ${roleGrants.organizationId},
          'permissions', json(${roles.permissions})))
        FROM ${roleGrants} JOIN ${roles} ON ${roles.name} = ${roleGrants.role}
        WHERE ${roleGrants.userId} = ${userId}) AS grants,
      (SELECT json_group_array(session_id) FROM (
        SELECT ${endedSessions.sessionId} AS session_id FROM ${endedSessions}
        WHERE ${endedSessions.userId} = ${userId}
        ORDER BY ${endedSessions.endedAt} DESC LIMIT ${endedSessionsMax})) AS ended`)
  // Both lists were written by the query above, from columns that only this room writes.
  const grants: readonly Grant[] = JSON.parse(row.grants)
  const ended: readonly string[] = JSON.parse(row.ended)
  return {
    status: row.status ?? 'unknown',
    email: row.email ?? undefined,
    grants,
    endedSessions: ended,
  }
}
