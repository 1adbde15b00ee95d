import { type Context, Hono } from 'hono'
import type { ApiCapabilities } from './api/capabilities.ts'
import { createReadyz, livez } from './api/health.ts'
import { jwks } from './api/jwks.ts'
import { resourceMetadata } from './api/resource-metadata.ts'
import { type Room, refused } from './api/room.ts'
import type { Checking } from './checks/checking.ts'
import type { AccessDesk } from './checks/cloudflare-access.ts'
import type { FurtherRooms } from './deps.ts'
import { resourceMetadataPath } from './gateway/own.ts'
import { authzenMetadataPath } from './model/checks.ts'
import { lazily } from './model/lazily.ts'
import type { PortalParts } from './portal/parts.ts'

/**
 * The front desk: the map of Usher's own rooms, by their path below the prefix. Requests for origins
 * never pass here, so nothing of it is evaluated before one of these is first asked for, and each room
 * behind it is loaded when it is first used.
 */
export function createApp(
  capabilities: ApiCapabilities,
  checking: Checking,
  { access, portal }: FurtherRooms = {},
): Hono<Room> {
  const app = new Hono<Room>()
  const readyz = createReadyz(capabilities)
  let people: Hono<Room> | undefined

  async function knowsPeople(c: Context<Room>): Promise<Response> {
    const { createPeople } = await import('./api/people.ts')
    people ??= createPeople(capabilities)
    return people.fetch(c.req.raw, c.env)
  }

  function asked(answer: keyof typeof import('./checks/room.ts')) {
    return async (c: Context<Room>) => {
      const room = await import('./checks/room.ts')
      return room[answer](c.env.call, checking)
    }
  }

  app.get('/livez', () => livez())
  app.get('/readyz', (c) => readyz(c.env.call))
  app.get('/jwks.json', () => jwks(capabilities.signingKeys))
  app.get('/me', knowsPeople)
  app.get('/clerk-test', knowsPeople)
  app.post('/decisions', asked('decisions'))
  app.post('/access/v1/evaluation', asked('evaluation'))
  app.post('/access/v1/evaluations', asked('evaluations'))
  app.get(authzenMetadataPath, asked('authzenMetadata'))
  if (access !== undefined) letAccessAsk(app, access, checking)
  if (portal !== undefined) showPages(app, portal)
  app.post('/verify', async (c) => {
    const { verify } = await import('./api/verify.ts')
    return verify(c.env.call)
  })
  app.post('/token', async (c) => {
    const { exchange } = await import('./api/exchange.ts')
    return exchange(c.env.call, capabilities)
  })
  letOperatorsWork(app, capabilities)
  takeWebhooks(app, capabilities)
  app.on(['GET', 'OPTIONS'], resourceMetadataPath, (c) =>
    resourceMetadata(c.env.call, capabilities),
  )

  app.notFound((c) => {
    const methods = app.routes.filter(({ path }) => path === c.req.path).map(({ method }) => method)
    if (methods.length === 0) return refused(c, { code: 'route-unknown' })
    return refused(c, { code: 'method-not-allowed', allow: methods })
  })
  app.onError(rethrow)
  return app
}

/** The gateway answers for faults, in one way for all. */
function rethrow(error: Error): never {
  throw error
}

/** Where Clerk tells of users, organisations, memberships and sessions. */
function takeWebhooks(app: Hono<Room>, { office }: ApiCapabilities): void {
  app.post('/webhooks/clerk', async (c) => {
    const { takeIn } = await import('./events/intake.ts')
    const taken = await takeIn(c.env.call.request, office)
    return taken.ok ? new Response(null, { status: 204 }) : refused(c, taken.error)
  })
}

/** Where operators read and change what Usher keeps. */
function letOperatorsWork(app: Hono<Room>, capabilities: ApiCapabilities): void {
  const work = lazily(async () => {
    const { createOperatorRoom } = await import('./api/operator.ts')
    const room = createOperatorRoom(capabilities)
    return async (c: Context<Room>) => room.fetch(c.req.raw, c.env)
  })
  app.all('/api/*', work)
  if (!capabilities.openDiagnosis) {
    app.all('/diagnose', work)
    return
  }
  app.post('/diagnose', async (c) => {
    const { diagnose } = await import('./api/diagnosis.ts')
    return diagnose(c.env.call, capabilities)
  })
}

/** Where the portal is below the prefix. */
const portalPaths = [
  '/sign-in',
  '/sign-up',
  '/sign-out',
  '/profile',
  '/organization',
  '/waitlist',
  '/client.js',
  '/assets/:file',
]

/** The pages of the gateway's own, what they are made of, and the script for pages of origins. */
function showPages(app: Hono<Room>, parts: PortalParts): void {
  const visit = lazily(async () => {
    const { createPortal } = await import('./portal/room.ts')
    const portal = createPortal(parts)
    return async (c: Context<Room>) => portal.fetch(c.req.raw, c.env)
  })
  app.on('GET', portalPaths, visit)
}

/** Where Cloudflare Access asks, and takes the keys of the answers. */
function letAccessAsk(app: Hono<Room>, desk: AccessDesk, { authority }: Checking): void {
  const evaluate = lazily(async () => {
    const { createEvaluate } = await import('./checks/cloudflare-access.ts')
    return createEvaluate(desk, authority)
  })
  app.post('/access/evaluate', (c) => evaluate(c.env.call))
  app.get('/access/keys', async () => {
    const { publishKeys } = await import('./checks/cloudflare-access.ts')
    return publishKeys(desk)
  })
}
