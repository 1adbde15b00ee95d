import type {
  Membership,
  Organization,
  OrganizationDomain,
  OrganizationInvitation,
  User,
} from './records.ts'
import type { World } from './world.ts'

/** The role of whoever makes an organisation. */
export const creatorRole = 'org:admin'

/** The role of whoever comes in by a domain. */
export const domainRole = 'org:member'

/** What somebody in every organisation must be able to do: read and manage members, and delete it. */
export const minimumPermissions: readonly string[] = [
  'org:sys_memberships:read',
  'org:sys_memberships:manage',
  'org:sys_profile:delete',
]

/** How many members an organisation may have where nobody says otherwise; Clerk's own default. */
export const defaultMaxMemberships = 5

/** The keys of all permissions of a role, Clerk's own among them; none for a role that is not known. */
export function permissionsOf({ state }: World, roleKey: string): readonly string[] {
  return state.roles.find(({ key }) => key === roleKey)?.permissions ?? []
}

/** The name of a role for people. */
export function roleNameOf({ state }: World, roleKey: string): string {
  return state.roles.find(({ key }) => key === roleKey)?.name ?? roleKey
}

/** Whether a role has all that somebody in every organisation must have. */
export function hasMinimum(permissions: readonly string[]): boolean {
  return minimumPermissions.every((permission) => permissions.includes(permission))
}

/** Where a user is a member, the newest first. */
export function membershipsOf(
  { state }: World,
  userId: string,
): readonly { readonly organization: Organization; readonly membership: Membership }[] {
  return state.memberships
    .filter((membership) => membership.userId === userId)
    .reverse()
    .flatMap((membership) => {
      const organization = state.organizations.get(membership.organizationId)
      return organization === undefined ? [] : [{ organization, membership }]
    })
}

/** The members of an organisation, the newest first. */
export function membersOf({ state }: World, organizationId: string): readonly Membership[] {
  return state.memberships.filter((one) => one.organizationId === organizationId).reverse()
}

/** The membership of one user in one organisation. */
export function membershipOf(
  { state }: World,
  organizationId: string,
  userId: string,
): Membership | undefined {
  return state.memberships.find(
    (one) => one.organizationId === organizationId && one.userId === userId,
  )
}

/** The status of an invitation at this time: nobody writes down that one has expired. */
export function invitationStatusOf<S extends string>(
  invitation: { readonly status: S; readonly expiresAt: number },
  nowMs: number,
): S | 'expired' {
  const { status, expiresAt } = invitation
  return status === 'pending' && expiresAt <= nowMs ? 'expired' : status
}

/** The invitations of an organisation, the newest first. */
export function invitationsOf(
  { state }: World,
  organizationId: string,
): readonly OrganizationInvitation[] {
  return state.organizationInvitations
    .filter((one) => one.organizationId === organizationId)
    .reverse()
}

/** Those invitations that somebody may still accept, but not those that a domain made. */
export function pendingInvitationsOf(
  world: World,
  organizationId: string,
): readonly OrganizationInvitation[] {
  const now = world.clock.now()
  return invitationsOf(world, organizationId).filter(
    (one) => invitationStatusOf(one, now) === 'pending' && one.domainId === null,
  )
}

/** Whether somebody in the organisation can do what somebody must. */
export function hasElevatedMember(world: World, organizationId: string): boolean {
  return membersOf(world, organizationId).some(({ role }) => hasMinimum(permissionsOf(world, role)))
}

/** Whether somebody was seen to receive mail at a domain, or the owner of the instance said so. */
export function isVerified({ verification, verifiedAt }: OrganizationDomain): boolean {
  return verification?.status === 'verified' || verifiedAt !== null
}

/** The addresses of a user that were verified. */
export function verifiedAddressesOf({ state }: World, { id }: User): readonly string[] {
  return state.emailAddresses
    .filter(({ userId, verification }) => userId === id && verification?.status === 'verified')
    .map(({ emailAddress }) => emailAddress)
}
