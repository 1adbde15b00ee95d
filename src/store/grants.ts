import { eq, sql } from 'drizzle-orm'
import { administratorRole, anotherAdministrator } from './administrators.ts'
import { changeAudited } from './audit.ts'
import type { Database } from './database.ts'
import { roleGrants, roles } from './schema.ts'

/** A role that is given or taken, and by whom. */
export interface GrantInput {
  /** Clerk's id; the user need not have been seen. */
  readonly userId: string
  readonly role: string
  /** Clerk's id of the one organisation where it counts; empty for everywhere. */
  readonly organizationId: string
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

export type GrantOutcome = 'granted' | 'already-granted' | 'unknown-role'

/** Grants a role that exists, once, and says so in the audit. Throws when the database does. */
export async function grantRole(database: Database, input: GrantInput): Promise<GrantOutcome> {
  const { userId, role, organizationId, by, nowMs } = input
  const known = await database.select().from(roles).where(eq(roles.name, role)).get()
  if (known === undefined) return 'unknown-role'
  const change = sql`
    INSERT OR IGNORE INTO role_grants (user_id, role, organization_id, granted_by, granted_at)
    VALUES (${userId}, ${role}, ${organizationId}, ${by}, ${nowMs})`
  const isNew = await changeAudited(database, change, deedOf('role.granted', input))
  return isNew ? 'granted' : 'already-granted'
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
    SELECT ${userId}, name, '', 'usher', ${nowMs} FROM roles WHERE name = ${role}`)
}

export type RevokeOutcome = 'revoked' | 'not-granted' | 'last-administrator'

/** Takes a role away, but never from the last administrator, and says so in the audit. */
export async function revokeRole(database: Database, input: GrantInput): Promise<RevokeOutcome> {
  const { userId, role, organizationId } = input
  const isOrdinary = role !== administratorRole || organizationId !== ''
  const own = sql`${roleGrants.userId} = ${userId} AND ${roleGrants.role} = ${role}
    AND ${roleGrants.organizationId} = ${organizationId}`
  const guard = isOrdinary ? sql`TRUE` : anotherAdministrator(userId)
  const change = sql`DELETE FROM ${roleGrants} WHERE ${own} AND ${guard}`
  if (await changeAudited(database, change, deedOf('role.revoked', input))) return 'revoked'
  const kept = await database.select().from(roleGrants).where(own).get()
  return kept === undefined ? 'not-granted' : 'last-administrator'
}

function deedOf(action: 'role.granted' | 'role.revoked', input: GrantInput) {
  const { userId, role, organizationId, by, nowMs } = input
  const grant = { role, organizationId }
  const isGrant = action === 'role.granted'
  return {
    ...{ at: nowMs, actor: by, action, subject: userId },
    before: isGrant ? null : grant,
    after: isGrant ? grant : null,
  }
}
