import { Complaint } from '../kernel/complaint.ts'
import { membershipOf } from '../kernel/organizations.ts'
import type { Membership, Organization } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'

/** The organisation of this id; 404 for any other. */
export function organizationNamed({ state }: World, id: string | undefined): Organization {
  const organization = state.organizations.get(id)
  if (organization !== undefined) return organization
  throw missing('Given organization not found.')
}

/** The membership of this user there; 404 where there is none. */
export function membershipNamed(
  world: World,
  path: Readonly<Record<string, string>>,
): { readonly organization: Organization; readonly membership: Membership } {
  const organization = organizationNamed(world, path.organization_id)
  const membership = membershipOf(world, organization.id, path.user_id ?? '')
  if (membership !== undefined) return { organization, membership }
  throw missing('Organization membership not found')
}

/** What is said of anything that is not there. */
export function missing(longMessage: string): Complaint {
  return new Complaint(404, 'resource_not_found', { message: 'not found', longMessage })
}
