import type { EventDraft } from '../model/event.ts'
import { sessionEnds } from '../model/mirror.ts'
import type { MemberRow, MirrorState, SessionRow } from './mirror-state.ts'

/**
 * What ends with somebody, as it is told before their own end: else it would hang on the order of messages whether
 * anybody hears of it.
 */
export function partingsOf(state: MirrorState, userId: string): readonly EventDraft[] {
  return [
    ...membershipsOf(state, userId).map((row) => memberEvent('removed', row)),
    ...sessionsOf(state, userId).map((sessionId): EventDraft => {
      const data = { user_id: userId, session_id: sessionId, reason: 'deleted' }
      return { type: 'auth.signed_out', subject: userId, data }
    }),
  ]
}

/** What is told of a membership. */
export function memberEvent(
  happened: 'added' | 'changed' | 'removed',
  { id, organizationId, userId, role }: MemberRow,
): EventDraft {
  const data = { membership_id: id, organization_id: organizationId, user_id: userId, role }
  return { type: `organization.member_${happened}`, subject: userId, data }
}

/** The memberships of a user that stand: as they were read or, where the changes before tell of them, as these say. */
function membershipsOf(
  { memberships, belongings }: MirrorState,
  userId: string,
): readonly MemberRow[] {
  const standing = belongings.memberships.filter(({ id }) => !memberships.has(id))
  const told = [...memberships.values()].filter(({ status }) => status === 'active')
  return [...standing, ...told].filter((row) => row.userId === userId)
}

/** The same of the sessions that have begun. */
function sessionsOf(state: MirrorState, userId: string): readonly string[] {
  const { objects, endedSessions, belongings } = state
  const told = [...objects.values()].filter(({ kind }) => kind === 'session')
  const known = new Set(told.map(({ id }) => id))
  const begun = told.filter(
    ({ id, status, data }) => data.signed_in === true && isOpen(status) && !endedSessions.has(id),
  )
  const standing: readonly SessionRow[] = belongings.sessions.filter(({ id }) => !known.has(id))
  return [...standing, ...begun].filter(({ owner }) => owner === userId).map(({ id }) => id)
}

function isOpen(status: string): boolean {
  return status !== 'deleted' && !sessionEnds.has(status)
}
