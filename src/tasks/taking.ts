import {
  countUsers,
  type ListedPage,
  type ListQuery,
  type ListTrouble,
  listPage,
} from '../clerk/listing.ts'
import { readMembershipChange, readOrganizationChange, readUserChange } from '../clerk/resources.ts'
import type { MirrorChange, SyncStage } from '../model/mirror.ts'
import { ok, type Result } from '../model/result.ts'
import { countMissing } from '../store/mirror-missing.ts'
import { type Plan, planOf } from './plan.ts'
import type { Advance, Place, Walk } from './stride.ts'

/** What is taken away from a list while it is walked moves the rest up by a row: so many are looked at twice. */
const overlapRows = 10

type Read = (value: unknown, toldAtMs: number) => MirrorChange | undefined

const readers: Readonly<Record<SyncStage, Read>> = {
  users: readUserChange,
  organizations: readOrganizationChange,
  memberships: readMembershipChange,
}

/** The changes that rows of a list tell of; what cannot be read tells of none. */
export function changesIn(
  stage: SyncStage,
  rows: readonly unknown[],
  toldAtMs: number,
): readonly MirrorChange[] {
  return rows.map((row) => readers[stage](row, toldAtMs)).filter((change) => change !== undefined)
}

/** Takes one page of the list that a run stands at, and brings what is kept up to it. */
export async function takePage(walk: Walk): Promise<Result<Advance, ListTrouble>> {
  const { run, place, clerk, nowMs } = walk
  const { stage } = run
  const plan = planOf(walk)
  const page = await pageAt(walk, plan)
  if (!page.ok) return isAbsent(stage, page.error) ? ok(nothingThere) : page
  const { rows, isLast } = page.value
  const changes = changesIn(stage, rows, nowMs)
  const kept = plan.isWhole ? (place.kept ?? (await countKept(walk))) : undefined
  const changed = await walk.apply(changes)
  const isFirst = place.offset === undefined && place.user === undefined
  const isOver = isLast || plan.isSeen(changes.at(-1))
  const end = plan.isWhole ? { missingAfter: '', kept } : undefined
  const isCounted = stage === 'users' && plan.isWhole && isFirst
  const total = isCounted ? await countUsers(clerk) : page.value.total
  return ok({
    place: isOver ? end : { ...nextPlace(walk, page.value, changes), kept },
    seen: rows.length - (place.offset === undefined ? 0 : Math.min(overlapRows, rows.length)),
    changed,
    ...(plan.isWhole && (isCounted || total !== null) && { total }),
    isWhole: false,
  })
}

/** Before the first page is taken, everything that is kept is what was not come by. */
function countKept({ run: { stage, startedAt }, database }: Walk): Promise<number> {
  return countMissing(database, { stage, startedAtMs: startedAt })
}

function pageAt(
  { run, place, clerk }: Walk,
  { order }: Plan,
): Promise<Result<ListedPage, ListTrouble>> {
  const { stage } = run
  if (place.user === undefined) return listPage(stage, { order, offset: place.offset }, clerk)
  return pageOfUsers(place.user, order, clerk)
}

/** A cursor is better than an offset, but nobody knows the place of a user who was deleted since. */
async function pageOfUsers(
  user: NonNullable<Place['user']>,
  order: string,
  clerk: Walk['clerk'],
): Promise<Result<ListedPage, ListTrouble>> {
  const query: ListQuery = { order, startingAfter: user.id }
  const page = await listPage('users', query, clerk)
  if (page.ok || page.error.kind !== 'refused' || page.error.status === 401) return page
  return listPage('users', { order, createdAfter: user.createdAt - 1 }, clerk)
}

function nextPlace(
  { run, place }: Walk,
  { rows }: ListedPage,
  changes: readonly MirrorChange[],
): Place {
  const last = changes.at(-1)
  if (run.kind === 'backfill' && last?.kind === 'user') {
    return { user: { id: last.id, createdAt: last.createdAt } }
  }
  return { offset: (place.offset ?? 0) + rows.length - overlapRows }
}

/** An instance without organisations refuses to list them. */
function isAbsent(stage: SyncStage, trouble: ListTrouble): boolean {
  return stage !== 'users' && trouble.kind === 'refused' && [403, 404].includes(trouble.status)
}

const nothingThere: Advance = { place: undefined, seen: 0, changed: 0, isWhole: false }
