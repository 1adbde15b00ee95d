import { userView } from '../backend/views/user.ts'
import {
  emailAddressesOf,
  findByIdentifier,
  isVerified,
  phoneNumbersOf,
} from '../kernel/identifications.ts'
import { newId } from '../kernel/identifiers.ts'
import { lockoutMinutes, lockoutOf, maxFailedAttempts } from '../kernel/lockout.ts'
import type { EmailAddress, PhoneNumber, User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import {
  type EmailAddressDraft,
  type PhoneNumberDraft,
  primaryOf,
  putEmailAddress,
  putPhoneNumber,
  refuseTakenAddresses,
  refuseTakenNumbers,
  taken,
} from './address-making.ts'
import { finishSession, liveSessionsOf, reviveCommandLine } from './sessions.ts'

export { refuseLastIdentification, verifiedByAdmin } from './address-making.ts'
export { deletedObject, deleteUser } from './user-deletion.ts'
export { emailAddressesOf, findByIdentifier, isVerified, phoneNumbersOf }

/** What may be said of a user at first: every member that is not given is empty. */
export interface UserDraft extends UserChanges {
  readonly id?: string
  readonly number?: number
  readonly createdAt?: number
  readonly emailAddresses?: readonly EmailAddressDraft[]
  readonly phoneNumbers?: readonly PhoneNumberDraft[]
}

/** What may be changed of a user. */
export type UserChanges = Partial<
  Omit<User, 'id' | 'number' | 'createdAt' | 'updatedAt' | 'isBanned' | 'isLocked'>
>

const nobody: Omit<User, 'id' | 'createdAt' | 'updatedAt' | 'number'> = {
  username: null,
  firstName: null,
  lastName: null,
  passwordDigest: null,
  primaryEmailAddressId: null,
  primaryPhoneNumberId: null,
  publicMetadata: {},
  privateMetadata: {},
  unsafeMetadata: {},
  externalId: null,
  isBanned: false,
  isLocked: false,
  lockExpiresAt: null,
  failedAttempts: 0,
  totpSecret: null,
  isTotpVerified: false,
  lastTotpStep: null,
  mfaEnabledAt: null,
  mfaDisabledAt: null,
  backupCodes: [],
  mayDeleteSelf: true,
  mayCreateOrganization: true,
  lastSignInAt: null,
  lastActiveAt: null,
  passwordChangedAt: null,
  locale: null,
  legalAcceptedAt: null,
}

/** Makes a user with all addresses and numbers. The first of each that is verified is the primary one. */
export function createUser(world: World, draft: UserDraft): User {
  const { emailAddresses = [], phoneNumbers = [], ...traits } = draft
  const now = world.clock.now()
  const { id = newId('user'), createdAt = now } = draft
  refuseTaken(world, id, traits)
  refuseTakenAddresses(
    world,
    emailAddresses.map((one) => one.emailAddress),
  )
  refuseTakenNumbers(
    world,
    phoneNumbers.map((one) => one.phoneNumber),
  )
  const addresses = emailAddresses.map((one) => putEmailAddress(world, { ...one, userId: id }))
  const numbers = phoneNumbers.map((one) => putPhoneNumber(world, { ...one, userId: id }))
  const user = world.state.users.put({
    ...nobody,
    ...(traits.passwordDigest && { passwordChangedAt: now }),
    primaryEmailAddressId: primaryOf(addresses),
    primaryPhoneNumberId: primaryOf(numbers),
    ...traits,
    id,
    number: nextNumber(world, draft.number),
    createdAt,
    updatedAt: now,
  })
  world.emit('user.created', userView(world, user))
  for (const address of addresses) takeFromClaimants(world, address)
  for (const number of numbers) takeNumberFromClaimants(world, number)
  return user
}

/** Changes a user. A name that somebody else has is refused. */
export function updateUser(world: World, user: User, changes: UserChanges): User {
  refuseTaken(world, user.id, changes)
  return change(world, user, changes)
}

/** Bans a user: every session is revoked, and none can be made. */
export function banUser(world: World, user: User): User {
  const banned = change(world, user, { isBanned: true })
  for (const session of liveSessionsOf(world, user.id)) finishSession(world, session, 'revoked')
  return banned
}

/** Ends a ban. */
export function unbanUser(world: World, user: User): User {
  if (user.isBanned) reviveCommandLine(world, user.id)
  return change(world, user, { isBanned: false })
}

/** Locks a user out of signing in, for as long as too many failed attempts would. */
export function lockUser(world: World, user: User): User {
  const lockExpiresAt = world.clock.now() + lockoutMinutes * 60_000
  return change(world, user, { isLocked: true, lockExpiresAt })
}

/** Ends a lock, and forgives the attempts that led to it. */
export function unlockUser(world: World, user: User): User {
  return change(world, user, { isLocked: false, lockExpiresAt: null, failedAttempts: 0 })
}

/** Counts a wrong password or code; the last one that is allowed locks the user. */
export function noteFailedAttempt(world: World, user: User): User {
  const { isLocked, attemptsRemaining } = lockoutOf(user, world.clock.now())
  const failedAttempts = maxFailedAttempts - attemptsRemaining + 1
  const lock = isLocked ? {} : { isLocked, lockExpiresAt: null }
  const counted = world.state.users.put({ ...user, ...lock, failedAttempts })
  return failedAttempts === maxFailedAttempts ? lockUser(world, counted) : counted
}

/** Forgets the failed attempts: somebody proved to be the user. */
export function forgetFailedAttempts(world: World, user: User): User {
  if (user.failedAttempts === 0 && !user.isLocked) return user
  return world.state.users.put({
    ...user,
    failedAttempts: 0,
    isLocked: false,
    lockExpiresAt: null,
  })
}

/** Gives a user one more address. One that is taken is refused. */
export function addEmailAddress(
  world: World,
  draft: EmailAddressDraft & { readonly userId: string },
): EmailAddress {
  const address = putEmailAddress(world, draft)
  settlePrimary(world, draft.userId)
  takeFromClaimants(world, address)
  return address
}

/** Gives a user one more phone number. One that is taken is refused. */
export function addPhoneNumber(
  world: World,
  draft: PhoneNumberDraft & { readonly userId: string },
): PhoneNumber {
  const number = putPhoneNumber(world, draft)
  settlePrimary(world, draft.userId)
  takeNumberFromClaimants(world, number)
  return number
}

/** Changes what is known of an address: whether it is verified. */
export function updateEmailAddress(
  world: World,
  address: EmailAddress,
  changes: Pick<EmailAddress, 'verification'>,
): EmailAddress {
  const updatedAt = world.clock.now()
  const updated = world.state.emailAddresses.put({ ...address, ...changes, updatedAt })
  // A code that is sent or mistyped is nobody's business yet.
  if (isVerified(updated) === isVerified(address)) return updated
  settlePrimary(world, address.userId)
  takeFromClaimants(world, updated)
  return updated
}

/** Changes what is known of a number: whether it is verified, and what it is used for. */
export function updatePhoneNumber(
  world: World,
  number: PhoneNumber,
  changes: Partial<
    Pick<PhoneNumber, 'verification' | 'reservedForSecondFactor' | 'defaultSecondFactor'>
  >,
): PhoneNumber {
  const updatedAt = world.clock.now()
  const { verification, ...uses } = changes
  const updated = world.state.phoneNumbers.put({ ...number, ...changes, updatedAt })
  const isUsedOtherwise = Object.keys(uses).length > 0
  if (isUsedOtherwise || isVerified(updated) !== isVerified(number)) {
    settlePrimary(world, number.userId)
  }
  takeNumberFromClaimants(world, updated)
  return updated
}

/** Takes an address away. Where it was the primary one, another verified one is. */
export function removeEmailAddress(world: World, address: EmailAddress): void {
  world.state.emailAddresses.remove(address.id)
  settlePrimary(world, address.userId)
}

/** Takes a phone number away. Where it was the primary one, another verified one is. */
export function removePhoneNumber(world: World, number: PhoneNumber): void {
  world.state.phoneNumbers.remove(number.id)
  settlePrimary(world, number.userId)
}

/** Who proves an address has it alone: all others who said so can never prove it. */
function takeFromClaimants(world: World, proved: EmailAddress): void {
  const { id, emailAddress } = proved
  const { emailAddresses } = world.state
  const claims = emailAddresses.filter((one) => one.emailAddress === emailAddress && one.id !== id)
  if (isVerified(proved)) for (const claim of claims) removeEmailAddress(world, claim)
}

/** The same of a phone number. */
function takeNumberFromClaimants(world: World, proved: PhoneNumber): void {
  const { id, phoneNumber } = proved
  const { phoneNumbers } = world.state
  const claims = phoneNumbers.filter((one) => one.phoneNumber === phoneNumber && one.id !== id)
  if (isVerified(proved)) for (const claim of claims) removePhoneNumber(world, claim)
}

function change(world: World, user: User, changes: Partial<User>): User {
  const updatedAt = world.clock.now()
  const passwordChangedAt =
    changes.passwordDigest === undefined ? user.passwordChangedAt : updatedAt
  const updated = world.state.users.put({ ...user, passwordChangedAt, ...changes, updatedAt })
  world.emit('user.updated', userView(world, updated))
  return updated
}

/** After any change of the addresses: a primary one is there and verified, if any is. */
function settlePrimary(world: World, userId: string): void {
  const user = world.state.users.get(userId)
  if (user === undefined) return
  const addresses = emailAddressesOf(world, userId)
  const numbers = phoneNumbersOf(world, userId)
  change(world, user, {
    primaryEmailAddressId: primaryOf(addresses, user.primaryEmailAddressId),
    primaryPhoneNumberId: primaryOf(numbers, user.primaryPhoneNumberId),
  })
}

/** A name or an id of somebody's own system that somebody else has is refused. */
function refuseTaken({ state }: World, userId: string, draft: UserChanges): void {
  const { username, externalId } = draft
  const others = state.users.filter(({ id }) => id !== userId)
  if (username && others.some((other) => other.username === username)) {
    throw taken('username', 'username')
  }
  if (externalId && others.some((other) => other.externalId === externalId)) {
    throw taken('external_id', 'external id')
  }
}

/** Numbers are given once, also where their user is gone. */
function nextNumber({ state, clock }: World, wanted?: number): number {
  const id = 'lastUserNumber'
  const last = Number(state.settings.get(id)?.value ?? 0)
  const number = wanted ?? last + 1
  const now = clock.now()
  state.settings.put({ id, value: Math.max(last, number), createdAt: now, updatedAt: now })
  return number
}
