import { Complaint } from '../kernel/complaint.ts'
import { type Field, flag, type InputOf, list, number, text } from '../kernel/fields.ts'
import { emailAddressesOf, phoneNumbersOf } from '../kernel/identifications.ts'
import type { User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { isAmong } from './lists.ts'

const names: Field<readonly string[]> = list(text(), 100)
const timeMs: Field<number> = number(0, Number.MAX_SAFE_INTEGER)

/** By what users are sought. Nobody here has a wallet or an account elsewhere, so those find nobody. */
export const userFilters = {
  email_address: names,
  phone_number: names,
  username: names,
  web3_wallet: names,
  external_id: names,
  user_id: names,
  organization_id: names,
  query: text(),
  email_address_query: text(),
  phone_number_query: text(),
  username_query: text(),
  name_query: text(),
  banned: flag,
  provider: text(),
  provider_user_id: names,
  last_active_at_before: timeMs,
  last_active_at_after: timeMs,
  last_active_at_since: timeMs,
  last_sign_in_at_before: timeMs,
  last_sign_in_at_after: timeMs,
  created_at_before: timeMs,
  created_at_after: timeMs,
}

type Filters = Partial<InputOf<typeof userFilters>>

/** The users that pass every filter, the oldest first. */
export function usersMatching(world: World, filters: Filters): readonly User[] {
  if ((filters.provider === undefined) !== (filters.provider_user_id === undefined)) {
    throw new Complaint(422, 'form_conditional_param_missing', {
      message: 'provider and provider_user_id go together.',
      paramName: filters.provider === undefined ? 'provider' : 'provider_user_id',
    })
  }
  // Most lists are of everybody: ten thousand are found at once where nothing is compared.
  const isFiltered = Object.entries(filters).some(
    ([name, value]) => value !== undefined && Object.hasOwn(userFilters, name),
  )
  if (!isFiltered) return world.state.users.all()
  return world.state.users.filter((user) => {
    const known = knownOf(world, user)
    return isNamed(known, filters) && isLike(known, filters) && isOfTime(user, filters)
  })
}

/** What there is to compare of a user. */
interface Known {
  readonly user: User
  readonly addresses: readonly string[]
  readonly numbers: readonly string[]
  readonly usernames: readonly string[]
  readonly organizationIds: readonly string[]
}

function knownOf(world: World, user: User): Known {
  const memberships = world.state.memberships.filter(({ userId }) => userId === user.id)
  return {
    user,
    addresses: emailAddressesOf(world, user.id).map(({ emailAddress }) => emailAddress),
    numbers: phoneNumbersOf(world, user.id).map(({ phoneNumber }) => phoneNumber),
    usernames: user.username === null ? [] : [user.username],
    organizationIds: memberships.map(({ organizationId }) => organizationId),
  }
}

function isNamed(known: Known, filters: Filters): boolean {
  const { user, addresses, numbers, usernames, organizationIds } = known
  const lowerCase = filters.email_address?.map((address) => address.toLowerCase())
  return (
    includesOne(addresses, lowerCase) &&
    includesOne(numbers, filters.phone_number) &&
    includesOne(usernames, filters.username) &&
    includesOne([], filters.web3_wallet) &&
    includesOne([], filters.provider_user_id) &&
    isAmong(user.externalId === null ? [] : [user.externalId], filters.external_id) &&
    isAmong([user.id], filters.user_id) &&
    isAmong(organizationIds, filters.organization_id) &&
    (filters.banned === undefined || filters.banned === user.isBanned)
  )
}

function includesOne(own: readonly string[], wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || own.some((one) => wanted.includes(one))
}

function isLike(known: Known, filters: Filters): boolean {
  const { user, addresses, numbers, usernames } = known
  const { firstName, lastName } = user
  const fullName = [firstName, lastName].filter((part) => part !== null).join(' ')
  const all = [...addresses, ...numbers, ...usernames, user.id, fullName]
  return (
    isWithin(all, filters.query) &&
    isWithin(addresses, filters.email_address_query) &&
    isWithin(numbers, filters.phone_number_query) &&
    isWithin(usernames, filters.username_query) &&
    isWithin([fullName], filters.name_query)
  )
}

function isWithin(texts: readonly string[], sought: string | undefined): boolean {
  if (sought === undefined) return true
  const lowerCase = sought.trim().toLowerCase()
  return texts.some((one) => one.toLowerCase().includes(lowerCase))
}

function isOfTime(user: User, filters: Filters): boolean {
  const { lastActiveAt, lastSignInAt, createdAt } = user
  return (
    isBefore(lastActiveAt, filters.last_active_at_before) &&
    isAfter(lastActiveAt, filters.last_active_at_after) &&
    (filters.last_active_at_since === undefined ||
      (lastActiveAt !== null && lastActiveAt >= filters.last_active_at_since)) &&
    isBefore(lastSignInAt, filters.last_sign_in_at_before) &&
    isAfter(lastSignInAt, filters.last_sign_in_at_after) &&
    isBefore(createdAt, filters.created_at_before) &&
    isAfter(createdAt, filters.created_at_after)
  )
}

function isBefore(time: number | null, limit: number | undefined): boolean {
  return limit === undefined || (time !== null && time < limit)
}

function isAfter(time: number | null, limit: number | undefined): boolean {
  return limit === undefined || (time !== null && time > limit)
}
