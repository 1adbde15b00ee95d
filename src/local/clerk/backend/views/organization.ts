import { hasElevatedMember, membersOf, pendingInvitationsOf } from '../../kernel/organizations.ts'
import type { Organization } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'

/** What a caller asks for beside the organisation itself. */
export interface OrganizationExtras {
  readonly membersCount?: boolean | undefined
  readonly missingMember?: boolean | undefined
}

/** An organisation as the Backend API and the events show it. */
export function organizationView(
  world: World,
  organization: Organization,
  { membersCount, missingMember }: OrganizationExtras = {},
): object {
  const { id, createdBy } = organization
  return {
    object: 'organization',
    id,
    name: organization.name,
    slug: organization.slug,
    image_url: '',
    has_image: false,
    max_allowed_memberships: organization.maxAllowedMemberships,
    admin_delete_enabled: organization.adminDeleteEnabled,
    public_metadata: organization.publicMetadata,
    private_metadata: organization.privateMetadata,
    ...(createdBy !== null && { created_by: createdBy }),
    created_at: organization.createdAt,
    updated_at: organization.updatedAt,
    ...(membersCount && {
      members_count: membersOf(world, id).length,
      pending_invitations_count: pendingInvitationsOf(world, id).length,
    }),
    ...(missingMember && {
      missing_member_with_elevated_permissions: !hasElevatedMember(world, id),
    }),
  }
}
