import { invitationStatusOf, roleNameOf } from '../../kernel/organizations.ts'
import { publicOrganizationData } from '../../kernel/public-data.ts'
import type { OrganizationInvitation } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'

/** An invitation as the Frontend API shows it to members and to whoever is invited. */
export function organizationInvitationView(
  world: World,
  invitation: OrganizationInvitation,
): object {
  const organization = world.state.organizations.get(invitation.organizationId)
  return {
    object: 'organization_invitation',
    id: invitation.id,
    email_address: invitation.emailAddress,
    role: invitation.role,
    role_name: roleNameOf(world, invitation.role),
    organization_id: invitation.organizationId,
    ...(organization && { public_organization_data: publicOrganizationData(organization) }),
    status: invitationStatusOf(invitation, world.clock.now()),
    public_metadata: invitation.publicMetadata,
    // The ticket proves an address: a member who sees the invitation does not receive its mail.
    url: null,
    expires_at: invitation.expiresAt,
    created_at: invitation.createdAt,
    updated_at: invitation.updatedAt,
  }
}
