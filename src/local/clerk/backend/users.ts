import { deletedObject, deleteUser } from '../acts/people.ts'
import { notFound, wrongParameter } from '../kernel/complaint.ts'
import { type InputOf, text } from '../kernel/fields.ts'
import type { User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { orderBy, ordered, pageFields, pageOf } from './lists.ts'
import { userFilters, usersMatching } from './user-filters.ts'
import { userView } from './views/user.ts'

const listFields = {
  ...userFilters,
  ...pageFields,
  starting_after: text(),
  order_by: orderBy([
    'created_at',
    'updated_at',
    'email_address',
    'web3wallet',
    'first_name',
    'last_name',
    'phone_number',
    'username',
    'last_active_at',
    'last_sign_in_at',
  ]),
}

/** Users as they are. */
export const usersOperations = [
  backend({
    id: 'GetUserList',
    method: 'GET',
    path: '/users',
    takes: listFields,
    handle: ({ world, input }) => userPage(world, input).map((user) => userView(world, user)),
  }),
  backend({
    id: 'GetUsersCount',
    method: 'GET',
    path: '/users/count',
    // Clerk's SDK sends the cursor of a list to the count beside it, where it says nothing.
    takes: { ...userFilters, starting_after: text() },
    handle({ world, input }) {
      return { object: 'total_count', total_count: usersMatching(world, input).length }
    },
  }),
  backend({
    id: 'GetUser',
    method: 'GET',
    path: '/users/{user_id}',
    handle: ({ world, path }) => userView(world, userNamed(world, path.user_id)),
  }),
  backend({
    id: 'DeleteUser',
    method: 'DELETE',
    path: '/users/{user_id}',
    handle({ world, path }) {
      const user = userNamed(world, path.user_id)
      deleteUser(world, user)
      return deletedObject('user', user.id)
    },
  }),
]

/** The user of this id; 404 for any other. */
export function userNamed({ state }: World, id: string | undefined): User {
  const user = state.users.get(id)
  if (user === undefined) throw notFound('User not found')
  return user
}

const usualOrder = { column: 'created_at', isDescending: true } as const

function userPage(world: World, input: InputOf<typeof listFields>): readonly User[] {
  const { order_by: order = usualOrder, starting_after: cursor, offset = 0 } = input
  const all = ordered(usersMatching(world, input), order, (user, column) => {
    return columnOf(world, user, column)
  })
  if (cursor === undefined) return pageOf(all, input)
  if (order.column !== 'created_at' || offset !== 0) {
    const rival = offset === 0 ? 'order_by' : 'offset'
    throw wrongParameter(
      'form_param_value_invalid',
      rival,
      `starting_after cannot be combined with this ${rival}.`,
    )
  }
  const index = all.findIndex(({ id }) => id === cursor)
  if (index === -1) {
    throw wrongParameter('form_param_value_invalid', 'starting_after', 'starting_after is unknown.')
  }
  return pageOf(all.slice(index + 1), input)
}

type Column = NonNullable<InputOf<typeof listFields>['order_by']>['column']

function columnOf({ state }: World, user: User, column: Column): string | number | null {
  const columns: Readonly<Record<Column, string | number | null | undefined>> = {
    created_at: user.createdAt,
    updated_at: user.updatedAt,
    email_address: state.emailAddresses.get(user.primaryEmailAddressId)?.emailAddress,
    web3wallet: null,
    first_name: user.firstName,
    last_name: user.lastName,
    phone_number: state.phoneNumbers.get(user.primaryPhoneNumberId)?.phoneNumber,
    username: user.username,
    last_active_at: user.lastActiveAt,
    last_sign_in_at: user.lastSignInAt,
  }
  return columns[column] ?? null
}
