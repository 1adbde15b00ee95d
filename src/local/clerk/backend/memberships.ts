import { addMember, changeRole, removeMember, updateMembership } from '../acts/memberships.ts'
import { type InputOf, list, needed, text } from '../kernel/fields.ts'
import { mergeMetadata, metadata } from '../kernel/metadata.ts'
import { membershipsOf, membersOf } from '../kernel/organizations.ts'
import type { Membership } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { countedPage, newestFirst, orderBy, ordered, pageFields } from './lists.ts'
import { membershipNamed, organizationNamed } from './organization-access.ts'
import { userFilters, usersMatching } from './user-filters.ts'
import { userNamed } from './users.ts'
import { membershipView } from './views/membership.ts'

const all = '/organizations/{organization_id}/memberships'
const one = `${all}/{user_id}`
const bothMetadata = { public_metadata: metadata, private_metadata: metadata }

const order = {
  order_by: orderBy([
    'phone_number',
    'email_address',
    'created_at',
    'first_name',
    'last_name',
    'username',
  ]),
}

const memberFilters = {
  user_id: userFilters.user_id,
  email_address: userFilters.email_address,
  phone_number: userFilters.phone_number,
  username: userFilters.username,
  web3_wallet: userFilters.web3_wallet,
  query: userFilters.query,
  email_address_query: userFilters.email_address_query,
  phone_number_query: userFilters.phone_number_query,
  username_query: userFilters.username_query,
  name_query: userFilters.name_query,
  last_active_at_before: userFilters.last_active_at_before,
  last_active_at_after: userFilters.last_active_at_after,
  created_at_before: userFilters.created_at_before,
  created_at_after: userFilters.created_at_after,
}

/** Who is a member of what, as the owner of the secret key has it. */
export const membershipsOperations = [
  backend({
    id: 'CreateOrganizationMembership',
    method: 'POST',
    path: all,
    takes: { ...bothMetadata, user_id: text(), role: text() },
    handle({ world, path, input }) {
      const membership = addMember(world, {
        organization: organizationNamed(world, path.organization_id),
        userId: needed(input.user_id, 'user_id'),
        role: needed(input.role, 'role'),
        publicMetadata: input.public_metadata ?? {},
        privateMetadata: input.private_metadata ?? {},
      })
      return membershipView(world, membership)
    },
  }),
  backend({
    id: 'ListOrganizationMemberships',
    method: 'GET',
    path: all,
    takes: { ...memberFilters, ...order, ...pageFields, role: list(text(), 100) },
    handle({ world, path, input }) {
      const { id } = organizationNamed(world, path.organization_id)
      const { role: roles, order_by: _order, limit: _limit, offset: _offset, ...filters } = input
      const users = new Set(usersMatching(world, filters).map((user) => user.id))
      const found = membersOf(world, id).filter(
        ({ userId, role }) => users.has(userId) && (roles?.includes(role) ?? true),
      )
      return page(world, found, input)
    },
  }),
  backend({
    id: 'UpdateOrganizationMembership',
    method: 'PATCH',
    path: one,
    takes: { role: text() },
    handle({ world, path, input }) {
      const { membership } = membershipNamed(world, path)
      const role = needed(input.role, 'role')
      return membershipView(world, changeRole(world, membership, role))
    },
  }),
  backend({
    id: 'DeleteOrganizationMembership',
    method: 'DELETE',
    path: one,
    handle({ world, path }) {
      const { membership } = membershipNamed(world, path)
      const view = membershipView(world, membership)
      removeMember(world, membership)
      return view
    },
  }),
  backend({
    id: 'UpdateOrganizationMembershipMetadata',
    method: 'PATCH',
    path: `${one}/metadata`,
    takes: bothMetadata,
    handle({ world, path, input }) {
      const { membership } = membershipNamed(world, path)
      const { publicMetadata, privateMetadata } = membership
      const { public_metadata = {}, private_metadata = {} } = input
      const updated = updateMembership(world, membership, {
        publicMetadata: mergeMetadata(publicMetadata, public_metadata, 'public_metadata'),
        privateMetadata: mergeMetadata(privateMetadata, private_metadata, 'private_metadata'),
      })
      return membershipView(world, updated)
    },
  }),
  backend({
    id: 'InstanceGetOrganizationMemberships',
    method: 'GET',
    path: '/organization_memberships',
    takes: { ...order, ...pageFields },
    handle: ({ world, input }) => page(world, newestFirst(world.state.memberships.all()), input),
  }),
  backend({
    id: 'UsersGetOrganizationMemberships',
    method: 'GET',
    path: '/users/{user_id}/organization_memberships',
    takes: pageFields,
    handle({ world, path, input }) {
      const user = userNamed(world, path.user_id)
      const found = membershipsOf(world, user.id).map(({ membership }) => membership)
      return countedPage(found, input, (membership) => membershipView(world, membership))
    },
  }),
]

type Listing = Pick<InputOf<typeof order & typeof pageFields>, 'order_by' | 'limit' | 'offset'>

function page(world: World, memberships: readonly Membership[], input: Listing): object {
  const { order_by: wanted } = input
  const sorted =
    wanted === undefined
      ? memberships
      : ordered(memberships, wanted, (one, column) => columnOf(world, one, column))
  return countedPage(sorted, input, (membership) => membershipView(world, membership))
}

type Column = NonNullable<Listing['order_by']>['column']

function columnOf({ state }: World, membership: Membership, column: Column) {
  if (column === 'created_at') return membership.createdAt
  const user = state.users.get(membership.userId)
  const columns: Readonly<Record<Exclude<Column, 'created_at'>, string | null | undefined>> = {
    phone_number: state.phoneNumbers.get(user?.primaryPhoneNumberId)?.phoneNumber,
    email_address: state.emailAddresses.get(user?.primaryEmailAddressId)?.emailAddress,
    first_name: user?.firstName,
    last_name: user?.lastName,
    username: user?.username,
  }
  return columns[column] ?? null
}
