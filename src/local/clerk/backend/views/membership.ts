import { permissionsOf, roleNameOf } from '../../kernel/organizations.ts'
import { publicUserData } from '../../kernel/public-data.ts'
import type { Membership } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'
import { organizationView } from './organization.ts'

/** A membership as the Backend API and the events show it. */
export function membershipView(world: World, membership: Membership): object {
  const organization = world.state.organizations.get(membership.organizationId)
  const user = world.state.users.get(membership.userId)
  return {
    object: 'organization_membership',
    id: membership.id,
    role: membership.role,
    role_name: roleNameOf(world, membership.role),
    permissions: permissionsOf(world, membership.role),
    public_metadata: membership.publicMetadata,
    private_metadata: membership.privateMetadata,
    organization: organization && organizationView(world, organization),
    ...(user && { public_user_data: publicUserData(world, user) }),
    created_at: membership.createdAt,
    updated_at: membership.updatedAt,
  }
}
