import { env } from 'cloudflare:workers'
import { clerkMiddleware, getAuth } from '@hono/clerk-auth'
import { Hono } from 'hono'
import { clerkOptions, proxyAs } from './clerk-proxy.ts'

const app = new Hono()

app.use('*', clerkMiddleware(clerkOptions(env)))
app.all('*', (context) => proxyAs(context, getAuth(context)))

export default app
