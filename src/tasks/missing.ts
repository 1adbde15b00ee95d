import { idsMax, type ListTrouble, listMembers, listThese } from '../clerk/listing.ts'
import { pause } from '../model/clock.ts'
import { err, ok, type Result } from '../model/result.ts'
import {
  buryMissing,
  countMissing,
  listMissing,
  type Missing,
  missingAdministrators,
} from '../store/mirror-missing.ts'
import type { Advance, Walk, WalkTrouble } from './stride.ts'
import { changesIn } from './taking.ts'

/** So many may be missing, however few there are. */
const fewMax = 3
/** Each of them may be of another organisation, and then Clerk is asked as often: see what one leg may ask. */
const membershipsMax = 5
const betweenMs = 200

/**
 * Looks for what is kept and was not in the list that was just seen to its end. Clerk is asked for each by its id before
 * it is buried, for nothing raises what is.
 */
export async function lookForMissing(walk: Walk): Promise<Result<Advance, WalkTrouble>> {
  const { run, database, place } = walk
  const { stage, startedAt: startedAtMs } = run
  const after = place.missingAfter ?? ''
  if (after === '' && place.mayForget === undefined) {
    const odd = await isOdd(walk)
    if (!odd.ok) return odd
    if (odd.value) return err({ kind: 'odd' })
  }
  const count = stage === 'memberships' ? membershipsMax : idsMax
  const missing = await listMissing(database, { stage, startedAtMs, after, count })
  const last = missing.at(-1)
  if (last === undefined) return ok({ place: undefined, seen: 0, changed: 0, isWhole: true })
  const found = await askFor(missing, walk)
  if (!found.ok) return found
  const changes = changesIn(stage, found.value, walk.nowMs)
  const applied = await walk.apply(changes)
  const there = idsIn(found.value)
  const gone = missing.filter(({ id }) => !there.has(id))
  const buried =
    gone.length === 0 ? 0 : await buryMissing(database, { stage, missing: gone }, walk.telling)
  return ok({
    place: { missingAfter: last.id, kept: place.kept },
    seen: 0,
    changed: applied + buried,
    isWhole: true,
  })
}

/**
 * A key of another instance opens lists that nobody here is in, however long they are: what counts is how many of
 * those who were kept are in them. And whoever runs Usher is not to be shut out by it.
 */
async function isOdd({ run, database, place, clerk }: Walk): Promise<Result<boolean, ListTrouble>> {
  const { stage, startedAt: startedAtMs } = run
  const missing = await countMissing(database, { stage, startedAtMs })
  if (missing > fewMax && missing * 2 > (place.kept ?? 0)) return ok(true)
  if (stage !== 'users') return ok(false)
  const administrators = await missingAdministrators(database, startedAtMs, idsMax)
  if (administrators.length === 0) return ok(false)
  const found = await listThese(stage, administrators, clerk)
  if (!found.ok) return found
  const there = idsIn(found.value.rows)
  return ok(!administrators.some((id) => there.has(id)))
}

/** What cannot be read is there nevertheless. */
function idsIn(rows: readonly unknown[]): ReadonlySet<unknown> {
  return new Set(rows.map((row) => (row as { readonly id?: unknown } | null)?.id))
}

/** What Clerk has of these. */
async function askFor(
  missing: readonly Missing[],
  { run, clerk }: Walk,
): Promise<Result<readonly unknown[], ListTrouble>> {
  const { stage } = run
  if (stage === 'memberships') return askForMembers(missing, clerk)
  const ids = missing.map(({ id }) => id)
  const found = await listThese(stage, ids, clerk)
  return found.ok ? ok(found.value.rows) : found
}

async function askForMembers(
  missing: readonly Missing[],
  clerk: Walk['clerk'],
): Promise<Result<readonly unknown[], ListTrouble>> {
  const rows: unknown[] = []
  let asked = 0
  for (const [organizationId, members] of Map.groupBy(missing, (one) => one.organizationId)) {
    if (asked++ > 0) await pause(clerk.clock, betweenMs)
    const userIds = [...new Set(members.map(({ userId }) => userId))]
    const found = await listMembers(organizationId, userIds, clerk)
    if (!found.ok) return found
    rows.push(...found.value.rows)
  }
  return ok(rows)
}
