import { isLive } from '../../kernel/live-session.ts'
import type { Client } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'
import { sessionView } from './session.ts'

/** A browser as the Backend API tells of one: with its sessions that live. */
export function clientView(world: World, client: Client): object {
  const nowMs = world.clock.now()
  const sessions = world.state.sessions.filter(
    (session) => session.clientId === client.id && isLive(session, nowMs),
  )
  return {
    object: 'client',
    id: client.id,
    session_ids: sessions.map(({ id }) => id),
    sessions: sessions.map((session) => sessionView(world, session)),
    sign_in_id: client.signInId,
    sign_up_id: client.signUpId,
    last_active_session_id: client.lastActiveSessionId,
    last_authentication_strategy: null,
    created_at: client.createdAt,
    updated_at: client.updatedAt,
  }
}
