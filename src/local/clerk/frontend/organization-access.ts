import { refuseWithout } from '../acts/organization-invitations.ts'
import { Complaint } from '../kernel/complaint.ts'
import type { Asked } from '../kernel/operation.ts'
import { membershipOf } from '../kernel/organizations.ts'
import type { Membership, Organization, User } from '../kernel/records.ts'
import type { Browser } from './browser.ts'

/** A call of somebody about the organisation in its path. */
export type OrganizationCall = Pick<Asked, 'world' | 'path'> & { readonly caller: Browser }

/** Who asks, and where they are a member. */
export interface Member {
  readonly user: User
  readonly organization: Organization
  readonly membership: Membership
}

/**
 * The organisation in the path and the caller's place in it, who has one of these permissions where any are
 * given. That an organisation is there is told to its members only.
 */
export function memberWith(call: OrganizationCall, ...permissions: readonly string[]): Member {
  const { world, path, caller } = call
  const { user } = caller.signedIn()
  const organization = world.state.organizations.get(path.organization_id)
  const membership = organization && membershipOf(world, organization.id, user.id)
  if (organization === undefined || membership === undefined) {
    throw new Complaint(404, 'organization_not_found_or_unauthorized', {
      message: 'not found or unauthorized',
      longMessage:
        "Given organization not found, or you don't have permission to access the organization",
    })
  }
  if (permissions.length > 0) refuseWithout(world, membership, permissions)
  return { user, organization, membership }
}
