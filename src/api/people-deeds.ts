import {
  banUser,
  deleteUser,
  findSession,
  revokeSession,
  unbanUser,
  userDeleted,
} from '../clerk/deeds.ts'
import type { ClerkEvent } from '../clerk/webhook-changes.ts'
import { mirrorAnswers } from '../events/clerk-answer.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { administratorRole, isLastAdministrator } from '../store/administrators.ts'
import { findSessionOwner, noteRevocation } from '../store/ended-sessions.ts'
import { readFacts } from '../store/facts.ts'
import { findUser, setStatus } from '../store/people.ts'
import type { Asked } from './operation.ts'

/** Who does something to somebody, where and when. */
export type Doing = Pick<
  Asked<unknown, unknown, unknown>,
  'operator' | 'database' | 'nowMs' | 'world'
>

/**
 * Bans someone, at Clerk first: without its word nothing is changed here. Here it is first what Usher alone says, so
 * that no webhook from before lifts it, until Clerk's own answer says the same.
 */
export async function ban(userId: string, doing: Doing): Promise<Result<void, Refusal>> {
  const { database, world } = doing
  const claim = await claimRemoval(userId, doing)
  if (!claim.ok) return claim
  const banned = await banUser(userId, world.clerk)
  if (!banned.ok) {
    await claim.value.putBack()
    return banned
  }
  const outcome = await setStatus(database, { ...said(userId, doing), status: 'banned' })
  if (outcome !== 'last-administrator') return mirrored([banned.value], doing)
  // Made the only administrator while Clerk was asked: that is taken back at Clerk, too.
  const readmitted = await unbanUser(userId, world.clerk)
  return readmitted.ok ? refuse('last-administrator') : readmitted
}

/** Lets someone in again, at Clerk first: until it has agreed, Usher goes on refusing. */
export async function unban(userId: string, doing: Doing): Promise<Result<void, Refusal>> {
  const { database, world } = doing
  const allowed = await mayTouch(userId, doing)
  if (!allowed.ok) return allowed
  const readmitted = await unbanUser(userId, world.clerk)
  if (!readmitted.ok) return readmitted
  if ((await findUser(database, userId))?.status === 'banned') {
    await setStatus(database, { ...said(userId, doing), status: 'active', from: 'clerk' })
  }
  return mirrored([readmitted.value], doing)
}

/** Deletes someone, at Clerk first. Whom Clerk does not know any more is deleted here all the same. */
export async function remove(userId: string, doing: Doing): Promise<Result<void, Refusal>> {
  const { database, nowMs, world } = doing
  const claim = await claimRemoval(userId, doing)
  if (!claim.ok) return claim
  const isKept = (await findUser(database, userId)) !== undefined
  const deleted = await deleteUser(userId, world.clerk)
  const isGone = isKept && !deleted.ok && deleted.error.code === 'record-unknown'
  if (!deleted.ok && !isGone) {
    await claim.value.putBack()
    return deleted
  }
  return mirrored([deleted.ok ? deleted.value : userDeleted(userId, nowMs)], doing)
}

/** How many are revoked at the same time. */
const atOnce = 5

/** Revokes sessions at Clerk and then here; those that were, also where Clerk fails in the middle. */
export async function revokeAll(
  sessionIds: readonly string[],
  doing: Doing,
): Promise<Result<readonly ClerkEvent[], Refusal>> {
  const done: ClerkEvent[] = []
  let failure: Refusal | undefined
  for (let at = 0; at < sessionIds.length && failure === undefined; at += atOnce) {
    const group = sessionIds.slice(at, at + atOnce)
    for (const one of await Promise.all(group.map((id) => revokeSession(id, doing.world.clerk)))) {
      if (one.ok) done.push(one.value)
      else failure ??= one.error
    }
  }
  await mirrored(done, doing)
  await noteRevocations(done, doing)
  return failure === undefined ? ok(done) : refuse(failure.code, failure)
}

/** The audit names who was signed out by whom; what had ended by itself is nobody's deed. */
async function noteRevocations(
  answers: readonly ClerkEvent[],
  { database, operator, nowMs }: Doing,
): Promise<void> {
  const sessions = answers.flatMap(({ type, data: { id: sessionId, user_id: userId } }) =>
    type === 'session.revoked' && typeof sessionId === 'string' && typeof userId === 'string'
      ? [{ sessionId, userId }]
      : [],
  )
  const { userId: by, asked } = operator
  for (const [userId, ended] of Map.groupBy(sessions, (one) => one.userId)) {
    const sessionIds = ended.map(({ sessionId }) => sessionId)
    await noteRevocation(database, { userId, sessionIds, by, asked, nowMs })
  }
}

async function mirrored(
  answers: readonly ClerkEvent[],
  { database, operator, nowMs, world }: Doing,
): Promise<Result<void, Refusal>> {
  const { requestId, address } = operator.asked
  const telling = { by: operator.userId, requestId, address, nowMs, tellsNew: true }
  const userIds = await mirrorAnswers(database, answers, telling)
  const named = answers.flatMap(({ data: { id, user_id: owner } }) => [id, owner])
  for (const id of [...userIds, ...named]) if (typeof id === 'string') world.forget(id)
  return ok(undefined)
}

function said(userId: string, { operator, nowMs }: Doing) {
  return { userId, by: operator.userId, asked: operator.asked, nowMs }
}

/** Somebody whom Clerk may be asked to ban or to delete. */
interface Claim {
  /** Where Clerk does not do it: whoever was shut out for it is let in again. */
  readonly putBack: () => Promise<void>
}

/**
 * Whether someone may be banned or deleted at all; Clerk is not asked before. An administrator is shut out here until
 * Clerk has answered: of two who remove each other one does it, and whoever is out cannot finish what they began. The
 * audit and the events tell of it, and of their return, because it is so for everyone in the meantime.
 */
async function claimRemoval(userId: string, doing: Doing): Promise<Result<Claim, Refusal>> {
  const { database, world } = doing
  const allowed = await mayTouch(userId, doing)
  if (!allowed.ok) return allowed
  const before = await findUser(database, userId)
  // Who is not kept, or is out, is nobody's other administrator.
  const counts = before?.status === 'active' || before?.status === 'locked'
  if (!counts || !allowed.value.isAdministrator) {
    const isLast = await isLastAdministrator(database, userId)
    return isLast ? refuse('last-administrator') : ok({ putBack: async () => {} })
  }
  const outcome = await setStatus(database, { ...said(userId, doing), status: 'banned' })
  if (outcome === 'last-administrator') return refuse(outcome)
  const { status, statusFrom: from } = before
  const putBack = async () => {
    if (outcome !== 'changed') return
    await setStatus(database, { ...said(userId, doing), status, from, unlessByClerk: true })
    world.forget(userId)
  }
  return ok({ putBack })
}

/** Whether an operator may end the sessions of someone: their own, and those of whom they may touch. */
export async function mayEndSessions(userId: string, doing: Doing): Promise<Result<void, Refusal>> {
  if (userId === doing.operator.userId) return ok(undefined)
  const allowed = await mayTouch(userId, doing)
  return allowed.ok ? ok(undefined) : allowed
}

/** The same for one session. Clerk is asked whose it is where it has not told of it. */
export async function mayEndSession(
  sessionId: string,
  doing: Doing,
): Promise<Result<void, Refusal>> {
  const { database, world } = doing
  const owner = await findSessionOwner(database, sessionId)
  if (owner !== undefined) return mayEndSessions(owner, doing)
  const found = await findSession(sessionId, world.clerk)
  if (!found.ok) return found
  const { user_id: userId } = found.value
  if (typeof userId !== 'string') return refuse('clerk-unavailable', { retryAfterSeconds: 5 })
  return mayEndSessions(userId, doing)
}

/**
 * Nobody takes from others, or gives them back, what they do not hold themselves: an operator who may ban bans no
 * administrator. Who is deleted stays so.
 */
async function mayTouch(
  userId: string,
  { database, operator }: Doing,
): Promise<Result<{ readonly isAdministrator: boolean }, Refusal>> {
  const { status, grants } = await readFacts(database, userId)
  if (status === 'deleted') return refuse('record-unknown')
  const everywhere = grants.filter(({ organizationId }) => organizationId === '')
  const isAdministrator = everywhere.some(({ role }) => role === administratorRole)
  const isAbove =
    (isAdministrator && !operator.isAdministrator) ||
    everywhere.some(({ permissions }) =>
      permissions.some((name) => name.startsWith('usher.') && !operator.holds(name)),
    )
  return isAbove ? refuse('permission-missing') : ok({ isAdministrator })
}
