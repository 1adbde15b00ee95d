import { Complaint } from '../kernel/complaint.ts'
import { phoneNumbersOf } from '../kernel/identifications.ts'
import { digestOf, randomText } from '../kernel/identifiers.ts'
import type { PhoneNumber, User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { updatePhoneNumber, updateUser } from './people.ts'
import { matchingStep, newTotpSecret } from './totp.ts'

const backupCodeCount = 10

/** Whether a user has a second factor besides backup codes, which are only there for when it is lost. */
export function hasSecondFactor(world: World, user: User): boolean {
  const isReserved = (number: PhoneNumber) => number.reservedForSecondFactor
  return user.isTotpVerified || phoneNumbersOf(world, user.id).some(isReserved)
}

/** Gives a user a new secret, worth nothing until a code of it was shown. */
export function beginTotp(world: World, user: User): User {
  if (user.isTotpVerified) {
    throw new Complaint(400, 'totp_already_enabled', {
      message: 'TOTP already enabled',
      longMessage: 'TOTP is already enabled on this account',
    })
  }
  const unproved = { isTotpVerified: false, lastTotpStep: null }
  return world.state.users.put({ ...user, totpSecret: newTotpSecret(), ...unproved })
}

/** Takes a code of the authenticator app. A wrong one, and one that was taken before, are refused. */
export async function takeTotpCode(world: World, user: User, code: string): Promise<User> {
  const { totpSecret, lastTotpStep } = user
  const step = totpSecret && (await matchingStep(totpSecret, code, world.clock.now()))
  if (typeof step !== 'number' || step <= (lastTotpStep ?? 0)) throw wrongCode()
  return world.state.users.put({ ...user, lastTotpStep: step })
}

/** Makes the authenticator app a second factor, after its first code; gives the backup codes that were made. */
export async function verifyTotp(world: World, user: User, code: string): Promise<Factored> {
  const taken = await takeTotpCode(world, user, code)
  return settle(world, updateUser(world, taken, { isTotpVerified: true }))
}

/** Takes the authenticator app away from a user. */
export async function removeTotp(world: World, user: User): Promise<User> {
  const removed = { totpSecret: null, isTotpVerified: false, lastTotpStep: null }
  return (await settle(world, updateUser(world, user, removed))).user
}

/** Makes a verified number a second factor or not, or the one that is asked for first. */
export async function useAsSecondFactor(
  world: World,
  number: PhoneNumber,
  uses: Partial<Pick<PhoneNumber, 'reservedForSecondFactor' | 'defaultSecondFactor'>>,
): Promise<readonly string[] | null> {
  if (number.verification?.status !== 'verified') {
    throw new Complaint(400, 'update_second_factor_unverified', {
      message: 'Update failed',
      longMessage: 'Cannot update second factor attributes for unverified identification.',
    })
  }
  const reservedForSecondFactor = uses.reservedForSecondFactor ?? number.reservedForSecondFactor
  const wantsDefault = uses.defaultSecondFactor ?? number.defaultSecondFactor
  const defaultSecondFactor = reservedForSecondFactor && wantsDefault
  for (const other of defaultSecondFactor ? phoneNumbersOf(world, number.userId) : []) {
    if (other.id === number.id || !other.defaultSecondFactor) continue
    updatePhoneNumber(world, other, { defaultSecondFactor: false })
  }
  updatePhoneNumber(world, number, { reservedForSecondFactor, defaultSecondFactor })
  const user = world.state.users.get(number.userId)
  return user === undefined ? null : (await settle(world, user)).backupCodes
}

/** Makes new backup codes; the old ones are worth nothing. Only whoever has a second factor gets any. */
export async function makeBackupCodes(world: World, user: User): Promise<readonly string[]> {
  if (!hasSecondFactor(world, user)) {
    throw new Complaint(400, 'backup_codes_not_available', {
      message: 'Backup codes not available',
      longMessage: 'In order to use backup codes, you have to enable any other Multi-factor method',
    })
  }
  const codes = Array.from({ length: backupCodeCount }, () => randomText(8).toLowerCase())
  updateUser(world, user, { backupCodes: await Promise.all(codes.map(digestOf)) })
  return codes
}

/** Takes a backup code, which is then used up. */
export async function takeBackupCode(world: World, user: User, code: string): Promise<User> {
  const digest = await digestOf(code.trim().toLowerCase())
  const backupCodes = user.backupCodes.filter((kept) => kept !== digest)
  if (backupCodes.length === user.backupCodes.length) throw wrongCode()
  return updateUser(world, user, { backupCodes })
}

/** A user whose second factors changed, and the backup codes that were made for that. */
export interface Factored {
  readonly user: User
  readonly backupCodes: readonly string[] | null
}

/** After any change: the first factor comes with backup codes, and they go with the last. */
export async function settle(world: World, user: User): Promise<Factored> {
  const now = world.clock.now()
  const had = user.mfaEnabledAt !== null && user.mfaDisabledAt === null
  const has = hasSecondFactor(world, user)
  if (has === had) return { user, backupCodes: null }
  if (!has) {
    const gone = { mfaDisabledAt: now, backupCodes: [] }
    return { user: updateUser(world, user, gone), backupCodes: null }
  }
  const enabled = updateUser(world, user, { mfaEnabledAt: now, mfaDisabledAt: null })
  const backupCodes = await makeBackupCodes(world, enabled)
  return { user: world.state.users.get(user.id) ?? enabled, backupCodes }
}

function wrongCode(): Complaint {
  return new Complaint(422, 'form_code_incorrect', {
    message: 'is incorrect',
    longMessage: 'Incorrect code',
    paramName: 'code',
  })
}
