import { invitationStatusOf, roleNameOf } from '../../kernel/organizations.ts'
import { publicInviterData, publicOrganizationData } from '../../kernel/public-data.ts'
import type { OrganizationInvitation } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'

/** An invitation to an organisation as the Backend API and the events show it. */
export function organizationInvitationView(
  world: World,
  invitation: OrganizationInvitation,
): object {
  const inviter = world.state.users.get(invitation.inviterUserId)
  const status = invitationStatusOf(invitation, world.clock.now())
  return {
    object: 'organization_invitation',
    id: invitation.id,
    email_address: invitation.emailAddress,
    role: invitation.role,
    role_name: roleNameOf(world, invitation.role),
    organization_id: invitation.organizationId,
    inviter_id: invitation.inviterUserId,
    public_inviter_data: inviter === undefined ? null : publicInviterData(world, inviter),
    status,
    public_metadata: invitation.publicMetadata,
    private_metadata: invitation.privateMetadata,
    // A link that leads nowhere any more is not shown.
    url: status === 'pending' ? invitation.url : null,
    expires_at: invitation.expiresAt,
    created_at: invitation.createdAt,
    updated_at: invitation.updatedAt,
  }
}

/** The same with what may be seen of the organisation, where invitations of several are listed. */
export function invitationWithOrganizationView(
  world: World,
  invitation: OrganizationInvitation,
): object {
  const organization = world.state.organizations.get(invitation.organizationId)
  return {
    ...organizationInvitationView(world, invitation),
    ...(organization && { public_organization_data: publicOrganizationData(organization) }),
  }
}
