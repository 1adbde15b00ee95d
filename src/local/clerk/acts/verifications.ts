import { Complaint } from '../kernel/complaint.ts'
import { digestOf, randomCode } from '../kernel/identifiers.ts'
import type { Verification } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'

export { verificationView } from '../kernel/verification.ts'

/** How long a code is good for. */
const lifetimeMs = 10 * 60 * 1000

/** How many wrong codes a verification bears. */
const attemptsMax = 5

/** What is to be verified: that `to` receives what is sent there. */
export interface Beginning {
  readonly strategy: string
  readonly channel: 'email' | 'sms'
  readonly to: string
  readonly userId: string | null
}

/** Sends a new code, and gives the verification that waits for it. */
export async function begin(world: World, beginning: Beginning): Promise<Verification> {
  const { strategy, channel, to, userId } = beginning
  const code = randomCode()
  const subject = strategy.startsWith('reset_password')
    ? `${code} is your reset password code`
    : `${code} is your verification code`
  world.send({ channel, to, subject, code, link: null, userId })
  return {
    status: 'unverified',
    strategy,
    attempts: 0,
    expireAt: world.clock.now() + lifetimeMs,
    code: await digestOf(code),
  }
}

/** What somebody typed in, and who keeps the verification as it is then. */
export interface Attempt {
  readonly code: string
  /** Called with every outcome, a wrong code too, so that attempts are counted. */
  readonly save: (verification: Verification) => void
}

/** Tries a code. A wrong one, one that came too late, and one after too many wrong ones are refused. */
export async function attempt(
  world: World,
  verification: Verification | null,
  { code, save }: Attempt,
): Promise<Verification> {
  if (verification === null || verification.code === null) throw unprepared()
  if (verification.status === 'verified') throw alreadyVerified()
  if (verification.status === 'failed') throw tooManyAttempts()
  if (verification.expireAt !== null && verification.expireAt <= world.clock.now()) {
    save({ ...verification, status: 'expired' })
    throw new Complaint(400, 'verification_expired', {
      message: 'expired',
      longMessage: 'This verification has expired. You must create a new one.',
    })
  }
  const attempts = verification.attempts + 1
  if ((await digestOf(code)) === verification.code) {
    const verified = { ...verification, attempts, status: 'verified' } as const
    save(verified)
    return verified
  }
  if (attempts < attemptsMax) {
    save({ ...verification, attempts })
    throw new Complaint(422, 'form_code_incorrect', {
      message: 'is incorrect',
      longMessage: 'Incorrect code',
      paramName: 'code',
    })
  }
  save({ ...verification, attempts, status: 'failed' })
  throw tooManyAttempts()
}

function unprepared(): Complaint {
  return new Complaint(400, 'verification_missing', {
    message: 'is missing',
    longMessage:
      'This strategy requires verification preparation before attempting to validate it.',
  })
}

function alreadyVerified(): Complaint {
  return new Complaint(400, 'verification_already_verified', {
    message: 'already verified',
    longMessage: 'This verification has already been verified.',
  })
}

function tooManyAttempts(): Complaint {
  return new Complaint(400, 'verification_failed', {
    message: 'failed',
    longMessage: 'Too many failed attempts. You have to try again with the same or another method.',
  })
}
