import { templateCalled } from '../acts/jwt-templates.ts'
import { memberOrganization, sessionToken, templateToken } from '../acts/sessions.ts'
import { flag, nullable, oneOf, text } from '../kernel/fields.ts'
import { frontend } from './api.ts'
import { unauthenticated } from './browser.ts'
import { live } from './sessions.ts'

/** The tokens of a session. */
export const sessionTokenOperations = [
  frontend({
    id: 'createSessionToken',
    method: 'POST',
    path: '/v1/client/sessions/{session_id}/tokens',
    takes: {
      organization_id: nullable(text()),
      // What Clerk's script adds of its own: a token before this one, and whether anybody looks at the page.
      token: text(8192),
      debug: oneOf(['skip_cache']),
      force_origin: flag,
      tab_state: oneOf(['focused', 'visible', 'hidden']),
    },
    async handle(call) {
      const { world, caller, input } = call
      const session = live(call)
      const { organization_id: wanted } = input
      const organizationId =
        wanted === undefined
          ? session.lastActiveOrganizationId
          : memberOrganization(world, session.userId, wanted)
      const authorizedParty = caller.pageOrigin
      const jwt = await sessionToken(world, session, { authorizedParty, organizationId })
      return { object: 'token', jwt }
    },
  }),
  frontend({
    id: 'createSessionTokenWithTemplate',
    method: 'POST',
    path: '/v1/client/sessions/{session_id}/tokens/{template_name}',
    async handle(call) {
      const { world, caller, path } = call
      const session = live(call)
      const template = templateCalled(world, path.template_name)
      const user = world.state.users.get(session.userId)
      if (user === undefined) throw unauthenticated()
      const authorizedParty = caller.pageOrigin
      const jwt = await templateToken(world, template, { user, session, authorizedParty })
      return { object: 'token', jwt }
    },
  }),
]
