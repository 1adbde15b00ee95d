import { isLive } from '../../kernel/live-session.ts'
import type { Client } from '../../kernel/records.ts'
import type { World } from '../../kernel/world.ts'
import { sessionView } from './session.ts'
import { signInView } from './sign-in.ts'
import { signUpView } from './sign-up.ts'

/** A client as the Frontend API shows it: with the sessions that are alive, and what is under way. */
export function clientView(world: World, client: Client): object {
  const { state, clock } = world
  const now = clock.now()
  const sessions = state.sessions.filter(
    (session) => session.clientId === client.id && isLive(session, now),
  )
  const signIn = state.signIns.get(client.signInId)
  const signUp = state.signUps.get(client.signUpId)
  const last = sessions.find(({ id }) => id === client.lastActiveSessionId) ?? sessions[0]
  return {
    object: 'client',
    id: client.id,
    sessions: sessions.map((session) => sessionView(world, session)),
    sign_in: signIn && signIn.abandonAt > now ? signInView(world, signIn) : null,
    sign_up: signUp && signUp.abandonAt > now ? signUpView(world, signUp) : null,
    last_active_session_id: last?.id ?? null,
    last_authentication_strategy: null,
    cookie_expires_at: null,
    // Nobody is asked to prove to be human here.
    captcha_bypass: true,
    created_at: client.createdAt,
    updated_at: client.updatedAt,
  }
}
