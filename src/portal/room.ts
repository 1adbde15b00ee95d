/**
 * The portal: pages of the gateway's own with Clerk's components on them, and the script for pages of origins.
 * It never decides who may pass, and it knows nothing of Clerk's tokens or of the database.
 * The front desk (`app.ts`) mounts it below Usher's prefix and loads it when first used.
 */
import { Hono } from 'hono'
import { type Room, refused } from '../api/room.ts'
import { answerAsset, answerClientScript } from './assets.ts'
import { answerPage } from './page.ts'
import type { Portal, PortalParts } from './parts.ts'

/** Opens the portal. Without the key of a Clerk instance it can show nothing, and says so. */
export function createPortal(parts: PortalParts): Hono<Room> {
  const app = new Hono<Room>()
  const { publishableKey } = parts.instance
  if (publishableKey === undefined) {
    app.all('*', (c) => refused(c, { code: 'binding-missing', binding: 'CLERK_PUBLISHABLE_KEY' }))
    return app
  }
  const portal: Portal = { ...parts, instance: { ...parts.instance, publishableKey } }
  app.get('/client.js', (c) => answerClientScript(c.env.call, portal))
  app.get('/assets/:file', (c) => answerAsset(c.env.call, c.req.param('file')))
  app.get('/:page', (c) => answerPage(c.env.call, c.req.param('page'), portal))
  app.onError((error) => {
    throw error
  })
  return app
}
