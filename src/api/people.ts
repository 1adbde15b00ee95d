/**
 * The API: what Usher says to callers about itself and about themselves, as JSON.
 * It never decides about a route of an origin and never reads a binding.
 * The front desk (`app.ts`) mounts it below Usher's prefix, each part loaded when first used.
 */
import {
  type SignedInAuthObject,
  type SignedOutAuthObject,
  signedInAuthObject,
  signedOutAuthObject,
} from '@clerk/backend/internal'
import { getAuth } from '@hono/clerk-auth'
import { type Context, Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { verifySessionToken } from '../clerk/token.ts'
import { holdingsIn } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
import { refusals } from '../model/refusal.ts'
import type { ApiCapabilities, UserRecord } from './capabilities.ts'
import { json, readJson } from './json.ts'
import { type Room, refused } from './room.ts'

/** The surfaces that know the caller: `me`, `verify` and `clerk-test`. */
export function createPeople(capabilities: ApiCapabilities): Hono<Room> {
  const people = new Hono<Room>()
  people.get('/me', authenticated({ mayBeAnonymous: true }), (c) => me(c, capabilities))
  people.post('/verify', authenticated(), (c) => verify(c, capabilities))
  people.get('/clerk-test', authenticated(), (c) => clerkTest(c, capabilities))
  people.onError((error) => {
    throw error
  })
  return people
}

/**
 * Lets through whom the gateway knows, and shows them to `getAuth(c)` as Clerk's own middleware would.
 * Another kind of token is refused before `getAuth` could see it.
 */
function authenticated({ mayBeAnonymous = false } = {}) {
  return createMiddleware<Room>(async (c, next) => {
    const identified = await c.env.call.identify(mayBeAnonymous)
    if (!identified.ok) return refused(c, identified.error)
    const principal = identified.value
    c.set('principal', principal)
    c.set('clerkAuth', (() => authObject(principal)) as typeof c.var.clerkAuth)
    return next()
  })
}

function authObject(principal: Principal): SignedInAuthObject | SignedOutAuthObject {
  if (principal.kind === 'anonymous') return signedOutAuthObject()
  const { token, claims } = principal
  // Verified claims have what Clerk's type demands; the type is Clerk's own and wider than ours.
  return signedInAuthObject({}, token, claims as Parameters<typeof signedInAuthObject>[2])
}

async function me(c: Context<Room>, { readFacts, knowUser }: ApiCapabilities): Promise<Response> {
  const { isAuthenticated, userId, sessionId, orgId, orgRole, orgSlug, orgPermissions } = getAuth(c)
  const { principal } = c.var
  if (!isAuthenticated || principal.kind === 'anonymous') return json({ authenticated: false })
  const { moment } = c.env.call
  const record = await knowUser(principal, moment)
  const facts = await readFacts({ userId, mustBeFresh: false, moment })
  const holdings = facts.ok ? holdingsIn(facts.value, principal.organization?.id) : undefined
  return json({
    authenticated: true,
    user_id: userId,
    session_id: sessionId,
    organization: orgId
      ? { id: orgId, slug: orgSlug ?? null, role: orgRole ?? null, permissions: orgPermissions }
      : null,
    actor: principal.actor ?? null,
    expires_at: principal.expiresAtSeconds,
    roles: holdings?.roles ?? null,
    permissions: holdings?.permissions ?? null,
    user: record === undefined ? null : recordOf(record),
    claims: principal.claims,
  })
}

/** Whether a token is valid, for someone who is signed in: the claims, or the one reason. */
async function verify(c: Context<Room>, { issuer }: ApiCapabilities): Promise<Response> {
  const { request, moment } = c.env.call
  const body = await readJson(request)
  if (!body.ok) return refused(c, body.error)
  const { token } = body.value
  if (typeof token !== 'string') return refused(c, { code: 'body-invalid' })
  const user = await verifySessionToken(token, issuer, moment)
  if (user.ok) return json({ valid: true, claims: user.value.claims })
  const { status, sentence } = refusals[user.error.code]
  if (status === 503) return refused(c, user.error)
  return json({ valid: false, reason: user.error.code, message: sentence })
}

/** The answer of the classic Django test view, to the letter, so that its clients keep working. */
async function clerkTest(c: Context<Room>, { knowUser }: ApiCapabilities): Promise<Response> {
  const { userId } = getAuth(c)
  const { principal } = c.var
  const user = principal.kind === 'user' ? await knowUser(principal, c.env.call.moment) : undefined
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
