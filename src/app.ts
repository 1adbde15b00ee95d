import { type Context, Hono } from 'hono'
import type { ApiCapabilities } from './api/capabilities.ts'
import { createReadyz, livez } from './api/health.ts'
import { jwks } from './api/jwks.ts'
import { resourceMetadata } from './api/resource-metadata.ts'
import { type Room, refused } from './api/room.ts'
import type { Checking } from './checks/checking.ts'
import { resourceMetadataPath } from './gateway/own.ts'
import { authzenMetadataPath } from './model/checks.ts'
import { lazily } from './model/lazily.ts'

/**
 * The front desk: the map of Usher's own rooms, by their path below the prefix. Requests for origins
 * never pass here, so nothing of it is evaluated before one of these is first asked for, and each room
 * behind it is loaded when it is first used.
 */
export function createApp(capabilities: ApiCapabilities, checking: Checking): Hono<Room> {
  const app = new Hono<Room>()
  const readyz = createReadyz(capabilities)
  let people: Hono<Room> | undefined
  let checks: Hono<Room> | undefined

  async function knowsPeople(c: Context<Room>): Promise<Response> {
    const { createPeople } = await import('./api/people.ts')
    people ??= createPeople(capabilities)
    return people.fetch(c.req.raw, c.env)
  }

  async function asksForOthers(c: Context<Room>): Promise<Response> {
    const { createChecks } = await import('./checks/room.ts')
    checks ??= createChecks(checking)
    return checks.fetch(c.req.raw, c.env)
  }

  app.get('/livez', () => livez())
  app.get('/readyz', (c) => readyz(c.env.call))
  app.get('/jwks.json', () => jwks(capabilities.signingKeys))
  app.get('/me', knowsPeople)
  app.get('/clerk-test', knowsPeople)
  app.post('/decisions', asksForOthers)
  app.post('/access/v1/evaluation', asksForOthers)
  app.post('/access/v1/evaluations', asksForOthers)
  app.get(authzenMetadataPath, asksForOthers)
  letAccessAsk(app, checking)
  app.post('/verify', async (c) => {
    const { verify } = await import('./api/verify.ts')
    return verify(c.env.call)
  })
  app.post('/token', async (c) => {
    const { exchange } = await import('./api/exchange.ts')
    return exchange(c.env.call, capabilities)
  })
  if (capabilities.openDiagnosis) {
    app.post('/diagnose', async (c) => {
      const { diagnose } = await import('./api/diagnosis.ts')
      return diagnose(c.env.call, capabilities)
    })
  }
  app.on(['GET', 'OPTIONS'], resourceMetadataPath, (c) =>
    resourceMetadata(c.env.call, capabilities),
  )

  app.notFound((c) => {
    const methods = app.routes.filter(({ path }) => path === c.req.path).map(({ method }) => method)
    if (methods.length === 0) return refused(c, { code: 'route-unknown' })
    return refused(c, { code: 'method-not-allowed', allow: methods })
  })
  app.onError((error) => {
    throw error
  })
  return app
}

/** Where Cloudflare Access asks, and takes the keys of the answers, if the config lets it. */
function letAccessAsk(app: Hono<Room>, { cloudflareAccess, authority }: Checking): void {
  if (cloudflareAccess === undefined) return
  const answer = lazily(async () => {
    const { createCloudflareAccess } = await import('./checks/cloudflare-access.ts')
    const room = createCloudflareAccess(cloudflareAccess, authority)
    return async (c: Context<Room>) => room.fetch(c.req.raw, c.env)
  })
  app.post('/access/evaluate', answer)
  app.get('/access/keys', answer)
}
