import { acceptRequest, rejectRequest } from '../acts/membership-requests.ts'
import { addMember, changeRole, removeMember } from '../acts/memberships.ts'
import { countedPage, pageAsAsked, pageFields, paginatedFields } from '../backend/lists.ts'
import { notFound } from '../kernel/complaint.ts'
import { list, needed, text } from '../kernel/fields.ts'
import { membershipOf, membersOf } from '../kernel/organizations.ts'
import type { Membership, MembershipRequest, Organization } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { frontend, resource } from './api.ts'
import { memberWith, type OrganizationCall } from './organization-access.ts'
import { membershipView } from './views/membership.ts'
import { membershipRequestView } from './views/membership-request.ts'

const manage = 'org:sys_memberships:manage'
const read = 'org:sys_memberships:read'
const members = '/v1/organizations/{organization_id}/memberships'
const requests = '/v1/organizations/{organization_id}/membership_requests'

/** The members of an organisation, and those who would be. */
export const organizationMembersOperations = [
  frontend({
    id: 'CreateOrganizationMembership',
    method: 'POST',
    path: members,
    takes: { user_id: text(), role: text() },
    handle(call) {
      const { world, input } = call
      const { organization } = memberWith(call, manage)
      const userId = needed(input.user_id, 'user_id')
      const role = needed(input.role, 'role')
      return resource(membershipView(world, addMember(world, { organization, userId, role })))
    },
  }),
  frontend({
    id: 'ListOrganizationMemberships',
    method: 'GET',
    path: members,
    takes: { ...paginatedFields, query: text(), role: list(text()) },
    handle(call) {
      const { world, input } = call
      const { organization } = memberWith(call, read, manage)
      const { role: roles, query = '' } = input
      const found = membersOf(world, organization.id).filter(
        (one) => (roles === undefined || roles.includes(one.role)) && isLike(world, one, query),
      )
      return resource(pageAsAsked(found, input, (one) => membershipView(world, one)))
    },
  }),
  frontend({
    id: 'UpdateOrganizationMembership',
    method: 'PATCH',
    path: `${members}/{user_id}`,
    takes: { role: text() },
    handle(call) {
      const { world, input } = call
      const { organization } = memberWith(call, manage)
      const membership = memberNamed(call, organization)
      const changed = changeRole(world, membership, needed(input.role, 'role'))
      return resource(membershipView(world, changed))
    },
  }),
  frontend({
    id: 'removeOrganizationMember',
    method: 'DELETE',
    path: `${members}/{user_id}`,
    handle(call) {
      const { organization } = memberWith(call, manage)
      const membership = memberNamed(call, organization)
      const view = membershipView(call.world, membership)
      removeMember(call.world, membership)
      return resource(view)
    },
  }),
  frontend({
    id: 'listOrganizationMembershipRequests',
    method: 'GET',
    path: requests,
    takes: { ...pageFields, status: list(text()) },
    handle(call) {
      const { world, input } = call
      const { organization } = memberWith(call, manage)
      const found = world.state.membershipRequests
        .filter(({ organizationId, status }) => {
          if (organizationId !== organization.id || status === 'suggested') return false
          return input.status === undefined || input.status.includes(status)
        })
        .reverse()
      return resource(countedPage(found, input, (one) => membershipRequestView(world, one)))
    },
  }),
  frontend({
    id: 'acceptOrganizationMembershipRequest',
    method: 'POST',
    path: `${requests}/{request_id}/accept`,
    handle(call) {
      const { world } = call
      const { organization } = memberWith(call, manage)
      const accepted = acceptRequest(world, organization, requestNamed(call, organization))
      return resource(membershipRequestView(world, accepted))
    },
  }),
  frontend({
    id: 'rejectOrganizationMembershipRequest',
    method: 'POST',
    path: `${requests}/{request_id}/reject`,
    handle(call) {
      const { world } = call
      const { organization } = memberWith(call, manage)
      const rejected = rejectRequest(world, requestNamed(call, organization))
      return resource(membershipRequestView(world, rejected))
    },
  }),
]

function memberNamed({ world, path }: OrganizationCall, { id }: Organization): Membership {
  const membership = membershipOf(world, id, path.user_id ?? '')
  if (membership === undefined) throw notFound('Membership not found')
  return membership
}

function requestNamed({ world, path }: OrganizationCall, { id }: Organization): MembershipRequest {
  const request = world.state.membershipRequests.get(path.request_id)
  if (request?.organizationId === id) return request
  throw notFound('Membership request not found')
}

function isLike({ state }: World, { userId }: Membership, query: string): boolean {
  const user = state.users.get(userId)
  const sought = query.trim().toLowerCase()
  const addresses = state.emailAddresses.filter((one) => one.userId === userId)
  const texts = [
    userId,
    user?.username ?? '',
    `${user?.firstName ?? ''} ${user?.lastName ?? ''}`,
    ...addresses.map(({ emailAddress }) => emailAddress),
  ]
  return texts.some((one) => one.toLowerCase().includes(sought))
}
