import { membershipView } from '../backend/views/membership.ts'
import { Complaint } from '../kernel/complaint.ts'
import { newId } from '../kernel/identifiers.ts'
import {
  hasMinimum,
  membershipOf,
  membersOf,
  pendingInvitationsOf,
  permissionsOf,
} from '../kernel/organizations.ts'
import type { Membership, Metadata, Organization } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'

/** Who becomes a member of what, and as what. */
export interface MembershipDraft {
  readonly id?: string
  readonly organization: Organization
  readonly userId: string
  /** The key of a role. */
  readonly role: string
  readonly publicMetadata?: Metadata
  readonly privateMetadata?: Metadata
  /** An invitation was counted already. */
  readonly hasPlace?: boolean
}

/** Makes a user a member. */
export function addMember(world: World, draft: MembershipDraft): Membership {
  const { state, clock } = world
  const { id = newId('orgmem'), organization, hasPlace = false, ...rest } = draft
  refuseUnknownRole(world, draft.role)
  const user = state.users.get(draft.userId)
  if (user === undefined) {
    throw new Complaint(404, 'resource_not_found', {
      message: 'not found',
      longMessage: `No user was found with id ${draft.userId}.`,
    })
  }
  if (membershipOf(world, organization.id, user.id)) throw alreadyMember(user.id)
  if (!hasPlace) refuseFull(world, organization, 1)
  const now = clock.now()
  const membership = state.memberships.put({
    publicMetadata: {},
    privateMetadata: {},
    ...rest,
    id,
    organizationId: organization.id,
    createdAt: now,
    updatedAt: now,
  })
  world.emit('organizationMembership.created', membershipView(world, membership))
  return membership
}

/** What may be changed of a membership. */
export type MembershipChanges = Partial<
  Pick<Membership, 'role' | 'publicMetadata' | 'privateMetadata'>
>

/** Changes a membership. */
export function updateMembership(
  world: World,
  membership: Membership,
  changes: MembershipChanges,
): Membership {
  const updatedAt = world.clock.now()
  const updated = world.state.memberships.put({ ...membership, ...changes, updatedAt })
  world.emit('organizationMembership.updated', membershipView(world, updated))
  return updated
}

/** Gives a member another role; the last one who can do what somebody must cannot lose that. */
export function changeRole(world: World, membership: Membership, role: string): Membership {
  refuseUnknownRole(world, role)
  if (!hasMinimum(permissionsOf(world, role))) refuseLast(world, membership)
  return updateMembership(world, membership, { role })
}

/** Takes a member out; the last one who can do what somebody must has to stay. */
export function removeMember(world: World, membership: Membership): void {
  const { state, clock } = world
  const { organizationId, userId } = membership
  refuseLast(world, membership)
  const view = membershipView(world, membership)
  state.memberships.remove(membership.id)
  const active = state.sessions.filter(
    (one) => one.userId === userId && one.lastActiveOrganizationId === organizationId,
  )
  for (const session of active) {
    state.sessions.put({ ...session, lastActiveOrganizationId: null, updatedAt: clock.now() })
  }
  world.emit('organizationMembership.deleted', view)
}

/** Refuses as many more members and invitations as an organisation has no room for. */
export function refuseFull(world: World, organization: Organization, more: number): void {
  const { id, maxAllowedMemberships } = organization
  if (maxAllowedMemberships === 0) return
  const count = membersOf(world, id).length + pendingInvitationsOf(world, id).length
  if (count + more <= maxAllowedMemberships) return
  throw new Complaint(403, 'organization_membership_quota_exceeded', {
    message: 'organization membership quota exceeded',
    longMessage: `You have reached your limit of ${maxAllowedMemberships} organization memberships, including outstanding invitations.`,
  })
}

/** Refuses a role that the instance has not. */
export function refuseUnknownRole({ state }: World, role: string): void {
  if (state.roles.find(({ key }) => key === role)) return
  throw new Complaint(404, 'resource_not_found', {
    message: 'not found',
    longMessage: 'Organization role not found',
    paramName: 'role',
  })
}

/** What is said where somebody is a member already. */
export function alreadyMember(who: string): Complaint {
  return new Complaint(400, 'already_a_member_in_organization', {
    message: 'already a member',
    longMessage: `${who} is already a member of the organization.`,
  })
}

function refuseLast(world: World, { id, organizationId, role }: Membership): void {
  const canManage = (key: string) => hasMinimum(permissionsOf(world, key))
  if (!canManage(role)) return
  const others = membersOf(world, organizationId).filter((one) => one.id !== id)
  if (others.some((one) => canManage(one.role))) return
  throw new Complaint(400, 'organization_minimum_permissions_needed', {
    message: 'minimum organization permissions needed',
    longMessage:
      'There has to be at least one organization member with the minimum required permissions',
  })
}
