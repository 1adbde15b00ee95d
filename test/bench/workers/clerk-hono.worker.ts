import { env } from 'cloudflare:workers'
import { clerkMiddleware, getAuth } from '@clerk/hono'
import { Hono } from 'hono'
import { proxy } from 'hono/proxy'
import { clerkOptions } from './clerk-options.ts'

// What one would write without Usher, from the documentation of the packages.

const app = new Hono()

app.use('*', clerkMiddleware(clerkOptions(env)))

app.all('*', async (context) => {
  const auth = getAuth(context)
  if (!auth.userId) return context.json({ error: 'unauthorized' }, 401)
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
})

export default app
