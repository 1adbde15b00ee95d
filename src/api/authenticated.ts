import type { ClerkClient } from '@clerk/backend'
import type { MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import { clerkAuthOf } from './auth-object.ts'
import type { ClerkAccess } from './capabilities.ts'
import { type Room, refused } from './room.ts'

interface Admittance {
  readonly access: ClerkAccess
  /** What a room gets as `c.get('clerk')`. */
  readonly clerk: ClerkClient
  readonly mayBeAnonymous?: boolean
}

/**
 * Lets through whom the gateway knows, and shows them to `getAuth(c)` and `c.get('clerk')` as Clerk's
 * own middleware would.
 */
export function authenticated(admittance: Admittance): MiddlewareHandler<Room> {
  const { access, clerk, mayBeAnonymous = false } = admittance
  return createMiddleware<Room>(async (c, next) => {
    const identified = await c.env.call.identify(mayBeAnonymous)
    if (!identified.ok) return refused(c, identified.error)
    c.set('principal', identified.value)
    c.set('clerkAuth', clerkAuthOf(identified.value, access))
    c.set('clerk', clerk)
    return next()
  })
}
