import type { Delivery, Message, Session, User } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'

/** What would have been sent, newest first. */
export function messagesTo(
  { state }: World,
  { to, channel }: { readonly to?: string | undefined; readonly channel?: string | undefined },
): Message[] {
  const wanted = to?.trim().toLowerCase()
  return state.messages
    .filter((message) => wanted === undefined || message.to.toLowerCase() === wanted)
    .filter((message) => channel === undefined || message.channel === channel)
    .reverse()
}

/** The webhooks of the log, newest first. */
export function deliveriesOf(
  { state }: World,
  wanted: { readonly type?: string | undefined; readonly state?: string | undefined },
): Delivery[] {
  return state.deliveries
    .filter(({ type }) => wanted.type === undefined || type === wanted.type)
    .filter((delivery) => wanted.state === undefined || delivery.state === wanted.state)
    .reverse()
}

/** A webhook for programs: its body as what it says. */
export function deliveryView({ body, failures: _, updatedAt: __, ...delivery }: Delivery): object {
  return { ...delivery, body: JSON.parse(body) }
}

/** A message for programs. */
export function messageView({ updatedAt: _, ...message }: Message): object {
  return message
}

/** A user, by what people know of them, and their sessions. */
export interface Person {
  readonly user: User
  readonly address: string | null
  readonly sessions: readonly Session[]
}

/** Everybody, in the order in which they came. */
export function peopleOf({ state }: World): Person[] {
  const sessions = Map.groupBy(state.sessions.all(), ({ userId }) => userId)
  return state.users.all().map((user) => ({
    user,
    address: state.emailAddresses.get(user.primaryEmailAddressId)?.emailAddress ?? null,
    sessions: (sessions.get(user.id) ?? []).toReversed(),
  }))
}

/** Somebody for programs. */
export function personView({ user, address, sessions }: Person): object {
  const { id, username, firstName, lastName, isBanned } = user
  return {
    id,
    emailAddress: address,
    username,
    firstName,
    lastName,
    isBanned,
    sessions: sessions.map(({ id, status, expireAt, lastActiveAt, clientId }) => {
      return { id, status, expireAt, lastActiveAt, hasBrowser: clientId !== null }
    }),
  }
}
