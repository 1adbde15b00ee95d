import { Complaint } from '../kernel/complaint.ts'
import { domainRole } from '../kernel/organizations.ts'
import type { MembershipRequest, Organization } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { addMember } from './memberships.ts'

/** A user takes a suggestion: the organisation is asked. */
export function acceptSuggestion(
  { state, clock }: World,
  suggestion: MembershipRequest,
): MembershipRequest {
  if (suggestion.status !== 'suggested') {
    throw new Complaint(400, 'organization_suggestion_already_accepted', {
      message: 'suggestion has already been accepted',
      longMessage: 'This organization suggestion has already been accepted.',
    })
  }
  return state.membershipRequests.put({
    ...suggestion,
    status: 'pending',
    updatedAt: clock.now(),
  })
}

/** The organisation lets whoever asked in. */
export function acceptRequest(
  world: World,
  organization: Organization,
  request: MembershipRequest,
): MembershipRequest {
  refuseDecided(request)
  addMember(world, { organization, userId: request.userId, role: domainRole })
  return decide(world, request, 'accepted')
}

/** The organisation does not. */
export function rejectRequest(world: World, request: MembershipRequest): MembershipRequest {
  refuseDecided(request)
  return decide(world, request, 'rejected')
}

function decide(
  { state, clock }: World,
  request: MembershipRequest,
  status: 'accepted' | 'rejected',
): MembershipRequest {
  return state.membershipRequests.put({ ...request, status, updatedAt: clock.now() })
}

function refuseDecided({ status }: MembershipRequest): void {
  if (status === 'pending') return
  throw new Complaint(404, 'resource_not_found', {
    message: 'not found',
    longMessage: 'The membership request is not pending.',
  })
}
