import { and, count, eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { contains } from './people-list.ts'
import { memberships, organizations } from './schema.ts'

/** An organisation as it is kept. */
export type OrganizationRow = typeof organizations.$inferSelect

/** A membership as it is kept. */
export type MembershipRow = typeof memberships.$inferSelect

/** Where a list goes on: after the thing that was made then and has this id. */
export type After = readonly [createdAt: number, id: string]

/** Which organisations. */
export interface OrganizationsQuery {
  /** A part of the name, the slug or the id; upper and lower case are the same in ASCII. */
  readonly part: string | undefined
  readonly status: OrganizationRow['status'] | undefined
  readonly after: After | undefined
  readonly count: number
}

/** Organisations, those made last first. */
export async function listOrganizations(
  database: Database,
  { part, status, after, count: rows }: OrganizationsQuery,
): Promise<readonly OrganizationRow[]> {
  const { id, name, slug, createdAt } = organizations
  const describedBy = sql`${id} || char(10) || ${name} || char(10) || COALESCE(${slug}, '')`
  return database
    .select()
    .from(organizations)
    .where(
      and(
        after && sql`(${createdAt}, ${id}) < (${after[0]}, ${after[1]})`,
        status && eq(organizations.status, status),
        part === undefined ? undefined : contains(describedBy, part),
      ),
    )
    .orderBy(sql`${createdAt} DESC, ${id} DESC`)
    .limit(rows)
    .all()
}

/** An organisation and how many belong to it; `undefined` for one that nobody has told of. */
export async function findOrganization(
  database: Database,
  id: string,
): Promise<{ readonly row: OrganizationRow; readonly members: number } | undefined> {
  const row = await database.select().from(organizations).where(eq(organizations.id, id)).get()
  if (row === undefined) return undefined
  const members = await database
    .select({ count: count() })
    .from(memberships)
    .where(and(eq(memberships.organizationId, id), eq(memberships.status, 'active')))
    .get()
  return { row, members: members?.count ?? 0 }
}

/** Which memberships. */
export interface MembershipsQuery {
  readonly userId: string | undefined
  readonly organizationId: string | undefined
  readonly status: MembershipRow['status'] | undefined
  readonly after: After | undefined
  readonly count: number
}

/** Memberships, those made last first. */
export async function listMemberships(
  database: Database,
  { userId, organizationId, status, after, count: rows }: MembershipsQuery,
): Promise<readonly MembershipRow[]> {
  const { id, createdAt } = memberships
  return database
    .select()
    .from(memberships)
    .where(
      and(
        after && sql`(${createdAt}, ${id}) < (${after[0]}, ${after[1]})`,
        userId === undefined ? undefined : eq(memberships.userId, userId),
        organizationId === undefined ? undefined : eq(memberships.organizationId, organizationId),
        status && eq(memberships.status, status),
      ),
    )
    .orderBy(sql`${createdAt} DESC, ${id} DESC`)
    .limit(rows)
    .all()
}
