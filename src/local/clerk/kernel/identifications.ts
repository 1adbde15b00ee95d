import type { EmailAddress, PhoneNumber, User } from './records.ts'
import type { World } from './world.ts'

/** A user, and by which of the identifiers somebody was found. */
export interface Identified {
  readonly user: User
  readonly kind: 'email_address' | 'phone_number' | 'username'
}

/** The e-mail addresses of a user, the oldest first. */
export function emailAddressesOf({ state }: World, userId: string): readonly EmailAddress[] {
  return state.emailAddresses.filter((address) => address.userId === userId)
}

/** The phone numbers of a user, the oldest first. */
export function phoneNumbersOf({ state }: World, userId: string): readonly PhoneNumber[] {
  return state.phoneNumbers.filter((number) => number.userId === userId)
}

/** Whether somebody proved to receive what is sent there. */
export function isVerified({ verification }: EmailAddress | PhoneNumber): boolean {
  return verification?.status === 'verified'
}

/** Who proved to have an address. Anybody may say so of any address: that alone counts for nothing. */
export function ownerOf({ state }: Pick<World, 'state'>, emailAddress: string): User | undefined {
  const address = state.emailAddresses.find(
    (one) => one.emailAddress === emailAddress && isVerified(one),
  )
  return state.users.get(address?.userId)
}

/** Who signs in with this text, whatever kind of identifier it is. Of addresses and numbers those count that were proved. */
export function findByIdentifier({ state }: World, identifier: string): Identified | undefined {
  const wanted = identifier.trim().toLowerCase()
  const digits = wanted.replaceAll(/[\s().-]/g, '')
  const address = state.emailAddresses.find((one) => one.emailAddress === wanted && isVerified(one))
  const number = state.phoneNumbers.find((one) => one.phoneNumber === digits && isVerified(one))
  const owner = state.users.get(address?.userId ?? number?.userId)
  if (owner !== undefined) return { user: owner, kind: address ? 'email_address' : 'phone_number' }
  const user = wanted === '' ? undefined : state.users.find(({ username }) => username === wanted)
  return user && { user, kind: 'username' }
}
