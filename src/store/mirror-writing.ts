import { type SQL, sql } from 'drizzle-orm'
import { auditStatements, type Deed } from './audit.ts'
import type { Database } from './database.ts'
import { eventStatements } from './events.ts'
import { clearing } from './mirror-clearing.ts'
import type { MirrorPlan } from './mirror-plan.ts'
import type { UserRow } from './mirror-state.ts'
import { lastNumber } from './people.ts'

/** What is written down with a plan, and when. */
export interface Writing {
  readonly deeds: readonly Deed[]
  readonly nowMs: number
}

/**
 * The statements of a plan. What is taken away comes first and may be nothing; the rows that follow are there to be
 * written, so that what is told behind them is told.
 */
export async function statementsOf(
  database: Database,
  plan: MirrorPlan,
  { deeds, nowMs }: Writing,
): Promise<readonly SQL[]> {
  return [
    ...clearing(plan, nowMs),
    ...endings(plan),
    ...peopleRows(plan),
    ...organizationRows(plan),
    ...membershipRows(plan),
    ...objectRows(plan),
    ...(await auditStatements(database, deeds)),
    ...eventStatements(plan.events, nowMs),
  ]
}

function endings({ ended }: MirrorPlan): readonly SQL[] {
  if (ended.length === 0) return []
  return [
    sql`
      INSERT OR IGNORE INTO ended_sessions (session_id, user_id, ended_at)
      SELECT value ->> 'sessionId', value ->> 'userId', value ->> 'endedAt'
      FROM json_each(${JSON.stringify(ended)})`,
  ]
}

/** Whoever is new gets the next free number. Whoever is gone was never here. */
function peopleRows({ users }: MirrorPlan): readonly SQL[] {
  if (users.length === 0) return []
  const rows = JSON.stringify(numbered(users))
  return [
    sql`
      INSERT INTO users (id, number, email, email_verified, first_name, last_name, username,
        image_url, status, status_from, created_at, updated_at, told_at)
      SELECT value ->> 'id', COALESCE(NULLIF(value ->> 'number', 0), last.number + (value ->> 'place')),
        value ->> 'email', value ->> 'emailVerified', value ->> 'firstName', value ->> 'lastName',
        value ->> 'username', value ->> 'imageUrl', value ->> 'status', value ->> 'statusFrom',
        value ->> 'createdAt', value ->> 'updatedAt', value ->> 'toldAt'
      FROM json_each(${rows}), (SELECT ${lastNumber} AS number) AS last
      WHERE TRUE
      ON CONFLICT (id) DO UPDATE SET email = excluded.email,
        email_verified = excluded.email_verified, first_name = excluded.first_name,
        last_name = excluded.last_name, username = excluded.username,
        image_url = excluded.image_url, status = excluded.status,
        status_from = excluded.status_from, created_at = excluded.created_at,
        updated_at = excluded.updated_at, told_at = excluded.told_at,
        last_seen_at = iif(excluded.status = 'deleted', NULL, users.last_seen_at)`,
  ]
}

/** Users without a number get their place in the line of those. */
function numbered(users: readonly UserRow[]) {
  const newcomers = users.filter(({ number }) => number === 0)
  return users.map((row) => ({ ...row, place: newcomers.indexOf(row) + 1 }))
}

function organizationRows({ organizations }: MirrorPlan): readonly SQL[] {
  if (organizations.length === 0) return []
  return [
    sql`
      INSERT INTO organizations (id, name, slug, image_url, status, created_at, updated_at, told_at)
      SELECT value ->> 'id', value ->> 'name', value ->> 'slug', value ->> 'imageUrl',
        value ->> 'status', value ->> 'createdAt', value ->> 'updatedAt', value ->> 'toldAt'
      FROM json_each(${JSON.stringify(organizations)}) WHERE TRUE
      ON CONFLICT (id) DO UPDATE SET name = excluded.name, slug = excluded.slug,
        image_url = excluded.image_url, status = excluded.status,
        created_at = excluded.created_at, updated_at = excluded.updated_at,
        told_at = excluded.told_at`,
  ]
}

function membershipRows({ memberships }: MirrorPlan): readonly SQL[] {
  if (memberships.length === 0) return []
  return [
    sql`
      INSERT INTO memberships (id, organization_id, user_id, role, permissions, status,
        created_at, updated_at, told_at)
      SELECT value ->> 'id', value ->> 'organizationId', value ->> 'userId', value ->> 'role',
        value ->> 'permissions', value ->> 'status', value ->> 'createdAt',
        value ->> 'updatedAt', value ->> 'toldAt'
      FROM json_each(${JSON.stringify(memberships)}) WHERE TRUE
      ON CONFLICT (id) DO UPDATE SET role = excluded.role, permissions = excluded.permissions,
        status = excluded.status, created_at = excluded.created_at,
        updated_at = excluded.updated_at, told_at = excluded.told_at`,
  ]
}

function objectRows({ objects }: MirrorPlan): readonly SQL[] {
  if (objects.length === 0) return []
  return [
    sql`
      INSERT INTO clerk_objects (kind, id, owner, status, data, updated_at, told_at)
      SELECT value ->> 'kind', value ->> 'id', value ->> 'owner', value ->> 'status',
        value ->> 'data', value ->> 'updatedAt', value ->> 'toldAt'
      FROM json_each(${JSON.stringify(objects)}) WHERE TRUE
      ON CONFLICT (kind, id) DO UPDATE SET owner = excluded.owner, status = excluded.status,
        data = excluded.data, updated_at = excluded.updated_at, told_at = excluded.told_at`,
  ]
}
