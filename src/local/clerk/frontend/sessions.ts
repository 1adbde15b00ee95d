import { activateOrganization, finishSession, liveSessionsOf } from '../acts/sessions.ts'
import { Complaint } from '../kernel/complaint.ts'
import { nullable, oneOf, text } from '../kernel/fields.ts'
import { isLive } from '../kernel/live-session.ts'
import type { Session } from '../kernel/records.ts'
import { activityOf } from '../kernel/session-activity.ts'
import { frontend, resource } from './api.ts'
import { unauthenticated } from './browser.ts'
import type { Call } from './sign-in-progress.ts'
import { activeSessionView, sessionView } from './views/session.ts'

/** The sessions of the browser, and of the user. */
export const sessionOperations = [
  frontend({
    id: 'getSession',
    method: 'GET',
    path: '/v1/client/sessions/{session_id}',
    handle: (call) => resource(sessionView(call.world, named(call))),
  }),
  frontend({
    id: 'touchSession',
    method: 'POST',
    path: '/v1/client/sessions/{session_id}/touch',
    takes: {
      active_organization_id: nullable(text()),
      intent: nullable(oneOf(['focus', 'select_session', 'select_org'])),
    },
    handle: (call) => {
      const { world, input, nowMs, request } = call
      const session = live(call)
      const { active_organization_id: wanted } = input
      const chosen = wanted === undefined ? session : activateOrganization(world, session, wanted)
      const activity = activityOf(request)
      const touched = world.state.sessions.put({ ...chosen, lastActiveAt: nowMs, activity })
      const client = call.caller.client()
      if (client !== undefined) {
        world.state.clients.put({ ...client, lastActiveSessionId: session.id, updatedAt: nowMs })
      }
      return resource(sessionView(world, touched))
    },
  }),
  frontend({
    id: 'endSession',
    method: 'POST',
    path: '/v1/client/sessions/{session_id}/end',
    handle: (call) => resource(sessionView(call.world, finish(call, 'ended'))),
  }),
  frontend({
    id: 'removeSession',
    method: 'POST',
    path: '/v1/client/sessions/{session_id}/remove',
    handle: (call) => resource(sessionView(call.world, finish(call, 'removed'))),
  }),
  frontend({
    id: 'getSessions',
    method: 'GET',
    path: '/v1/me/sessions/active',
    handle: ({ world, caller }) =>
      liveSessionsOf(world, caller.signedIn().user.id).map((one) => activeSessionView(world, one)),
  }),
  frontend({
    id: 'getUsersSessions',
    method: 'GET',
    path: '/v1/me/sessions',
    handle({ world, caller }) {
      const { user } = caller.signedIn()
      const sessions = world.state.sessions.filter(({ userId }) => userId === user.id)
      return sessions.filter(isTold).map((one) => sessionView(world, one))
    },
  }),
  frontend({
    id: 'revokeSession',
    method: 'POST',
    path: '/v1/me/sessions/{session_id}/revoke',
    handle({ world, caller, path }) {
      const { user } = caller.signedIn()
      const session = world.state.sessions.get(path.session_id)
      if (session?.userId !== user.id) throw notFound(path.session_id)
      return resource(sessionView(world, finishSession(world, session, 'revoked')))
    },
  }),
]

/** The session in the path, if it is this browser's. */
function named({ caller, path }: Call): Session {
  return caller.session(path.session_id ?? '')
}

/** The same where it must be alive, and its user must be somebody who may have one. */
export function live(call: Call): Session {
  const { world, nowMs } = call
  const session = named(call)
  const user = world.state.users.get(session.userId)
  if (isLive(session, nowMs) && user !== undefined && !user.isBanned) return session
  throw unauthenticated()
}

function finish(call: Call, status: 'ended' | 'removed'): Session {
  return finishSession(call.world, live(call), status)
}

/** A session that gave way to another of the same browser is nothing that Clerk would tell of. */
function isTold({ status }: Session): boolean {
  return status !== 'replaced'
}

function notFound(id: string | undefined): Complaint {
  return new Complaint(404, 'resource_not_found', {
    message: 'Session not found',
    longMessage: `No session was found with id ${id}`,
  })
}
