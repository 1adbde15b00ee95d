import { and, asc, count, desc, eq, gt, inArray, lt, ne } from 'drizzle-orm'
import type { MirrorChange, SyncStage } from '../model/mirror.ts'
import { administratorRole } from './administrators.ts'
import type { Database } from './database.ts'
import { applyPage, type Telling } from './mirror.ts'
import { memberships, organizations, roleGrants, users } from './schema.ts'

/** Something that is kept, and that a walk has not come by. */
export interface Missing {
  readonly id: string
  /** Of a membership: by these Clerk can be asked for it. Empty for everything else. */
  readonly organizationId: string
  readonly userId: string
}

/** Which walk, and how much of what it missed. */
export interface MissingQuery {
  readonly stage: SyncStage
  /** When the walk began: what Clerk has told of since then is there. */
  readonly startedAtMs: number
  /** Those behind this id. */
  readonly after: string
  readonly count: number
}

/** What is kept and was not come by, in the order of ids. Only a whole walk knows that Clerk may not have it. */
export async function listMissing(
  database: Database,
  { stage, startedAtMs, after, count }: MissingQuery,
): Promise<readonly Missing[]> {
  if (stage === 'memberships') {
    const { id, organizationId, userId } = memberships
    return database
      .select({ id, organizationId, userId })
      .from(memberships)
      .where(and(isMissing(memberships, startedAtMs), gt(id, after)))
      .orderBy(asc(id))
      .limit(count)
      .all()
  }
  const table = stage === 'users' ? users : organizations
  const rows = await database
    .select({ id: table.id })
    .from(table)
    .where(and(isMissing(table, startedAtMs), gt(table.id, after)))
    .orderBy(asc(table.id))
    .limit(count)
    .all()
  return rows.map(({ id }) => ({ id, organizationId: '', userId: '' }))
}

/** How many are kept and were not come by. */
export async function countMissing(
  database: Database,
  { stage, startedAtMs }: Pick<MissingQuery, 'stage' | 'startedAtMs'>,
): Promise<number> {
  const table = tables[stage]
  const row = await database
    .select({ missing: count() })
    .from(table)
    .where(isMissing(table, startedAtMs))
    .get()
  return row?.missing ?? 0
}

/** The administrators who are kept, if a walk has come by none of them: at most `max`; otherwise nobody. */
export async function missingAdministrators(
  database: Database,
  startedAtMs: number,
  max: number,
): Promise<readonly string[]> {
  const kept = await database
    .select({ id: users.id, toldAt: users.toldAt })
    .from(roleGrants)
    .innerJoin(users, eq(users.id, roleGrants.userId))
    .where(
      and(
        eq(roleGrants.role, administratorRole),
        eq(roleGrants.organizationId, ''),
        inArray(users.status, ['active', 'locked']),
      ),
    )
    // Whoever was come by comes first.
    .orderBy(desc(users.toldAt))
    .limit(max)
    .all()
  return kept.some(({ toldAt }) => toldAt >= startedAtMs) ? [] : kept.map(({ id }) => id)
}

const tables = { users, organizations, memberships }

/** Clerk has not told of it since a walk began. */
function isMissing({ status, toldAt }: (typeof tables)[SyncStage], startedAtMs: number) {
  return and(ne(status, 'deleted'), lt(toldAt, startedAtMs))
}

/** Takes leave of what Clerk no longer has. Ask Clerk before: nothing raises what is buried. How many there were. */
export async function buryMissing(
  database: Database,
  { stage, missing }: { readonly stage: SyncStage; readonly missing: readonly Missing[] },
  telling: Telling,
): Promise<number> {
  const changes = missing.map((one) => farewellTo(one, stage, telling.nowMs))
  const outcomes = await applyPage(database, changes, telling)
  return outcomes.filter(({ isApplied }) => isApplied).length
}

function farewellTo(
  { id, organizationId, userId }: Missing,
  stage: SyncStage,
  nowMs: number,
): MirrorChange {
  const about = { id, version: { updatedAt: nowMs, toldAt: nowMs } }
  if (stage === 'users') return { kind: 'user-deleted', ...about }
  if (stage === 'organizations') return { kind: 'organization-deleted', ...about }
  return {
    ...{ kind: 'membership', ...about, isDeleted: true, organizationId, userId, createdAt: nowMs },
    organization: { name: '', slug: null, imageUrl: null },
    person: { firstName: null, lastName: null, username: null, imageUrl: null },
    ...{ role: '', permissions: [] },
  }
}
