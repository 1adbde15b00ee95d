import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { type MirrorChange, sessionEnds } from '../model/mirror.ts'
import type { Database } from './database.ts'
import {
  clerkObjects,
  endedSessions,
  memberships,
  organizations,
  roleGrants,
  users,
} from './schema.ts'

export type UserRow = typeof users.$inferSelect
export type OrganizationRow = typeof organizations.$inferSelect
export type MembershipRow = typeof memberships.$inferSelect
export type ObjectRow = typeof clerkObjects.$inferSelect
export type MemberRow = Pick<MembershipRow, 'id' | 'organizationId' | 'userId' | 'role'>
export type SessionRow = Pick<ObjectRow, 'id' | 'owner'>
export type GrantRow = Pick<typeof roleGrants.$inferSelect, 'userId' | 'role' | 'organizationId'>

/** What is kept of all that some changes are about. */
export interface MirrorState {
  readonly users: ReadonlyMap<string, UserRow>
  readonly organizations: ReadonlyMap<string, OrganizationRow>
  readonly memberships: ReadonlyMap<string, MembershipRow>
  /** By {@link objectKey}. */
  readonly objects: ReadonlyMap<string, ObjectRow>
  readonly endedSessions: ReadonlySet<string>
  readonly belongings: Belongings
}

/** What goes with whom and what is deleted, as far as it is told of one by one. */
export interface Belongings {
  readonly grants: readonly GrantRow[]
  /** Those of users that stand, of no more than {@link toldMax}. */
  readonly memberships: readonly MemberRow[]
  /** Those of users that have begun and not ended, of no more than {@link toldMax}. */
  readonly sessions: readonly SessionRow[]
}

/** Of how many memberships, and how many sessions, is told one by one when their users are deleted together. */
export const toldMax = 1000

type ObjectName = Pick<ObjectRow, 'kind' | 'id'>

/** What some changes are about: their things, whom these belong to, and who and what is to be deleted. */
export interface Mentioned {
  readonly users: ReadonlySet<string>
  readonly organizations: ReadonlySet<string>
  readonly memberships: ReadonlySet<string>
  /** By {@link objectKey}. */
  readonly objects: ReadonlyMap<string, ObjectName>
  readonly sessions: ReadonlySet<string>
  readonly departingUsers: ReadonlySet<string>
  readonly departingOrganizations: ReadonlySet<string>
}

/** By what an object is found among others of all kinds. */
export function objectKey({ kind, id }: ObjectName): string {
  return `${kind} ${id}`
}

/** What some changes are about. */
export function mentionedIn(changes: readonly MirrorChange[]): Mentioned {
  const objects = changes.filter((change) => change.kind === 'object')
  const members = changes.filter((change) => change.kind === 'membership')
  const idsOf = (...kinds: readonly MirrorChange['kind'][]) =>
    changes.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id)
  // An owner is a user or an organisation, and only the tables know which.
  const owners = objects
    .flatMap(({ owner, data }) => [owner, data.user_id])
    .filter((id) => typeof id === 'string' && id !== '')
    .map(String)
  return {
    users: new Set([
      ...idsOf('user', 'user-deleted'),
      ...members.map(({ userId }) => userId),
      ...owners,
    ]),
    organizations: new Set([
      ...idsOf('organization', 'organization-deleted'),
      ...members.map(({ organizationId }) => organizationId),
      ...owners,
    ]),
    memberships: new Set(idsOf('membership')),
    objects: new Map(
      objects
        .map(({ object, id }) => ({ kind: object, id }))
        .map((name) => [objectKey(name), name] as const),
    ),
    sessions: new Set(objects.filter((one) => one.object === 'session').map(({ id }) => id)),
    departingUsers: new Set(idsOf('user-deleted')),
    departingOrganizations: new Set(idsOf('organization-deleted')),
  }
}

/** Reads what is kept of these, in one call of the database. */
export async function readState(database: Database, about: Mentioned): Promise<MirrorState> {
  const own = belongingsOf(about)
  const names = JSON.stringify([...about.objects.values()])
  const [people, places, members, objects, ended, ...belongings] = await database.batch([
    database.select().from(users).where(isAmong(users.id, about.users)),
    database.select().from(organizations).where(isAmong(organizations.id, about.organizations)),
    database.select().from(memberships).where(isAmong(memberships.id, about.memberships)),
    database
      .select()
      .from(clerkObjects)
      .where(
        sql`(${clerkObjects.kind}, ${clerkObjects.id}) IN (
          SELECT value ->> 'kind', value ->> 'id' FROM json_each(${names}))`,
      ),
    database.select().from(endedSessions).where(isAmong(endedSessions.sessionId, about.sessions)),
    database.select(grantColumns).from(roleGrants).where(own.grants),
    database
      .select(memberColumns)
      .from(memberships)
      .where(own.memberships)
      .orderBy(memberships.id)
      .limit(toldMax),
    database
      .select(sessionColumns)
      .from(clerkObjects)
      .where(own.sessions)
      .orderBy(clerkObjects.id)
      .limit(toldMax),
  ])
  const [grants, theirMemberships, theirSessions] = belongings
  return {
    users: new Map(people.map((row) => [row.id, row])),
    organizations: new Map(places.map((row) => [row.id, row])),
    memberships: new Map(members.map((row) => [row.id, row])),
    objects: new Map(objects.map((row) => [objectKey(row), row])),
    endedSessions: new Set(ended.map(({ sessionId }) => sessionId)),
    belongings: { grants, memberships: theirMemberships, sessions: theirSessions },
  }
}

const { userId, role, organizationId } = roleGrants
const grantColumns = { userId, role, organizationId }
const memberColumns = {
  ...{ id: memberships.id, organizationId: memberships.organizationId },
  ...{ userId: memberships.userId, role: memberships.role },
}
const sessionColumns = { id: clerkObjects.id, owner: clerkObjects.owner }

/** Which rows they are that go with whom and what is deleted. */
function belongingsOf({ departingUsers, departingOrganizations }: Mentioned) {
  const isOver = sql`(SELECT value FROM json_each(${JSON.stringify(['deleted', ...sessionEnds])}))`
  return {
    grants: sql`${isAmong(userId, departingUsers)}
      OR ${isAmong(organizationId, departingOrganizations)}`,
    memberships: sql`${isAmong(memberships.userId, departingUsers)}
      AND ${memberships.status} = 'active'`,
    sessions: sql`${isAmong(clerkObjects.owner, departingUsers)}
      AND ${clerkObjects.kind} = 'session' AND ${clerkObjects.status} NOT IN ${isOver}
      AND ${clerkObjects.data} ->> 'signed_in' = 1 AND NOT EXISTS (
        SELECT 1 FROM ${endedSessions} WHERE ${endedSessions.sessionId} = ${clerkObjects.id})`,
  }
}

/** One parameter however many ids there are: D1 takes a hundred. Where there are none, no row is looked at. */
function isAmong(column: SQLWrapper, ids: ReadonlySet<string>): SQL {
  if (ids.size === 0) return sql`FALSE`
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify([...ids])}))`
}

/**
 * A statement that changes nothing, and fails where something is not as it was read ({@link isOvertaken}): then nothing
 * of its transaction is done, and what is to be done has to be decided again.
 */
export function stillSo(about: Mentioned, state: MirrorState): SQL {
  const { objects } = about
  const known = {
    users: marksOf(about.users, (id) => mark(state.users.get(id))),
    organizations: marksOf(about.organizations, (id) => mark(state.organizations.get(id))),
    memberships: marksOf(about.memberships, (id) => mark(state.memberships.get(id))),
    sessions: marksOf(about.sessions, (id) => (state.endedSessions.has(id) ? 'ended' : null)),
    objects: JSON.stringify(
      [...objects].map(([key, name]) => ({ ...name, mark: mark(state.objects.get(key)) })),
    ),
  }
  const kept = sql`kept.updated_at || ' ' || kept.told_at || ' ' || kept.status`
  return sql`
    SELECT json_extract('null', CASE WHEN ${haveMoved(about, state)} OR EXISTS (
      SELECT 1 FROM json_each(${known.users}) AS known
        LEFT JOIN users AS kept ON kept.id = known.value ->> 'id'
        WHERE ${kept} || ' ' || kept.status_from IS NOT known.value ->> 'mark'
      UNION ALL
      SELECT 1 FROM json_each(${known.organizations}) AS known
        LEFT JOIN organizations AS kept ON kept.id = known.value ->> 'id'
        WHERE ${kept} IS NOT known.value ->> 'mark'
      UNION ALL
      SELECT 1 FROM json_each(${known.memberships}) AS known
        LEFT JOIN memberships AS kept ON kept.id = known.value ->> 'id'
        WHERE ${kept} IS NOT known.value ->> 'mark'
      UNION ALL
      SELECT 1 FROM json_each(${known.objects}) AS known
        LEFT JOIN clerk_objects AS kept
          ON kept.kind = known.value ->> 'kind' AND kept.id = known.value ->> 'id'
        WHERE ${kept} IS NOT known.value ->> 'mark'
      UNION ALL
      SELECT 1 FROM json_each(${known.sessions}) AS known
        LEFT JOIN ended_sessions AS kept ON kept.session_id = known.value ->> 'id'
        WHERE iif(kept.session_id IS NULL, NULL, 'ended') IS NOT known.value ->> 'mark'
    ) THEN ${overtaken} ELSE '$' END)`
}

/** Whether others belong to whom and what is deleted than those that were read. Nobody else loses anything. */
function haveMoved(about: Mentioned, { belongings }: MirrorState): SQL {
  if (about.departingUsers.size + about.departingOrganizations.size === 0) return sql`FALSE`
  const known = JSON.stringify([
    ...belongings.grants.map((row) => [row.userId, row.role, row.organizationId]),
    ...belongings.memberships.map((row) => [row.id, row.role, row.userId]),
    ...belongings.sessions.map((row) => [row.id, 'session', row.owner]),
  ])
  const own = belongingsOf(about)
  const before = sql`
    SELECT value ->> 0 AS one, value ->> 1 AS two, value ->> 2 AS three FROM json_each(${known})`
  const now = sql`
    SELECT user_id AS one, role AS two, organization_id AS three FROM role_grants
      WHERE ${own.grants}
    UNION ALL SELECT * FROM (SELECT id, role, user_id FROM memberships
      WHERE ${own.memberships} ORDER BY id LIMIT ${toldMax})
    UNION ALL SELECT * FROM (SELECT id, 'session', owner FROM clerk_objects
      WHERE ${own.sessions} ORDER BY id LIMIT ${toldMax})`
  return sql`(EXISTS (SELECT * FROM (${now}) EXCEPT ${before})
    OR EXISTS (${before} EXCEPT SELECT * FROM (${now})))`
}

/** A word that is no path into JSON, and that SQLite names when it is taken for one. Nothing else says it. */
const overtaken = 'overtaken'

/** Whether something was not as it had been read: then nothing of the transaction was done. */
export function isOvertaken(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.message.includes(`'${overtaken}'`) || isOvertaken(error.cause)
}

type Marked = Pick<UserRow, 'updatedAt' | 'toldAt' | 'status'> & { readonly statusFrom?: string }

/** By what it is seen that a row has changed; `null` for one that is not there. */
function mark(row: Marked | ObjectRow | undefined): string | null {
  if (row === undefined) return null
  const from = 'statusFrom' in row ? [row.statusFrom] : []
  return [row.updatedAt, row.toldAt, row.status, ...from].join(' ')
}

function marksOf(ids: ReadonlySet<string>, markOf: (id: string) => string | null): string {
  return JSON.stringify([...ids].map((id) => ({ id, mark: markOf(id) })))
}
