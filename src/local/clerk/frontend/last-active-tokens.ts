import { sessionToken } from '../acts/sessions.ts'
import type { World } from '../kernel/world.ts'

/** The page that asks. */
interface Page {
  readonly world: World
  readonly authorizedParty: string
}

/**
 * The sessions of an answer with a fresh token each, as Clerk sends them along: its script then has one in the
 * cookie at once, and no request in between goes without.
 */
export async function withTokens(view: unknown, page: Page): Promise<unknown> {
  if (Array.isArray(view)) return Promise.all(view.map((one) => withTokens(one, page)))
  if (hasSessions(view)) return { ...view, sessions: await withTokens(view.sessions, page) }
  if (!isSession(view)) return view
  const session = page.world.state.sessions.get(view.id)
  if (session === undefined || view.status !== 'active') return view
  const { authorizedParty } = page
  const organizationId = session.lastActiveOrganizationId
  const jwt = await sessionToken(page.world, session, { authorizedParty, organizationId })
  return { ...view, last_active_token: { object: 'token', jwt } }
}

/** A client is answered with its sessions in it. */
function hasSessions(view: unknown): view is { readonly sessions: unknown } {
  return typeof view === 'object' && view !== null && 'sessions' in view
}

interface SessionView {
  readonly id: string
  readonly status: unknown
}

function isSession(view: unknown): view is SessionView {
  return (
    typeof view === 'object' &&
    view !== null &&
    'object' in view &&
    view.object === 'session' &&
    'status' in view &&
    'id' in view &&
    typeof view.id === 'string'
  )
}
