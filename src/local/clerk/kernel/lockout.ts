import type { User } from './records.ts'

/** How many failed attempts in a row lock a user out of signing in: what Clerk sets where nobody changes it. */
export const maxFailedAttempts = 100

/** For how long. */
export const lockoutMinutes = 60

/** How a user stands with regard to the lock. */
export interface Lockout {
  readonly isLocked: boolean
  readonly expiresInSeconds: number | null
  readonly attemptsRemaining: number
}

/** Whether a user is locked out at this time. Locks end by themselves. */
export function lockoutOf(user: User, nowMs: number): Lockout {
  const remainingMs = (user.lockExpiresAt ?? 0) - nowMs
  const isLocked = user.isLocked && remainingMs > 0
  // The attempts that led to a lock are forgiven with it.
  const failed = user.isLocked && !isLocked ? 0 : user.failedAttempts
  return {
    isLocked,
    expiresInSeconds: isLocked ? Math.ceil(remainingMs / 1000) : null,
    attemptsRemaining: isLocked ? 0 : Math.max(0, maxFailedAttempts - failed),
  }
}
