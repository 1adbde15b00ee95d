import { templateCalled } from '../acts/jwt-templates.ts'
import { finishSession, sessionToken, startSession, templateToken } from '../acts/sessions.ts'
import { Complaint, notFound, wrongParameter } from '../kernel/complaint.ts'
import { needed, nullable, number, oneOf, text } from '../kernel/fields.ts'
import { isLive, statusOf } from '../kernel/live-session.ts'
import { membershipOf } from '../kernel/organizations.ts'
import type { Session } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { backend } from './api.ts'
import { newestFirst, pageAsAsked, paginatedFields } from './lists.ts'
import { userNamed } from './users.ts'
import { sessionView } from './views/session.ts'

const status = oneOf([
  'abandoned',
  'active',
  'ended',
  'expired',
  'pending',
  'removed',
  'replaced',
  'revoked',
])

const lifetime = nullable(number(30, 315_360_000))

const refreshFields = {
  expired_token: text(10_000),
  refresh_token: text(),
  request_origin: text(),
  request_headers: anything,
  request_originating_ip: nullable(text()),
  format: nullable(oneOf(['token', 'cookie'])),
  suffixed_cookies: text(),
}

/** Sessions, and the tokens that a backend has made of them. */
export const sessionsOperations = [
  backend({
    id: 'GetSessionList',
    method: 'GET',
    path: '/sessions',
    takes: { client_id: text(), user_id: text(), status, ...paginatedFields },
    handle({ world, input }) {
      const { client_id: clientId, user_id: userId } = input
      if (clientId === undefined && userId === undefined) {
        throw wrongParameter('form_param_missing', 'user_id', 'client_id or user_id is needed.')
      }
      const found = world.state.sessions.filter(
        (session) =>
          (clientId === undefined || session.clientId === clientId) &&
          (userId === undefined || session.userId === userId) &&
          (input.status === undefined || statusOf(session, world.clock.now()) === input.status),
      )
      return pageAsAsked(newestFirst(found), input, (session) => sessionView(world, session))
    },
  }),
  backend({
    id: 'createSession',
    method: 'POST',
    path: '/sessions',
    takes: { user_id: text(), active_organization_id: text() },
    handle({ world, input, nowMs }) {
      const user = userNamed(world, needed(input.user_id, 'user_id'))
      if (user.isBanned) {
        throw new Complaint(422, 'user_banned', { message: 'This account is banned.' })
      }
      const { active_organization_id: organizationId } = input
      if (organizationId && membershipOf(world, organizationId, user.id) === undefined) {
        throw wrongParameter(
          'form_param_value_invalid',
          'active_organization_id',
          'The user is not a member of this organization.',
        )
      }
      const beginning = { client: null, userId: user.id, origin: 'backend', firstFactorAt: nowMs }
      const session = startSession(world, beginning)
      const active = { ...session, lastActiveOrganizationId: organizationId || null }
      return sessionView(world, organizationId ? world.state.sessions.put(active) : session)
    },
  }),
  backend({
    id: 'GetSession',
    method: 'GET',
    path: '/sessions/{session_id}',
    handle: ({ world, path }) => sessionView(world, sessionNamed(world, path.session_id)),
  }),
  backend({
    id: 'RevokeSession',
    method: 'POST',
    path: '/sessions/{session_id}/revoke',
    handle({ world, path }) {
      const session = sessionNamed(world, path.session_id)
      return sessionView(world, finishSession(world, session, 'revoked'))
    },
  }),
  backend({
    id: 'CreateSessionToken',
    method: 'POST',
    path: '/sessions/{session_id}/tokens',
    takes: { expires_in_seconds: lifetime },
    async handle({ world, path, input }) {
      const session = liveSession(world, path.session_id)
      const lifetimeSeconds = input.expires_in_seconds ?? undefined
      return { object: 'token', jwt: await sessionToken(world, session, { lifetimeSeconds }) }
    },
  }),
  backend({
    id: 'CreateSessionTokenFromTemplate',
    method: 'POST',
    path: '/sessions/{session_id}/tokens/{template_name}',
    takes: { expires_in_seconds: lifetime },
    async handle({ world, path, input }) {
      const session = liveSession(world, path.session_id)
      const template = templateCalled(world, path.template_name)
      const lifetimeSeconds = input.expires_in_seconds ?? template.lifetimeSeconds
      const user = userNamed(world, session.userId)
      const subject = { user, session }
      const jwt = await templateToken(world, { ...template, lifetimeSeconds }, subject)
      return { object: 'token', jwt }
    },
  }),
  backend({
    id: 'RefreshSession',
    method: 'POST',
    path: '/sessions/{session_id}/refresh',
    takes: refreshFields,
    handle() {
      // The handshake here gives no refresh token, so whatever is shown is none: SDKs fall back to a handshake.
      throw new Complaint(401, 'authentication_invalid', {
        message: 'Invalid authentication',
        longMessage: 'The refresh token is not one of this instance.',
      })
    },
  }),
]

function anything(value: unknown): unknown {
  return value
}

function sessionNamed({ state }: World, id: string | undefined): Session {
  const session = state.sessions.get(id)
  if (session === undefined) throw notFound('Session not found')
  return session
}

/** A session of which tokens may be made. One that is over, or whose user is banned, gives none. */
function liveSession(world: World, id: string | undefined): Session {
  const session = sessionNamed(world, id)
  if (!isLive(session, world.clock.now())) throw notFound('Session not found')
  return session
}
