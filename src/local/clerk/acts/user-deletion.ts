import { membershipView } from '../backend/views/membership.ts'
import { emailAddressesOf, phoneNumbersOf } from '../kernel/identifications.ts'
import type { User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { revokeCredential } from './credentials.ts'
import { finishSession, liveSessionsOf } from './sessions.ts'
import { revokeTicket } from './tickets.ts'

/** Removes a user and all that is the user's. */
export function deleteUser(world: World, user: User): void {
  const { state } = world
  for (const session of liveSessionsOf(world, user.id)) finishSession(world, session, 'removed')
  revokeAll(world, user)
  for (const membership of state.memberships.filter(({ userId }) => userId === user.id)) {
    const view = membershipView(world, membership)
    state.memberships.remove(membership.id)
    world.emit('organizationMembership.deleted', view)
  }
  for (const request of state.membershipRequests.filter(({ userId }) => userId === user.id)) {
    state.membershipRequests.remove(request.id)
  }
  for (const address of emailAddressesOf(world, user.id)) state.emailAddresses.remove(address.id)
  for (const number of phoneNumbersOf(world, user.id)) state.phoneNumbers.remove(number.id)
  state.users.remove(user.id)
  world.emit('user.deleted', deletedObject('user', user.id))
}

/** What both APIs and the events say of a thing that is no more. */
export function deletedObject(object: string, id: string): object {
  return { object, id, deleted: true }
}

/** Nothing that was given out opens anything after its user is gone. */
function revokeAll(world: World, user: User): void {
  const { credentials, tickets } = world.state
  for (const credential of credentials.filter(({ subject }) => subject === user.id)) {
    revokeCredential(world, credential, 'the user was deleted')
  }
  const unused = tickets.filter((one) => one.userId === user.id && one.status === 'pending')
  for (const ticket of unused) revokeTicket(world, ticket)
}
