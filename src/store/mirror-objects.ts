import type { EventDraft } from '../model/event.ts'
import { isNewer, type ObjectChange, sessionEnds } from '../model/mirror.ts'
import { type MirrorState, type ObjectRow, objectKey } from './mirror-state.ts'
import { isGone, latest, nothing, type Step } from './mirror-step.ts'

/** What Clerk says of anything else that may be kept already. */
export function decideObject(state: MirrorState, change: ObjectChange): Step {
  if (change.object === 'session') return decideSession(state, change)
  const current = currentOf(state, change)
  if (current?.status === 'deleted') return nothing
  const { version, status, owner } = change
  const isOver = status === 'deleted' || isGone(state, owner) || isGone(state, current?.owner ?? '')
  if (isOver) return { isApplied: true, objects: [tombstoneOf(current, change)] }
  if (current !== undefined && !isNewer(version, current)) return nothing
  const next = rowOf(isAboutGone(state, change) ? { ...change, data: {} } : change)
  const isOther = current === undefined || contentOf(current) !== contentOf(next)
  return { isApplied: isOther, objects: [next] }
}

/** Whether it names somebody who is gone, as the invitation does by which they came. */
function isAboutGone(state: MirrorState, { data }: ObjectChange): boolean {
  return typeof data.user_id === 'string' && isGone(state, data.user_id)
}

/** A session ends once: however late Clerk tells of it, and whatever it tells of the session afterwards. */
function decideSession(state: MirrorState, change: ObjectChange): Step {
  const { id, owner, status, version } = change
  const current = currentOf(state, change)
  const isEnd = sessionEnds.has(status)
  const wasOver = state.endedSessions.has(id) || sessionEnds.has(current?.status ?? '')
  const facts = {
    ended: isEnd ? [{ sessionId: id, userId: owner, endedAt: version.updatedAt }] : [],
    userIds: isEnd && !wasOver ? [owner] : [],
  }
  if (current?.status === 'deleted') return { ...facts, isApplied: false }
  if (isGone(state, owner)) {
    return { ...facts, isApplied: true, objects: [tombstoneOf(current, change)] }
  }
  const isStale = current !== undefined && !isNewer(version, current)
  if (wasOver ? !isEnd || isStale : !isEnd && isStale) return { ...facts, isApplied: false }
  const wasSignedIn = current?.data.signed_in === true
  const isSignedIn = wasSignedIn || status === 'active'
  // A session that waits for its user once more has not begun anew when it goes on.
  const data = { ...change.data, ...(isSignedIn && { signed_in: true }) }
  const begun = isSignedIn && !wasSignedIn && !isEnd
  const events = isEnd ? (wasOver ? [] : [endOf(change)]) : begun ? [beginningOf(change)] : []
  const next = { ...rowOf(change), ...latest(current, version), data }
  const isOther = current === undefined || contentOf(current) !== contentOf(next)
  return { ...facts, isApplied: isOther, objects: [next], events }
}

function beginningOf({ id, owner }: ObjectChange): EventDraft {
  const data = { user_id: owner, session_id: id }
  return { type: 'auth.signed_in', subject: owner, data }
}

function endOf({ id, owner, status }: ObjectChange): EventDraft {
  const data = { user_id: owner, session_id: id }
  return status === 'revoked'
    ? { type: 'auth.session_revoked', subject: owner, data }
    : { type: 'auth.signed_out', subject: owner, data: { ...data, reason: status } }
}

function currentOf({ objects }: MirrorState, { object, id }: ObjectChange): ObjectRow | undefined {
  return objects.get(objectKey({ kind: object, id }))
}

function rowOf({ object, id, owner, status, data, version }: ObjectChange): ObjectRow {
  return { kind: object, id, owner, status, data, ...version }
}

/** What is left of something that is gone: that it is. */
function tombstoneOf(current: ObjectRow | undefined, change: ObjectChange): ObjectRow {
  const owner = current?.owner || change.owner
  return {
    ...{ ...rowOf(change), owner, status: 'deleted', data: {} },
    ...latest(current, change.version),
  }
}

/** All of it but how new it is. */
function contentOf({ owner, status, data }: ObjectRow): string {
  return JSON.stringify([owner, status, data])
}
