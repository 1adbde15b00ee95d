import type { Session, SessionStatus } from './records.ts'

/** Whether a session still is one at this time. */
export function isLive({ status, expireAt }: Session, nowMs: number): boolean {
  return (status === 'active' || status === 'pending') && expireAt > nowMs
}

/** The status of a session at this time: nobody writes down that a session has expired. */
export function statusOf(session: Session, nowMs: number): SessionStatus {
  const { status } = session
  const isOpen = status === 'active' || status === 'pending'
  return isOpen && !isLive(session, nowMs) ? 'expired' : status
}
