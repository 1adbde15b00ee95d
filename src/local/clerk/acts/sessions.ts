import { sessionEventView } from '../backend/views/session.ts'
import { Complaint } from '../kernel/complaint.ts'
import { newId } from '../kernel/identifiers.ts'
import { isLive } from '../kernel/live-session.ts'
import { membershipOf } from '../kernel/organizations.ts'
import type { Client, Session, SessionStatus } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'

export { isLive } from '../kernel/live-session.ts'
export { sessionToken, templateToken } from '../kernel/tokens.ts'

const day = 24 * 60 * 60 * 1000

/** How long a session lives, as new instances of Clerk have it. */
const lifetimeMs = 7 * day

/** What a session begins with. */
export interface Beginning {
  /** The browser; `null` for a session that the Backend API makes. */
  readonly client: Client | null
  readonly userId: string
  /** What made it: `sign_in`, `sign_up`, `ticket` … */
  readonly origin: string
  readonly actor?: Session['actor']
  readonly firstFactorAt: number | null
  readonly secondFactorAt?: number | null
  readonly maxDurationSeconds?: number | null
  readonly activity?: Session['activity']
}

/** Starts a session. A browser has one at a time: the one that it had is replaced. */
export function startSession(world: World, beginning: Beginning): Session {
  const { state } = world
  const { client, userId, origin, actor = null, firstFactorAt, secondFactorAt = null } = beginning
  const now = world.clock.now()
  const { maxDurationSeconds } = beginning
  const lastsMs = typeof maxDurationSeconds === 'number' ? maxDurationSeconds * 1000 : lifetimeMs
  if (client !== null) {
    for (const other of liveSessionsOfClient(world, client.id)) {
      finishSession(world, other, 'replaced')
    }
  }
  const session = state.sessions.put({
    id: newId('sess'),
    clientId: client?.id ?? null,
    userId,
    status: 'active',
    expireAt: now + lastsMs,
    abandonAt: now + 30 * day,
    lastActiveAt: now,
    lastActiveOrganizationId: null,
    firstFactorAt,
    secondFactorAt,
    actor,
    origin,
    activity: beginning.activity,
    createdAt: now,
    updatedAt: now,
  })
  const user = state.users.get(userId)
  // Whoever acts in the name of another is not the other signing in.
  if (user !== undefined && actor === null) {
    state.users.put({ ...user, lastSignInAt: now, lastActiveAt: now, failedAttempts: 0 })
  }
  const known = state.clients.get(client?.id)
  if (known !== undefined) {
    state.clients.put({ ...known, lastActiveSessionId: session.id, uatMs: now, updatedAt: now })
  }
  world.emit('session.created', sessionEventView(world, session))
  return session
}

/** How a session ends. */
export type Ending = Extract<
  SessionStatus,
  'ended' | 'removed' | 'revoked' | 'replaced' | 'expired' | 'abandoned'
>

/** The endings that Clerk has an event for. */
const told: ReadonlySet<string> = new Set<Ending>(['ended', 'removed', 'revoked'])

/** Ends a session; one that has ended already stays as it is. */
export function finishSession(world: World, session: Session, status: Ending): Session {
  const { state } = world
  const now = world.clock.now()
  if (!isLive(session, now)) return session
  const finished = state.sessions.put({ ...session, status, updatedAt: now })
  const client = state.clients.get(session.clientId)
  if (client !== undefined) {
    const [another] = liveSessionsOfClient(world, client.id)
    state.clients.put({
      ...client,
      lastActiveSessionId: another?.id ?? null,
      uatMs: now,
      updatedAt: now,
    })
  }
  if (told.has(status)) world.emit(`session.${status}`, sessionEventView(world, finished))
  return finished
}

/** The sessions of a user that are alive, in whichever browser. */
export function liveSessionsOf(world: World, userId: string): Session[] {
  const now = world.clock.now()
  return world.state.sessions.filter((one) => one.userId === userId && isLive(one, now))
}

/** What made the sessions that `npm run token` speaks of. They have no browser, and nothing could make them anew. */
export const commandLineOrigin = 'command_line'

/** Revokes the sessions of a user in every browser, but for the one that is kept; those of the command line go on. */
export function revokeSessionsOf(world: World, userId: string, keptId?: string): void {
  for (const session of liveSessionsOf(world, userId)) {
    const isKept = session.id === keptId || session.origin === commandLineOrigin
    if (!isKept) finishSession(world, session, 'revoked')
  }
}

/** Gives the command line its sessions back, which a ban had ended. */
export function reviveCommandLine({ state, clock }: World, userId: string): void {
  const ended = state.sessions.filter(
    (one) => one.userId === userId && one.origin === commandLineOrigin && one.status === 'revoked',
  )
  for (const session of ended) {
    state.sessions.put({ ...session, status: 'active', updatedAt: clock.now() })
  }
}

/** The sessions of a browser that are alive. */
export function liveSessionsOfClient(world: World, clientId: string): Session[] {
  const now = world.clock.now()
  return world.state.sessions.filter((one) => one.clientId === clientId && isLive(one, now))
}

/**
 * The organisation that a user names by id or slug, which must be one of the user's; `null` is the personal
 * account. A stranger cannot tell one that is not there from one that is somebody else's.
 */
export function memberOrganization(
  world: World,
  userId: string,
  wanted: string | null,
): string | null {
  if (wanted === null) return null
  const organization = world.state.organizations.find(
    ({ id, slug }) => id === wanted || slug === wanted,
  )
  if (organization !== undefined && membershipOf(world, organization.id, userId)) {
    return organization.id
  }
  throw new Complaint(404, 'organization_not_found_or_unauthorized', {
    message: 'not found or unauthorized',
    longMessage:
      'Given organization not found, or you do not have permission to act on this organization.',
  })
}

/** Makes an organisation of the user's the active one of a session; `null` is the personal account. */
export function activateOrganization(
  world: World,
  session: Session,
  wanted: string | null,
): Session {
  const lastActiveOrganizationId = memberOrganization(world, session.userId, wanted)
  const updatedAt = world.clock.now()
  return world.state.sessions.put({ ...session, lastActiveOrganizationId, updatedAt })
}
