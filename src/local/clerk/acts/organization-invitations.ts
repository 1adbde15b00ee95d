import {
  invitationWithOrganizationView,
  organizationInvitationView,
} from '../backend/views/organization-invitation.ts'
import { Complaint } from '../kernel/complaint.ts'
import { ownerOf } from '../kernel/identifications.ts'
import { newId } from '../kernel/identifiers.ts'
import {
  invitationStatusOf,
  membershipOf,
  pendingInvitationsOf,
  permissionsOf,
} from '../kernel/organizations.ts'
import type {
  Membership,
  Metadata,
  Organization,
  OrganizationInvitation,
  User,
} from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { makeLink } from './invitation-links.ts'
import { addMember, alreadyMember, refuseFull, refuseUnknownRole } from './memberships.ts'

const dayMs = 24 * 60 * 60 * 1000

/** Whom somebody invites. */
export interface OrganizationInvitationDraft {
  readonly organization: Organization
  readonly emailAddress: string
  readonly role: string
  readonly inviterUserId: string | null
  /** Where browsers see the application; the link leads there, or to `redirectUrl`. */
  readonly publicOrigin: string
  readonly redirectUrl?: string | null | undefined
  readonly publicMetadata?: Metadata | undefined
  readonly privateMetadata?: Metadata | undefined
  readonly expiresInDays?: number | null | undefined
  /** Whether a message is sent, as it is when not given. */
  readonly notify?: boolean | null | undefined
}

/** Invites somebody to an organisation: a link with a ticket is sent. */
export async function invite(
  world: World,
  draft: OrganizationInvitationDraft,
): Promise<OrganizationInvitation> {
  const { organization, emailAddress, role, inviterUserId, redirectUrl = null } = draft
  const { publicMetadata = {}, privateMetadata = {}, expiresInDays, notify } = draft
  refuseInvitation(world, draft)
  const link = await makeLink(world, { ...draft, redirectUrl })
  const now = world.clock.now()
  const invitation = world.state.organizationInvitations.put({
    id: newId('orginv'),
    organizationId: organization.id,
    emailAddress,
    role,
    status: 'pending',
    inviterUserId,
    redirectUrl,
    publicMetadata,
    privateMetadata,
    expiresAt: now + (expiresInDays ?? 30) * dayMs,
    userId: null,
    domainId: null,
    ...link,
    createdAt: now,
    updatedAt: now,
  })
  if (notify !== false) {
    const subject = `You have been invited to join ${organization.name}`
    const message = { channel: 'email', to: emailAddress, subject, code: null } as const
    world.send({ ...message, link: link.url, userId: null })
  }
  world.emit('organizationInvitation.created', invitationWithOrganizationView(world, invitation))
  return invitation
}

/** Invites several, or nobody where one of them cannot be. */
export async function inviteAll(
  world: World,
  drafts: readonly OrganizationInvitationDraft[],
): Promise<readonly OrganizationInvitation[]> {
  const seen = new Set<string>()
  for (const draft of drafts) {
    refuseInvitation(world, draft)
    if (seen.has(draft.emailAddress)) throw notUnique()
    seen.add(draft.emailAddress)
    refuseFull(world, draft.organization, seen.size)
  }
  const made: OrganizationInvitation[] = []
  for (const draft of drafts) made.push(await invite(world, draft))
  return made
}

function refuseInvitation(world: World, draft: OrganizationInvitationDraft): void {
  const { organization, emailAddress, role, inviterUserId } = draft
  refuseUnknownRole(world, role)
  if (inviterUserId !== null) refuseInviter(world, organization, inviterUserId)
  const owner = ownerOf(world, emailAddress)
  if (owner && membershipOf(world, organization.id, owner.id)) {
    throw alreadyMember(emailAddress)
  }
  const pending = pendingInvitationsOf(world, organization.id)
  if (pending.some((one) => one.emailAddress === emailAddress)) {
    throw notUnique()
  }
  refuseFull(world, organization, 1)
}

/** Refuses whoever may not manage the members of an organisation. */
export function refuseInviter(world: World, organization: Organization, userId: string): void {
  const membership = membershipOf(world, organization.id, userId)
  if (membership === undefined) {
    throw new Complaint(403, 'not_a_member_in_organization', {
      message: 'not a member',
      longMessage:
        'Current user is not a member of the organization. Only organization members can perform this action.',
    })
  }
  refuseWithout(world, membership, ['org:sys_memberships:manage'])
}

/** Refuses a member who has none of these permissions. */
export function refuseWithout(
  world: World,
  { role }: Membership,
  permissions: readonly string[],
): void {
  const own = permissionsOf(world, role)
  if (permissions.some((permission) => own.includes(permission))) return
  throw new Complaint(403, 'missing_organization_permission', {
    message: 'missing permission',
    longMessage: 'Current user is missing an organization permission.',
    permissions,
  })
}

/** Revokes an invitation that nobody has accepted yet. */
export function revokeInvitation(
  world: World,
  invitation: OrganizationInvitation,
): OrganizationInvitation {
  if (invitationStatusOf(invitation, world.clock.now()) !== 'pending') throw notPending()
  const updatedAt = world.clock.now()
  const revoked = world.state.organizationInvitations.put({
    ...invitation,
    status: 'revoked',
    updatedAt,
  })
  world.emit('organizationInvitation.revoked', invitationWithOrganizationView(world, revoked))
  return revoked
}

/** Accepts an invitation in the name of a user, who is a member then. Whose it is, is for the caller to know. */
export function acceptInvitation(
  world: World,
  invitation: OrganizationInvitation,
  user: User,
): OrganizationInvitation {
  const { state, clock } = world
  const organization = joinable(world, invitation, user)
  const { role, publicMetadata, privateMetadata, domainId } = invitation
  // Those that a domain has made are not counted before they are accepted.
  const draft = { organization, role, publicMetadata, privateMetadata, hasPlace: domainId === null }
  addMember(world, { ...draft, userId: user.id })
  const accepted = state.organizationInvitations.put({
    ...invitation,
    status: 'accepted',
    userId: user.id,
    updatedAt: clock.now(),
  })
  world.emit('organizationInvitation.accepted', {
    ...organizationInvitationView(world, accepted),
    user_id: user.id,
  })
  return accepted
}

/** The organisation that an invitation makes a user a member of; a refusal where it cannot. */
export function joinable(
  world: World,
  invitation: OrganizationInvitation,
  user: User,
): Organization {
  refuseUnusable(world, invitation)
  const organization = world.state.organizations.get(invitation.organizationId)
  if (organization === undefined) throw toDeletedOrganization()
  if (membershipOf(world, organization.id, user.id)) throw alreadyMember(invitation.emailAddress)
  return organization
}

/** Refuses an invitation that was accepted, revoked, or came too late. */
export function refuseUnusable(world: World, invitation: OrganizationInvitation): void {
  const status = invitationStatusOf(invitation, world.clock.now())
  if (status === 'pending') return
  if (status === 'accepted') {
    throw new Complaint(400, 'organization_invitation_already_accepted', {
      message: 'invitation has already been accepted',
      longMessage: 'This invitation has already been accepted. Sign in instead.',
    })
  }
  if (status === 'revoked') {
    throw new Complaint(400, 'organization_invitation_revoked_code', {
      message: 'invitation has been revoked',
      longMessage: 'This invitation has been revoked and cannot be used anymore.',
    })
  }
  throw notPending()
}

function notUnique(): Complaint {
  return new Complaint(400, 'organization_invitation_not_unique', {
    message: 'organization invitation not unique',
    longMessage: 'Organizations cannot have duplicate pending invitations for an email address.',
  })
}

/** What is said of an invitation that nobody can accept or revoke any more. */
export function notPending(): Complaint {
  return new Complaint(404, 'organization_invitation_not_pending', {
    message: 'not pending',
    longMessage: "The organization invitation is not in the 'pending' status.",
  })
}

function toDeletedOrganization(): Complaint {
  return new Complaint(400, 'organization_invitation_to_deleted_organization', {
    message: 'organization invitation to deleted organization',
    longMessage: 'This invitation refers to an organization that has been deleted.',
  })
}
