import { membersOf, pendingInvitationsOf } from '../../kernel/organizations.ts'
import type { Organization } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'

/** An organisation as the Frontend API shows it to its members: all but the private metadata. */
export function organizationView(world: World, organization: Organization): object {
  const { id } = organization
  return {
    object: 'organization',
    id,
    name: organization.name,
    slug: organization.slug,
    image_url: '',
    has_image: false,
    members_count: membersOf(world, id).length,
    pending_invitations_count: pendingInvitationsOf(world, id).length,
    max_allowed_memberships: organization.maxAllowedMemberships,
    admin_delete_enabled: organization.adminDeleteEnabled,
    self_serve_sso_enabled: false,
    public_metadata: organization.publicMetadata,
    created_at: organization.createdAt,
    updated_at: organization.updatedAt,
  }
}
