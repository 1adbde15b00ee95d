import { statusOf } from '../../kernel/live-session.ts'
import type { Session } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'
import { userView } from './user.ts'

/** A session as the Backend API tells of one. */
export function sessionView({ clock }: World, session: Session): object {
  return {
    object: 'session',
    id: session.id,
    user_id: session.userId,
    // Clerk says a text also where there is no browser.
    client_id: session.clientId ?? '',
    actor: session.actor,
    status: statusOf(session, clock.now()),
    last_active_organization_id: session.lastActiveOrganizationId,
    last_active_at: session.lastActiveAt,
    expire_at: session.expireAt,
    abandon_at: session.abandonAt,
    created_at: session.createdAt,
    updated_at: session.updatedAt,
  }
}

/** A session as webhooks tell of one: with its user. */
export function sessionEventView(world: World, session: Session): object {
  const user = world.state.users.get(session.userId)
  const view = sessionView(world, session)
  return user === undefined ? view : { ...view, user: userView(world, user) }
}
