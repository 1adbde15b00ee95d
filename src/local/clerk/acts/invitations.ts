import { waitlistEntryView } from '../backend/views/waitlist-entry.ts'
import { Complaint, wrongParameter } from '../kernel/complaint.ts'
import { ownerOf } from '../kernel/identifications.ts'
import { digestOf, newId } from '../kernel/identifiers.ts'
import { invitationStatusOf } from '../kernel/organizations.ts'
import type { Invitation, Metadata, OrganizationInvitation, User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { makeLink } from './invitation-links.ts'
import { acceptInvitation, refuseUnusable } from './organization-invitations.ts'

const dayMs = 24 * 60 * 60 * 1000

/** Whom somebody invites to the application. */
export interface InvitationDraft {
  readonly emailAddress: string
  /** Where browsers see the application; the link leads there, or to `redirectUrl`. */
  readonly publicOrigin: string
  readonly redirectUrl?: string | null | undefined
  readonly publicMetadata?: Metadata | undefined
  readonly expiresInDays?: number | null | undefined
  readonly ignoreExisting?: boolean | null | undefined
  readonly notify?: boolean | null | undefined
}

/** Invites somebody to the application. */
export async function inviteToApplication(
  world: World,
  draft: InvitationDraft,
): Promise<Invitation> {
  const { emailAddress, publicMetadata = {}, redirectUrl = null, expiresInDays, notify } = draft
  const { state, clock } = world
  if (!draft.ignoreExisting) refuseExisting(world, emailAddress)
  const link = await makeLink(world, { ...draft, redirectUrl })
  const now = clock.now()
  const invitation = state.invitations.put({
    id: newId('inv'),
    emailAddress,
    status: 'pending',
    publicMetadata,
    redirectUrl,
    expiresAt: now + (expiresInDays ?? 30) * dayMs,
    ...link,
    createdAt: now,
    updatedAt: now,
  })
  if (notify !== false) {
    const message = { channel: 'email', to: emailAddress, code: null, userId: null } as const
    world.send({ ...message, subject: 'Your invitation', link: link.url })
  }
  return invitation
}

/** Refuses an address that somebody proved to have, or that is invited already. */
export function refuseExisting(world: World, emailAddress: string): void {
  const { state, clock } = world
  if (ownerOf(world, emailAddress)) {
    throw wrongParameter(
      'form_identifier_exists',
      'email_address',
      'That email address is taken. Please try another.',
    )
  }
  const now = clock.now()
  const isInvited = state.invitations.find(
    (one) => one.emailAddress === emailAddress && invitationStatusOf(one, now) === 'pending',
  )
  if (isInvited === undefined) return
  throw new Complaint(400, 'duplicate_record', {
    message: 'duplicate invitation',
    longMessage: `There are already pending invitations for the following email addresses: ${emailAddress}`,
    email_addresses: [emailAddress],
  })
}

/** Revokes an invitation that nobody has accepted yet. */
export function revokeApplicationInvitation({ state, clock }: World, invitation: Invitation) {
  if (invitation.status === 'accepted') throw alreadyAccepted()
  if (invitation.status === 'revoked') {
    const message = 'Invitation is already revoked.'
    throw new Complaint(400, 'invitation_already_revoked', { message })
  }
  return state.invitations.put({ ...invitation, status: 'revoked', updatedAt: clock.now() })
}

/** What a ticket in a link invites to. The ticket proves that its bearer receives mail at `emailAddress`. */
export type Invited =
  | { readonly kind: 'organization_invitation'; readonly invitation: OrganizationInvitation }
  | { readonly kind: 'invitation'; readonly invitation: Invitation }

/** The invitation of a ticket; `undefined` where it is none, a refusal where it is worth nothing any more. */
export async function invitedBy(world: World, ticket: string): Promise<Invited | undefined> {
  const digest = await digestOf(ticket)
  const { organizationInvitations, invitations } = world.state
  const toOrganization = organizationInvitations.find((one) => one.ticketDigest === digest)
  const toApplication = invitations.find((one) => one.ticketDigest === digest)
  return invitationNamed(world, (toOrganization ?? toApplication)?.id ?? null)
}

/** The invitation that somebody came with; `undefined` where there is none, a refusal where it is worth nothing any more. */
export function invitationNamed(world: World, id: string | null): Invited | undefined {
  const { state, clock } = world
  const toOrganization = state.organizationInvitations.get(id)
  if (toOrganization !== undefined) {
    if (invitationStatusOf(toOrganization, clock.now()) === 'expired') throw expired()
    refuseUnusable(world, toOrganization)
    return { kind: 'organization_invitation', invitation: toOrganization }
  }
  const invitation = state.invitations.get(id)
  if (invitation === undefined) return undefined
  const status = invitationStatusOf(invitation, clock.now())
  if (status === 'expired') throw expired()
  if (status === 'accepted') throw alreadyAccepted()
  if (status === 'revoked') {
    throw new Complaint(400, 'revoked_invitation', { message: 'The invitation was revoked.' })
  }
  return { kind: 'invitation', invitation }
}

/**
 * Uses a ticket up: whoever came with it has signed in or up. A new user's metadata is for the caller, who
 * makes the user, to take from the invitation.
 */
export function acceptInvitationTicket(world: World, invited: Invited, user: User): void {
  if (invited.kind === 'organization_invitation') {
    acceptInvitation(world, invited.invitation, user)
    return
  }
  const { state, clock } = world
  const { invitation } = invited
  const updatedAt = clock.now()
  state.invitations.put({ ...invitation, status: 'accepted', updatedAt })
  const entry = state.waitlistEntries.find((one) => one.invitationId === invitation.id)
  if (entry === undefined) return
  const completed = state.waitlistEntries.put({ ...entry, status: 'completed', updatedAt })
  world.emit('waitlistEntry.updated', waitlistEntryView(world, completed))
}

function alreadyAccepted(): Complaint {
  const message = 'Invitation is already accepted, try signing in instead.'
  return new Complaint(400, 'invitation_already_accepted', { message })
}

function expired(): Complaint {
  return new Complaint(400, 'ticket_expired_code', {
    message: 'ticket has expired',
    longMessage: 'This link has expired. Please ask for a new one.',
  })
}
