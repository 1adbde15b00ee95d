import type { Profile } from './profile.ts'

/** What else than users, organisations and memberships is mirrored. */
export const clerkObjectKinds = [
  'session',
  'organization_invitation',
  'organization_domain',
  'role',
  'permission',
  'waitlist_entry',
  'subscription',
  'subscription_item',
] as const

/** See {@link clerkObjectKinds}. */
export type ClerkObjectKind = (typeof clerkObjectKinds)[number]

/** What is walked through as a whole, in this order: whoever is a member of something was seen before. */
export const syncStages = ['users', 'organizations', 'memberships'] as const

/** See {@link syncStages}. */
export type SyncStage = (typeof syncStages)[number]

/** What Clerk calls a session that is over. None of these ever comes back. */
export const sessionEnds: ReadonlySet<string> = new Set([
  ...['ended', 'removed', 'revoked', 'expired', 'abandoned', 'replaced'],
])

/** How new a state is, in milliseconds since the epoch. The later wins, and of two of one time the one told later. */
export interface Version {
  readonly updatedAt: number
  readonly toldAt: number
}

/** Whether `one` is to take the place of `other`: it is newer, or the same once more. */
export function isNewer(one: Version, other: Version): boolean {
  if (one.updatedAt !== other.updatedAt) return one.updatedAt > other.updatedAt
  return one.toldAt >= other.toldAt
}

/** What Clerk says of an organisation, as far as Usher keeps it. */
export interface OrganizationRecord {
  readonly name: string
  readonly slug: string | null
  readonly imageUrl: string | null
}

interface Change {
  /** Clerk's id. */
  readonly id: string
  readonly version: Version
}

/** A person as they are now. */
export interface UserChange extends Change {
  readonly kind: 'user'
  readonly profile: Profile
  /** Whoever stands like one of these goes on so: the message does not say otherwise. */
  readonly unsaid?: readonly Profile['status'][]
  /** When the account was made, in milliseconds since the epoch. */
  readonly createdAt: number
}

/** An organisation as it is now. */
export interface OrganizationChange extends Change {
  readonly kind: 'organization'
  readonly record: OrganizationRecord
  readonly createdAt: number
}

/** A membership as it is now, or as it was when it ended. */
export interface MembershipChange extends Change {
  readonly kind: 'membership'
  readonly isDeleted: boolean
  readonly organizationId: string
  /** What the membership itself says of its organisation: all that is known until Clerk tells more. */
  readonly organization: OrganizationRecord
  readonly userId: string
  /** The same of its user: no address, because none of them is known to be verified. */
  readonly person: Pick<Profile, 'firstName' | 'lastName' | 'username' | 'imageUrl'>
  readonly role: string
  readonly permissions: readonly string[]
  readonly createdAt: number
}

/** A person or an organisation that is gone. Clerk says no more of it than its id. */
export interface Departure extends Change {
  readonly kind: 'user-deleted' | 'organization-deleted'
}

/** Anything else that Clerk tells of, as it is now; `deleted` is its status when it is gone. */
export interface ObjectChange extends Change {
  readonly kind: 'object'
  readonly object: ClerkObjectKind
  readonly owner: string
  readonly status: string
  readonly data: Readonly<Record<string, unknown>>
}

/** What one message or one page of Clerk's says is so. */
export type MirrorChange =
  | UserChange
  | OrganizationChange
  | MembershipChange
  | Departure
  | ObjectChange
