import { and, asc, eq, type SQL, sql } from 'drizzle-orm'
import { administratorRole, anotherAdministrator } from './administrators.ts'
import { changeAudited, type Deed } from './audit.ts'
import type { Database } from './database.ts'
import { organizations, roleGrants, roles, users } from './schema.ts'

/** A role that is given or taken, and by whom. */
export interface GrantInput {
  /** Clerk's id; the user need not have been seen. */
  readonly userId: string
  readonly role: string
  /** Clerk's id of the one organisation where it counts; empty for everywhere. */
  readonly organizationId: string
  readonly by: string
  /** The request that asked for it and the address it came from; a command has neither. */
  readonly asked?: { readonly requestId: string; readonly address: string | undefined }
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

export type GrantOutcome =
  | 'granted'
  | 'already-granted'
  | 'unknown-role'
  /** The user or the organisation is deleted. */
  | 'departed'
  /** The role permits something else than what was looked at. */
  | 'role-changed'

/**
 * Grants a role that exists, once, to whoever is not deleted, and says so in the audit. `permissions` is what the role
 * was seen to permit, where that was looked at. Throws when the database does.
 */
export async function grantRole(
  database: Database,
  input: GrantInput & { readonly permissions?: readonly string[] },
): Promise<GrantOutcome> {
  const { userId, role, organizationId, by, nowMs, permissions } = input
  const isSame =
    permissions === undefined
      ? sql`TRUE`
      : sql`json(${roles.permissions}) = json(${JSON.stringify(permissions)})`
  const hasDeparted = departed(userId, organizationId)
  const statement = sql`
    INSERT OR IGNORE INTO role_grants (user_id, role, organization_id, granted_by, granted_at)
    SELECT ${userId}, ${roles.name}, ${organizationId}, ${by}, ${nowMs} FROM ${roles}
    WHERE ${roles.name} = ${role} AND ${isSame} AND NOT ${hasDeparted}`
  const isNew = await changeAudited(database, { statement, ...deedOf('role.granted', input) })
  if (isNew) return 'granted'
  const kept = await database.get<Record<'known' | 'departed' | 'granted', number>>(sql`
    SELECT EXISTS (SELECT 1 FROM ${roles} WHERE ${roles.name} = ${role}) AS known,
      ${hasDeparted} AS departed,
      EXISTS (SELECT 1 FROM ${roleGrants} WHERE ${ownGrant(input)}) AS granted`)
  if (kept.known === 0) return 'unknown-role'
  if (kept.departed === 1) return 'departed'
  return kept.granted === 1 ? 'already-granted' : 'role-changed'
}

/** Who is deleted holds nothing any more, and never comes back. */
function departed(userId: string, organizationId: string): SQL {
  return sql`(
    EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${userId} AND ${users.status} = 'deleted')
    OR EXISTS (SELECT 1 FROM ${organizations}
      WHERE ${organizations.id} = ${organizationId} AND ${organizations.status} = 'deleted'))`
}

function ownGrant({ userId, role, organizationId }: GrantPlace): SQL {
  return sql`${roleGrants.userId} = ${userId} AND ${roleGrants.role} = ${role}
    AND ${roleGrants.organizationId} = ${organizationId}`
}

/** Which grant. */
export type GrantPlace = Pick<GrantInput, 'userId' | 'role' | 'organizationId'>

/** A grant as it is kept. */
export type GrantRow = typeof roleGrants.$inferSelect

/** One grant; `undefined` where it is not. */
export async function findGrant(
  database: Database,
  place: GrantPlace,
): Promise<GrantRow | undefined> {
  return database.select().from(roleGrants).where(ownGrant(place)).get()
}

/** Which grants: of one user, role or organisation (empty: those that hold everywhere), after one, at most so many. */
export interface GrantQuery {
  readonly userId: string | undefined
  readonly role: string | undefined
  readonly organizationId: string | undefined
  readonly after: readonly [userId: string, role: string, organizationId: string] | undefined
  readonly count: number
}

/** Grants by user, role and organisation. */
export async function listGrants(
  database: Database,
  { userId, role, organizationId, after, count }: GrantQuery,
): Promise<readonly GrantRow[]> {
  const columns = sql`(${roleGrants.userId}, ${roleGrants.role}, ${roleGrants.organizationId})`
  const place = sql.join(after?.map((key) => sql`${key}`) ?? [], sql`, `)
  return database
    .select()
    .from(roleGrants)
    .where(
      and(
        userId === undefined ? undefined : eq(roleGrants.userId, userId),
        role === undefined ? undefined : eq(roleGrants.role, role),
        organizationId === undefined ? undefined : eq(roleGrants.organizationId, organizationId),
        after === undefined ? undefined : sql`${columns} > (${place})`,
      ),
    )
    .orderBy(asc(roleGrants.userId), asc(roleGrants.role), asc(roleGrants.organizationId))
    .limit(count)
    .all()
}

/**
 * Grants the role that everyone gets at first sight, if it exists. It follows from the configuration and
 * is nobody's deed, so the audit does not tell of it, and many newcomers at once do not queue for it.
 */
export async function giveDefaultRole(
  database: Database,
  { userId, role, nowMs }: Pick<GrantInput, 'userId' | 'role' | 'nowMs'>,
): Promise<void> {
  await database.run(sql`
    INSERT OR IGNORE INTO role_grants (user_id, role, organization_id, granted_by, granted_at)
    SELECT ${userId}, name, '', 'usher', ${nowMs} FROM roles
    WHERE name = ${role} AND NOT ${departed(userId, '')}`)
}

export type RevokeOutcome = 'revoked' | 'not-granted' | 'last-administrator'

/** Takes a role away, but never from the last administrator, and says so in the audit. */
export async function revokeRole(database: Database, input: GrantInput): Promise<RevokeOutcome> {
  const { userId, role, organizationId } = input
  const isOrdinary = role !== administratorRole || organizationId !== ''
  const own = ownGrant(input)
  const guard = isOrdinary ? sql`TRUE` : anotherAdministrator(userId)
  const statement = sql`DELETE FROM ${roleGrants} WHERE ${own} AND ${guard}`
  const isDone = await changeAudited(database, { statement, ...deedOf('role.revoked', input) })
  if (isDone) return 'revoked'
  const kept = await database.select().from(roleGrants).where(own).get()
  return kept === undefined ? 'not-granted' : 'last-administrator'
}

function deedOf(action: 'role.granted' | 'role.revoked', input: GrantInput) {
  const { userId, role, organizationId, by, asked, nowMs } = input
  const grant = { role, organizationId }
  const isGrant = action === 'role.granted'
  const deed: Deed = {
    ...{ at: nowMs, actor: by, action, subject: userId, ...asked },
    before: isGrant ? null : grant,
    after: isGrant ? grant : null,
  }
  const data = { user_id: userId, role, organization_id: organizationId || null }
  return { deed, events: [{ type: action, subject: userId, data }] }
}
