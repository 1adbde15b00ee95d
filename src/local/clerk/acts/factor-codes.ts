import { Complaint } from '../kernel/complaint.ts'
import type { Factor } from '../kernel/factors.ts'
import type { User, Verification } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { matchesPassword } from './passwords.ts'
import { noteFailedAttempt } from './people.ts'
import { takeBackupCode, takeTotpCode } from './second-factors.ts'
import { attempt, begin } from './verifications.ts'

/** Which of a user's addresses a code goes to: the primary one where nobody says. */
export interface Wish {
  readonly strategy: string
  readonly emailAddressId?: string | null | undefined
  readonly phoneNumberId?: string | null | undefined
}

/** The factor that is meant; `undefined` where the user has none such. */
export function chosenFactor(factors: readonly Factor[], wish: Wish): Factor | undefined {
  const { strategy, emailAddressId, phoneNumberId } = wish
  const able = factors.filter((factor) => factor.strategy === strategy)
  const id = emailAddressId || phoneNumberId
  if (id) return able.find((one) => (one.email_address_id ?? one.phone_number_id) === id)
  return able.find((one) => one.primary || one.default) ?? able[0]
}

/** Sends a code to the address of a factor. */
export function sendFactorCode(world: World, user: User, factor: Factor): Promise<Verification> {
  const { state } = world
  const { strategy, email_address_id, phone_number_id } = factor
  const email = state.emailAddresses.get(email_address_id)
  if (email !== undefined) {
    const to = email.emailAddress
    return begin(world, { strategy, channel: 'email', to, userId: user.id })
  }
  const to = state.phoneNumbers.get(phone_number_id)?.phoneNumber ?? ''
  return begin(world, { strategy, channel: 'sms', to, userId: user.id })
}

/** Checks the password of a user; a wrong one is counted. */
export async function provePassword(
  world: World,
  user: User,
  password: string,
): Promise<Verification> {
  const { passwordDigest } = user
  if (passwordDigest !== null && (await matchesPassword(password, passwordDigest))) {
    return proved('password')
  }
  noteFailedAttempt(world, user)
  throw new Complaint(422, 'form_password_incorrect', {
    message: 'Password is incorrect. Try again, or use another method.',
    paramName: 'password',
  })
}

/** A code that was sent, and who keeps what becomes of it. */
export interface SentCode {
  readonly verification: Verification | null
  readonly code: string
  readonly save: (verification: Verification) => void
}

/** Checks a code that was sent to a user; a wrong one is counted. */
export async function proveSentCode(
  world: World,
  user: User,
  { verification, code, save }: SentCode,
): Promise<Verification> {
  return counted(world, user, () => attempt(world, verification, { code, save }))
}

/** Checks a code of the user's authenticator app, or one of the backup codes; a wrong one is counted. */
export async function proveOwnCode(
  world: World,
  user: User,
  { strategy, code }: { readonly strategy: 'totp' | 'backup_code'; readonly code: string },
): Promise<Verification> {
  const take = strategy === 'totp' ? takeTotpCode : takeBackupCode
  await counted(world, user, () => take(world, user, code))
  return proved(strategy)
}

async function counted<T>(world: World, user: User, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof Complaint && thrown.code === 'form_code_incorrect') {
      noteFailedAttempt(world, user)
    }
    throw thrown
  }
}

/** A verification that needed no code to be sent. */
export function proved(strategy: string): Verification {
  return { status: 'verified', strategy, attempts: 1, expireAt: null, code: null }
}
