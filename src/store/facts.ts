import { inArray, type SQL, sql } from 'drizzle-orm'
import type { Facts, Grant, RoleDefinition } from '../model/facts.ts'
import type { Database } from './database.ts'
import { endedSessions, roleGrants, roles, userStatuses, users } from './schema.ts'

/** Ended sessions that are held against a user's tokens; older ones have outlived every token. */
const endedSessionsMax = 100

/** What D1 answers; nothing of it is believed before it was looked at. */
type Row = Readonly<Record<'status' | 'email' | 'grants' | 'ended' | 'claimable', unknown>>

/**
 * Everything that a route may ask of one user, in one query by primary key, and what the roles permit that a claim
 * may bring. Throws when D1 does, and when it says what no user can be: that is an outage, and never a fact.
 */
export async function readFacts(
  database: Database,
  userId: string,
  claimableRoles: readonly string[] = [],
): Promise<Facts> {
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
        ORDER BY ${endedSessions.endedAt} DESC LIMIT ${endedSessionsMax})) AS ended
      ${definitionsOf(claimableRoles)}`)
  return readRow(row)
}

/** Where no claim is trusted nothing more is asked. */
function definitionsOf(names: readonly string[]): SQL {
  if (names.length === 0) return sql``
  return sql`, (SELECT json_group_array(json_object(
      'name', ${roles.name}, 'permissions', json(${roles.permissions})))
    FROM ${roles} WHERE ${inArray(roles.name, [...names])}) AS claimable`
}

function readRow({ status, email, grants, ended, claimable }: Row): Facts {
  if (!isStatus(status) && status !== null) throw new TypeError('No user has this status')
  if (!isText(email) && email !== null) throw new TypeError('No user has this address')
  return {
    status: status ?? 'unknown',
    email: email ?? undefined,
    grants: readList(grants, isGrant),
    endedSessions: readList(ended, isText),
    ...(claimable !== undefined && { claimable: readList(claimable, isDefinition) }),
  }
}

function readList<T>(json: unknown, isEntry: (value: unknown) => value is T): readonly T[] {
  const list: unknown = isText(json) ? JSON.parse(json) : undefined
  if (!isListOf(list, isEntry)) throw new TypeError('No user has this list')
  return list
}

function isListOf<T>(list: unknown, isEntry: (value: unknown) => value is T): list is readonly T[] {
  return Array.isArray(list) && list.every(isEntry)
}

function isGrant(value: unknown): value is Grant {
  if (typeof value !== 'object' || value === null) return false
  const { role, organizationId, permissions } = value as Readonly<Record<string, unknown>>
  return isText(role) && isText(organizationId) && isListOf(permissions, isText)
}

function isDefinition(value: unknown): value is RoleDefinition {
  if (typeof value !== 'object' || value === null) return false
  const { name, permissions } = value as Readonly<Record<string, unknown>>
  return isText(name) && isListOf(permissions, isText)
}

function isStatus(value: unknown): value is (typeof userStatuses)[number] {
  return userStatuses.some((status) => status === value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
