import type { Context } from 'hono'
import { proxy } from 'hono/proxy'

// What one would write without Usher, from the documentation of Clerk's packages and Hono's.

/** How both of Clerk's middlewares are set up: with the key at hand, which is the quickest they can be. */
export function clerkOptions(env: object) {
  const variables = env as Record<string, string | undefined>
  return {
    publishableKey: variables.CLERK_PUBLISHABLE_KEY ?? '',
    secretKey: variables.CLERK_SECRET_KEY ?? '',
    jwtKey: variables.CLERK_JWT_KEY ?? '',
    authorizedParties: [variables.AUTHORIZED_PARTIES ?? ''],
  }
}

/** Whom the middleware found. */
interface Found {
  readonly userId: string | null
  readonly orgId?: string | null | undefined
}

/** Passes a request on with the identity that was found, and refuses one that has none. */
export function proxyAs(context: Context, auth: Found | null): Response | Promise<Response> {
  if (!auth?.userId) return context.json({ error: 'unauthorized' }, 401)
  const { pathname, search } = new URL(context.req.url)
  return proxy(`https://api.usher.test${pathname}${search}`, {
    ...context.req,
    headers: {
      ...context.req.header(),
      'X-Forwarded-Host': context.req.header('host'),
      'X-User-Id': auth.userId,
      'X-Org-Id': auth.orgId ?? '',
      Authorization: undefined,
    },
  })
}
