/** A code or ticket that proves somebody receives what is sent to an address. */
export interface Verification {
  readonly status: 'unverified' | 'verified' | 'failed' | 'expired'
  readonly strategy: string
  readonly attempts: number
  readonly expireAt: number | null
  /** Digest of the code that was sent. */
  readonly code: string | null
}

/** A user who is signed in proves it once more, before something that matters. */
export interface Reverification {
  readonly level: 'first_factor' | 'second_factor' | 'multi_factor'
  readonly status: 'needs_first_factor' | 'needs_second_factor' | 'complete'
  readonly firstFactor: Verification | null
  readonly secondFactor: Verification | null
}

/** What Clerk calls the objects, by the strategy; every other one proves a code that was sent. */
const objects: Readonly<Record<string, string>> = {
  password: 'verification_password',
  ticket: 'verification_ticket',
  invitation: 'verification_invitation',
  admin: 'verification_admin',
  totp: 'verification_totp',
  backup_code: 'verification_backup_code',
}

/** A verification as both APIs show it. */
export function verificationView(verification: Verification | null): object | null {
  if (verification === null) return null
  const { status, strategy, attempts, expireAt } = verification
  const object = objects[strategy] ?? 'verification_otp'
  return { object, status, strategy, attempts, expire_at: expireAt }
}
