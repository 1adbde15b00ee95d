import { Complaint, wrongParameter } from '../kernel/complaint.ts'
import { emailAddressesOf, isVerified, phoneNumbersOf } from '../kernel/identifications.ts'
import { newId } from '../kernel/identifiers.ts'
import type { EmailAddress, PhoneNumber, User, Verification } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'

/** An address to be made; `id` only where it must be a certain one. */
export interface EmailAddressDraft {
  readonly id?: string
  readonly emailAddress: string
  readonly verification: Verification | null
}

/** A phone number to be made. */
export interface PhoneNumberDraft {
  readonly id?: string
  readonly phoneNumber: string
  readonly verification: Verification | null
}

/** How an address counts as verified that nobody had to prove: its maker says so. */
export const verifiedByAdmin: Verification = {
  status: 'verified',
  strategy: 'admin',
  attempts: 0,
  expireAt: null,
  code: null,
}

/** Writes an address down; nobody is told. One that is taken is refused. */
export function putEmailAddress(
  { state, clock }: World,
  { id = newId('idn'), ...draft }: EmailAddressDraft & { readonly userId: string },
): EmailAddress {
  const now = clock.now()
  const emailAddress = fold(draft.emailAddress)
  const { userId, verification } = draft
  refuseTakenAddresses({ state }, [emailAddress], userId)
  return state.emailAddresses.put({
    ...{ id, createdAt: now, updatedAt: now },
    ...{ userId, emailAddress, verification },
  })
}

/** Writes a phone number down; nobody is told. One that is taken is refused. */
export function putPhoneNumber(
  { state, clock }: World,
  { id = newId('idn'), ...draft }: PhoneNumberDraft & { readonly userId: string },
): PhoneNumber {
  const now = clock.now()
  const { userId, phoneNumber, verification } = draft
  refuseTakenNumbers({ state }, [phoneNumber], userId)
  return state.phoneNumbers.put({
    ...{ id, createdAt: now, updatedAt: now },
    ...{ userId, phoneNumber, verification },
    ...{ reservedForSecondFactor: false, defaultSecondFactor: false },
  })
}

/**
 * Refuses addresses that anybody proved to have, or that the user has already, and one that is given twice. Who
 * only said to have an address keeps nobody from proving it.
 */
export function refuseTakenAddresses(
  { state }: Pick<World, 'state'>,
  addresses: readonly string[],
  userId?: string,
): void {
  const wanted = new Set(addresses.map(fold))
  const isTaken = state.emailAddresses.find(
    (one) => wanted.has(one.emailAddress) && (isVerified(one) || one.userId === userId),
  )
  if (isTaken || wanted.size < addresses.length) throw taken('email_address', 'email address')
}

/** Refuses phone numbers in the same way. */
export function refuseTakenNumbers(
  { state }: Pick<World, 'state'>,
  numbers: readonly string[],
  userId?: string,
): void {
  const wanted = new Set(numbers)
  const isTaken = state.phoneNumbers.find(
    (one) => wanted.has(one.phoneNumber) && (isVerified(one) || one.userId === userId),
  )
  if (isTaken || wanted.size < numbers.length) throw taken('phone_number', 'phone number')
}

function fold(address: string): string {
  return address.trim().toLowerCase()
}

/** What Clerk says of an identifier that somebody else has. */
export function taken(paramName: string, name: string): Error {
  const message = `That ${name} is taken. Please try another.`
  return wrongParameter('form_identifier_exists', paramName, message)
}

/** Refuses to take the last identifier from somebody, who could never sign in again. */
export function refuseLastIdentification(world: World, user: User): void {
  const count = emailAddressesOf(world, user.id).length + phoneNumbersOf(world, user.id).length
  if (count > 1 || user.username !== null) return
  throw new Complaint(400, 'identification_deletion_failed', {
    message: 'Deletion failed',
    longMessage: 'You cannot delete your last identification.',
  })
}

/** Which of them is the primary one: the one that was, else the first that is verified. */
export function primaryOf(
  all: readonly (EmailAddress | PhoneNumber)[],
  current: string | null = null,
): string | null {
  if (all.some(({ id }) => id === current)) return current
  return all.find(isVerified)?.id ?? null
}
