/**
 * The API: what Usher says to callers about itself and about themselves, as JSON.
 * It never decides about a route of an origin and never reads a binding.
 * The front desk (`app.ts`) mounts it below Usher's prefix, each part loaded when first used.
 */
import { getAuth } from '@hono/clerk-auth'
import { type Context, Hono } from 'hono'
import type { Identified, User } from '../model/principal.ts'
import { holdingsOf } from '../model/role-claim.ts'
import { authenticated } from './authenticated.ts'
import type { ApiCapabilities, UserRecord } from './capabilities.ts'
import { lazyClerk } from './clerk-client.ts'
import { json } from './json.ts'
import { lastSecondOf, type Room, refused } from './room.ts'

/** The surfaces that know the caller: `me` and `clerk-test`. */
export function createPeople(capabilities: ApiCapabilities): Hono<Room> {
  const people = new Hono<Room>()
  const access = capabilities.clerk
  const clerk = lazyClerk(access)
  const mayBeAnonymous = true
  people.get('/me', authenticated({ access, clerk, mayBeAnonymous }), (c) => me(c, capabilities))
  people.get('/clerk-test', authenticated({ access, clerk }), (c) => clerkTest(c, capabilities))
  people.onError((error) => {
    throw error
  })
  return people
}

async function me(c: Context<Room>, capabilities: ApiCapabilities): Promise<Response> {
  const { principal } = c.var
  if (principal.kind === 'anonymous') return json({ authenticated: false })
  return json({
    authenticated: true,
    kind: principal.kind,
    token_type: principal.tokenType,
    ...(principal.kind === 'user'
      ? await personOf(principal, c, capabilities)
      : { subject: principal.subject }),
    organization: organizationOf(principal),
    scopes: principal.scopes,
    expires_at: lastSecondOf(principal),
    claims: principal.claims,
  })
}

/** What is kept of a person is told to their session alone: a client of theirs, or a key, was made for less. */
async function personOf(user: User, c: Context<Room>, capabilities: ApiCapabilities) {
  const isSession = user.tokenType === 'session_token'
  const known = isSession ? await knownOf(user, c, capabilities) : undefined
  return {
    user_id: user.userId,
    session_id: user.sessionId ?? null,
    client_id: user.clientId ?? null,
    actor: user.actor ?? null,
    roles: known?.holdings?.roles ?? null,
    permissions: known?.holdings?.permissions ?? null,
    user: known?.record === undefined ? null : recordOf(known.record),
  }
}

async function knownOf(user: User, c: Context<Room>, capabilities: ApiCapabilities) {
  const { readFacts, knowUser, rules } = capabilities
  const { moment } = c.env.call
  const record = await knowUser(user, moment)
  const facts = await readFacts({ userId: user.userId, mustBeFresh: false, moment })
  const holdings = facts.ok ? holdingsOf(user, facts.value, rules.roleClaim) : undefined
  return { record, holdings }
}

function organizationOf({ organization }: Identified) {
  if (organization === undefined) return null
  const { id, slug, role, permissions } = organization
  return { id, slug: slug ?? null, role: role ?? null, permissions }
}

/** The answer of the classic Django test view, to the letter, so that its clients keep working. */
async function clerkTest(c: Context<Room>, { knowUser }: ApiCapabilities): Promise<Response> {
  const { userId } = getAuth(c)
  const { principal } = c.var
  if (userId === null || principal.kind !== 'user') {
    return refused(c, { code: 'token-type-mismatch' })
  }
  const user = await knowUser(principal, c.env.call.moment)
  if (user === undefined) return refused(c, { code: 'facts-unavailable', retryAfterSeconds: 5 })
  const { number: id, username, email } = user
  return json({
    message: 'Clerk authentication successful!',
    user: { id, username: username ?? email, email, clerk_id: userId },
  })
}

function recordOf(record: UserRecord) {
  return {
    number: record.number,
    email: record.email,
    email_verified: record.emailVerified,
    first_name: record.firstName,
    last_name: record.lastName,
    username: record.username,
    image_url: record.imageUrl,
    status: record.status,
    created_at: record.createdAt,
    last_seen_at: record.lastSeenAt,
  }
}
