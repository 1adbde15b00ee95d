import { asc, eq, gt, sql } from 'drizzle-orm'
import { changeAudited, type Deed } from './audit.ts'
import type { Database } from './database.ts'
import { roleGrants, roles } from './schema.ts'

/** A role and what it permits. */
export type RoleRow = typeof roles.$inferSelect

/** Who changes a role. */
export interface RoleDeed {
  readonly by: string
  readonly asked: { readonly requestId: string; readonly address: string | undefined }
  readonly nowMs: number
}

/** Roles by name: those after `after`, at most `count`. */
export async function listRoles(
  database: Database,
  { after, count }: { readonly after: string | undefined; readonly count: number },
): Promise<readonly RoleRow[]> {
  return database
    .select()
    .from(roles)
    .where(after === undefined ? undefined : gt(roles.name, after))
    .orderBy(asc(roles.name))
    .limit(count)
    .all()
}

/** Every role that permits something, by name. */
export async function listPermittingRoles(database: Database): Promise<readonly RoleRow[]> {
  const permitting = sql`json_array_length(${roles.permissions}) > 0`
  return database.select().from(roles).where(permitting).orderBy(asc(roles.name)).all()
}

/** A role by its name. */
export async function findRole(database: Database, name: string): Promise<RoleRow | undefined> {
  return database.select().from(roles).where(eq(roles.name, name)).get()
}

/** Makes a role, and says so in the audit. `false` where there is one of that name already, in whatever case. */
export async function createRole(
  database: Database,
  role: RoleRow,
  deed: RoleDeed,
): Promise<boolean> {
  const statement = sql`
    INSERT INTO roles (name, description, permissions)
    SELECT ${role.name}, ${role.description}, ${JSON.stringify(role.permissions)}
    WHERE NOT EXISTS (SELECT 1 FROM roles WHERE name = ${role.name} COLLATE NOCASE)`
  const made = deedOf('role.created', { after: role }, deed)
  return changeAudited(database, { statement, deed: made })
}

/** Changes a role that is still as it was read, and says so in the audit. `false` where it is another one by now. */
export async function changeRole(
  database: Database,
  { before, after }: { readonly before: RoleRow; readonly after: RoleRow },
  deed: RoleDeed,
): Promise<boolean> {
  const statement = sql`
    UPDATE roles SET description = ${after.description},
      permissions = ${JSON.stringify(after.permissions)}
    WHERE ${isStill(before)}`
  const made = deedOf('role.changed', { before, after }, deed)
  return changeAudited(database, { statement, deed: made })
}

export type RemoveOutcome = 'removed' | 'in-use' | 'changed'

/** Removes a role that is still as it was read and that nobody holds, and says so in the audit. */
export async function removeRole(
  database: Database,
  before: RoleRow,
  deed: RoleDeed,
): Promise<RemoveOutcome> {
  const isHeld = sql`EXISTS (SELECT 1 FROM ${roleGrants} WHERE ${roleGrants.role} = ${before.name})`
  const statement = sql`DELETE FROM roles WHERE ${isStill(before)} AND NOT ${isHeld}`
  const made = deedOf('role.deleted', { before }, deed)
  if (await changeAudited(database, { statement, deed: made })) return 'removed'
  const held = await database.get<{ held: number }>(sql`SELECT ${isHeld} AS held`)
  return held.held === 1 ? 'in-use' : 'changed'
}

/** How the list is spelled does not count. */
function isStill({ name, description, permissions }: RoleRow) {
  return sql`name = ${name} AND description = ${description}
    AND json(permissions) = json(${JSON.stringify(permissions)})`
}

function deedOf(
  action: 'role.created' | 'role.changed' | 'role.deleted',
  { before, after }: { readonly before?: RoleRow; readonly after?: RoleRow },
  { by, asked, nowMs }: RoleDeed,
): Deed {
  const name = (after ?? before)?.name
  return {
    ...{ at: nowMs, actor: by, action, subject: `role:${name}`, ...asked },
    before: contentOf(before),
    after: contentOf(after),
  }
}

function contentOf(role: RoleRow | undefined) {
  return role === undefined
    ? null
    : { description: role.description, permissions: role.permissions }
}
