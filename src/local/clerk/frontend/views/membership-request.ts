import { publicOrganizationData, publicUserData } from '../../kernel/public-data.ts'
import type { MembershipRequest } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'

/** A request as the members of the organisation see it. */
export function membershipRequestView(world: World, request: MembershipRequest): object {
  const user = world.state.users.get(request.userId)
  return {
    object: 'organization_membership_request',
    id: request.id,
    organization_id: request.organizationId,
    status: request.status,
    public_user_data: user === undefined ? null : publicUserData(world, user),
    created_at: request.createdAt,
    updated_at: request.updatedAt,
  }
}

/** The same as the user sees it: a suggestion that waits, was taken, or has come to its end. */
export function suggestionView({ state }: World, suggestion: MembershipRequest): object {
  const organization = state.organizations.get(suggestion.organizationId)
  return {
    object: 'organization_suggestion',
    id: suggestion.id,
    ...(organization && { public_organization_data: publicOrganizationData(organization) }),
    status: suggestionStatusOf(suggestion),
    created_at: suggestion.createdAt,
    updated_at: suggestion.updatedAt,
  }
}

/** What the user is told: that a request was rejected is not. */
export function suggestionStatusOf({ status }: MembershipRequest): string {
  if (status === 'suggested') return 'pending'
  return status === 'accepted' ? 'completed' : 'accepted'
}
