import { finishSession, liveSessionsOfClient } from '../acts/sessions.ts'
import { notFound } from '../kernel/complaint.ts'
import { frontend } from './api.ts'
import { withTokens } from './last-active-tokens.ts'
import type { Call } from './sign-in-progress.ts'
import { clientView } from './views/client.ts'

/** The browser itself. */
export const clientOperations = [
  frontend({
    id: 'getClient',
    method: 'GET',
    path: '/v1/client',
    handle: answer,
  }),
  frontend({ id: 'putClient', method: 'PUT', path: '/v1/client', handle: make }),
  frontend({ id: 'postClient', method: 'POST', path: '/v1/client', handle: make }),
  frontend({
    id: 'deleteClientSessions',
    method: 'DELETE',
    path: '/v1/client',
    async handle(call) {
      endSessions(call)
      const last = await answer(call)
      call.caller.forget()
      return last
    },
  }),
  frontend({
    id: 'removeClientSessionsAndRetainCookie',
    method: 'DELETE',
    path: '/v1/client/sessions',
    handle(call) {
      endSessions(call)
      return answer(call)
    },
  }),
]

/** The client is the response itself here, so nothing is told of it besides. */
async function answer({ world, caller }: Call): Promise<object> {
  const client = caller.client()
  if (client === undefined) return { response: null, client: null }
  const page = { world, authorizedParty: caller.pageOrigin }
  return { response: await withTokens(clientView(world, client), page), client: null }
}

async function make(call: Call): Promise<object> {
  await call.caller.ensureClient()
  return answer(call)
}

function endSessions({ world, caller }: Call): void {
  const client = caller.client()
  if (client === undefined) throw notFound('No client was found')
  for (const session of liveSessionsOfClient(world, client.id)) {
    finishSession(world, session, 'removed')
  }
  const left = world.state.clients.get(client.id)
  if (left !== undefined) world.state.clients.put({ ...left, signInId: null, signUpId: null })
}
