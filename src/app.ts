import { Hono } from 'hono'
import type { ApiCapabilities } from './api/capabilities.ts'
import { createReadyz, livez } from './api/health.ts'
import { jwks } from './api/jwks.ts'
import { type Room, refused } from './api/room.ts'

/**
 * The front desk: the map of Usher's own rooms, by their path below the prefix. Requests for origins
 * never pass here, so nothing of it is evaluated before one of these is first asked for, and each room
 * behind it is loaded when it is first used.
 */
export function createApp(capabilities: ApiCapabilities): Hono<Room> {
  const app = new Hono<Room>()
  const readyz = createReadyz(capabilities)
  let people: Hono<Room> | undefined

  app.get('/livez', () => livez())
  app.get('/readyz', (c) => readyz(c.env.call))
  app.get('/jwks.json', () => jwks(capabilities.signingKeys))

  for (const path of ['/me', '/verify', '/clerk-test']) {
    app.all(path, async (c) => {
      const { createPeople } = await import('./api/people.ts')
      people ??= createPeople(capabilities)
      return people.fetch(c.req.raw, c.env)
    })
  }

  app.notFound((c) => refused(c, { code: 'route-unknown' }))
  return app
}
