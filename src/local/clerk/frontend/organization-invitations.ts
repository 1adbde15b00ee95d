import { invite, inviteAll, revokeInvitation } from '../acts/organization-invitations.ts'
import { countedPage, pageFields } from '../backend/lists.ts'
import { Complaint } from '../kernel/complaint.ts'
import { emailAddress, flag, list, needed, nullable, oneOf, text } from '../kernel/fields.ts'
import { invitationStatusOf, invitationsOf, pendingInvitationsOf } from '../kernel/organizations.ts'
import type { Organization, OrganizationInvitation } from '../kernel/records.ts'
import { frontend, resource } from './api.ts'
import { memberWith, type OrganizationCall } from './organization-access.ts'
import { organizationInvitationView } from './views/organization-invitation.ts'

const manage = 'org:sys_memberships:manage'
const invitations = '/v1/organizations/{organization_id}/invitations'
const statuses = ['pending', 'accepted', 'revoked', 'expired', 'invalid', 'completed'] as const

/** Invitations as members send them. */
export const organizationInvitationsOperations = [
  frontend({
    id: 'createOrganizationInvitations',
    method: 'POST',
    path: invitations,
    takes: { email_address: emailAddress, role: text(), notify: nullable(flag) },
    async handle(call) {
      const { world, input, publicOrigin } = call
      const { organization, user } = memberWith(call, manage)
      const invitation = await invite(world, {
        organization,
        emailAddress: needed(input.email_address, 'email_address'),
        role: needed(input.role, 'role'),
        inviterUserId: user.id,
        publicOrigin,
        notify: input.notify,
      })
      return resource(organizationInvitationView(world, invitation))
    },
  }),
  frontend({
    id: 'getOrganizationInvitations',
    method: 'GET',
    path: invitations,
    takes: { ...pageFields, status: list(oneOf(statuses)) },
    handle(call) {
      const { world, input, nowMs } = call
      const { organization } = memberWith(call, manage)
      const found = invitationsOf(world, organization.id).filter(
        (one) =>
          one.domainId === null && (input.status?.includes(invitationStatusOf(one, nowMs)) ?? true),
      )
      return resource(countedPage(found, input, (one) => organizationInvitationView(world, one)))
    },
  }),
  frontend({
    id: 'bulkCreateOrganizationInvitations',
    method: 'POST',
    path: `${invitations}/bulk`,
    takes: { email_address: list(emailAddress, 10), role: text(), notify: nullable(flag) },
    async handle(call) {
      const { world, input, publicOrigin } = call
      const { organization, user } = memberWith(call, manage)
      const role = needed(input.role, 'role')
      const drafts = needed(input.email_address, 'email_address').map((address) => ({
        organization,
        emailAddress: address,
        role,
        inviterUserId: user.id,
        publicOrigin,
        notify: input.notify,
      }))
      const made = await inviteAll(world, drafts)
      return resource(made.map((one) => organizationInvitationView(world, one)))
    },
  }),
  frontend({
    id: 'getAllPendingOrganizationInvitations',
    method: 'GET',
    path: `${invitations}/pending`,
    handle(call) {
      const { organization } = memberWith(call, manage)
      const pending = pendingInvitationsOf(call.world, organization.id)
      return resource(pending.map((one) => organizationInvitationView(call.world, one)))
    },
  }),
  frontend({
    id: 'revokePendingOrganizationInvitation',
    method: 'POST',
    path: `${invitations}/{invitation_id}/revoke`,
    handle(call) {
      const { organization } = memberWith(call, manage)
      const revoked = revokeInvitation(call.world, invitationNamed(call, organization))
      return resource(organizationInvitationView(call.world, revoked))
    },
  }),
]

function invitationNamed(
  { world, path }: OrganizationCall,
  { id }: Organization,
): OrganizationInvitation {
  const invitation = world.state.organizationInvitations.get(path.invitation_id)
  if (invitation?.organizationId === id) return invitation
  throw new Complaint(404, 'organization_invitation_not_found', {
    message: 'not found',
    longMessage: `No invitation found with id ${path.invitation_id}.`,
  })
}
