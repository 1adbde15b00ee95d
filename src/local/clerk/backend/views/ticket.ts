import type { Ticket } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'

/** A token that signs in, as the Backend API tells of it; `token` is known once, when it is made. */
export function signInTokenView(world: World, ticket: Ticket, token?: string): object {
  return { object: 'sign_in_token', ...ticketView(world, ticket, token) }
}

/** A token by which one person acts in the name of another. */
export function actorTokenView(world: World, ticket: Ticket, token?: string): object {
  return { object: 'actor_token', actor: ticket.actor, ...ticketView(world, ticket, token) }
}

function ticketView({ settings }: World, ticket: Ticket, token: string | undefined): object {
  const { id, userId, status, createdAt, updatedAt } = ticket
  const url = `${settings.applicationOrigin}/_usher/sign-in?__clerk_ticket=${token}`
  return {
    id,
    user_id: userId,
    status,
    ...(token !== undefined && { token, url }),
    created_at: createdAt,
    updated_at: updatedAt,
  }
}
