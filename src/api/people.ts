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
import type { Principal } from '../model/principal.ts'
import { refusals } from '../model/refusal.ts'
import type { ApiCapabilities } from './capabilities.ts'
import { json, readJson } from './json.ts'
import { type Room, refused } from './room.ts'

/** The surfaces that know the caller: `me`, `verify` and `clerk-test`. */
export function createPeople(capabilities: ApiCapabilities): Hono<Room> {
  const people = new Hono<Room>()
  people.get('/me', authenticated({ mayBeAnonymous: true }), (c) => me(c, capabilities))
  people.post('/verify', authenticated(), (c) => verify(c, capabilities))
  people.get('/clerk-test', authenticated(), clerkTest)
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

async function me(c: Context<Room>, { readFacts }: ApiCapabilities): Promise<Response> {
  const { isAuthenticated, userId, sessionId, orgId, orgRole, orgSlug, orgPermissions } = getAuth(c)
  const { principal } = c.var
  if (!isAuthenticated || principal.kind === 'anonymous') return json({ authenticated: false })
  const facts = await readFacts(userId)
  return json({
    authenticated: true,
    user_id: userId,
    session_id: sessionId,
    organization: orgId
      ? { id: orgId, slug: orgSlug ?? null, role: orgRole ?? null, permissions: orgPermissions }
      : null,
    actor: principal.actor ?? null,
    expires_at: principal.expiresAtSeconds,
    roles: facts.ok ? facts.value.roles : null,
    permissions: facts.ok ? facts.value.permissions : null,
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
function clerkTest(c: Context<Room>): Response {
  const { userId, sessionClaims } = getAuth(c)
  const { number, username, email } = { ...sessionClaims } as Record<string, unknown>
  return json({
    message: 'Clerk authentication successful!',
    user: {
      id: Number.isInteger(number) ? number : null,
      username: username ?? email ?? null,
      email: email ?? null,
      clerk_id: userId,
    },
  })
}
