import type { MembershipChange, OrganizationChange, UserChange, Version } from '../model/mirror.ts'
import type { Profile } from '../model/profile.ts'
import { millisecondsOf } from './time.ts'

/** Something of Clerk's, as JSON: nothing of it is believed before it was looked at. */
export type Resource = Readonly<Record<string, unknown>>

/** Clocks differ by seconds. What claims to be of tomorrow would hold off every truth until then. */
const aheadMaxMs = 24 * 60 * 60_000
const nameMaxLength = 256
/** RFC 5321, section 4.5.3.1.3, with both brackets left out, and something to spare. */
const addressMaxLength = 320
const urlMaxLength = 2048
const permissionsMax = 200

/** What Clerk says of a user; `undefined` where it is none. Of their metadata nothing is kept. */
export function readUserChange(value: unknown, toldAtMs: number): UserChange | undefined {
  const user = resourceOf(value)
  const id = idOf(user?.id)
  if (user === undefined || id === undefined) return undefined
  const unsaid = unsaidIn(user)
  return {
    ...{ kind: 'user', id, profile: readProfile(user), ...timesOf(user, toldAtMs) },
    ...(unsaid.length > 0 && { unsaid }),
  }
}

/** What Clerk says of an organisation; `undefined` where it is none. */
export function readOrganizationChange(
  value: unknown,
  toldAtMs: number,
): OrganizationChange | undefined {
  const organization = resourceOf(value)
  const id = idOf(organization?.id)
  if (organization === undefined || id === undefined) return undefined
  const record = readOrganization(organization)
  return { kind: 'organization', id, record, ...timesOf(organization, toldAtMs) }
}

/** What Clerk says of a membership; `undefined` where it is none. It is one that stands: whoever knows better says so. */
export function readMembershipChange(
  value: unknown,
  toldAtMs: number,
): MembershipChange | undefined {
  const membership = resourceOf(value)
  const [organization, person] = [
    resourceOf(membership?.organization),
    resourceOf(membership?.public_user_data),
  ]
  const [id, organizationId] = [idOf(membership?.id), idOf(organization?.id)]
  const userId = idOf(person?.user_id)
  if (membership === undefined || organization === undefined || person === undefined)
    return undefined
  if (id === undefined || organizationId === undefined || userId === undefined) return undefined
  return {
    ...{ kind: 'membership', id, isDeleted: false, organizationId, userId },
    organization: readOrganization(organization),
    person: readNames(person),
    role: textOf(membership.role) ?? '',
    permissions: namesOf(membership.permissions),
    ...timesOf(membership, toldAtMs),
  }
}

/**
 * What of a user is kept. The address is the primary one, in lower case, and `verified` tells of that one alone;
 * another that is verified says nothing of it. Whoever their directory has let go counts as banned.
 */
export function readProfile(user: Resource): Profile {
  const addresses: readonly unknown[] = Array.isArray(user.email_addresses)
    ? user.email_addresses
    : []
  const primaryId = idOf(user.primary_email_address_id)
  const primary = addresses
    .map(resourceOf)
    .find((one) => primaryId !== undefined && one?.id === primaryId)
  const email = textOf(primary?.email_address, addressMaxLength)?.toLowerCase() ?? null
  const isOut = user.banned === true || user.deprovisioned === true
  return {
    email,
    emailVerified: email !== null && resourceOf(primary?.verification)?.status === 'verified',
    ...readNames(user),
    status: isOut ? 'banned' : user.locked === true ? 'locked' : 'active',
  }
}

/** How somebody may stand for all that is said: what is left out is no `false`. */
function unsaidIn({ banned, deprovisioned, locked }: Resource): readonly Profile['status'][] {
  if (banned === true || deprovisioned === true) return []
  if (typeof banned !== 'boolean') return ['active', 'banned', 'locked']
  return typeof locked === 'boolean' ? [] : ['locked']
}

function readNames(person: Resource): MembershipChange['person'] {
  return {
    firstName: labelOf(person.first_name),
    lastName: labelOf(person.last_name),
    username: labelOf(person.username),
    imageUrl: textOf(person.image_url, urlMaxLength),
  }
}

function readOrganization(organization: Resource): OrganizationChange['record'] {
  return {
    name: labelOf(organization.name) ?? '',
    slug: textOf(organization.slug),
    imageUrl: textOf(organization.image_url, urlMaxLength),
  }
}

/** When something was made and changed. What does not say it was when Clerk told of it. */
export function timesOf(
  resource: Resource,
  toldAtMs: number,
): { readonly version: Version; readonly createdAt: number } {
  const createdAt = timeOf(resource.created_at, toldAtMs) ?? toldAtMs
  const updatedAt = timeOf(resource.updated_at, toldAtMs) ?? toldAtMs
  // Zero is what Clerk has not told of.
  return { version: { updatedAt: Math.max(1, updatedAt), toldAt: toldAtMs }, createdAt }
}

/** A time in milliseconds since the epoch, whatever it is told in; never one that is yet to come. */
function timeOf(value: unknown, toldAtMs: number): number | undefined {
  const timeMs = millisecondsOf(value)
  if (timeMs === undefined) return undefined
  return timeMs > toldAtMs + aheadMaxMs ? toldAtMs : timeMs
}

/** The members of an object; `undefined` for everything else. */
export function resourceOf(value: unknown): Resource | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Resource) : undefined
}

/** One of Clerk's ids. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w-]{1,128}$/.test(value) ? value : undefined
}

/** A text to be shown: without control characters and half characters, and cut to its share; `null` for none. */
export function labelOf(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const label = value
    .slice(0, nameMaxLength)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '')
  return label === '' ? null : label
}

/** A text that means something, as it is or not at all: cut or cleaned it could mean another. */
export function textOf(value: unknown, maxLength = nameMaxLength): string | null {
  if (typeof value !== 'string' || value === '' || value.length > maxLength) return null
  return value.isWellFormed() && !/\p{Cc}/u.test(value) ? value : null
}

/** A list of names, each once and in their order: two lists of the same names are the same. */
export function namesOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value.slice(0, permissionsMax) : []
  return [...new Set(list.map((one) => textOf(one)).filter((name) => name !== null))].sort()
}
