import { entryPoint } from '../../src/checks/entrypoint.ts'
import { defineGateway } from '../../src/config/define.ts'
import type { Env } from '../../src/deps.ts'
import { frontDoor } from '../../src/front-door.ts'
import { ok } from '../../src/model/result.ts'

// Usher before nothing of its own: other Workers ask it by service binding. The variable `BROKEN` names an origin
// that is not there.

const definition = defineGateway((env) => ({
  origins: {},
  routes: [
    { path: '/public/**', origin: 'elsewhere', access: 'public' },
    { path: '/orders/**', origin: 'elsewhere' },
    { path: '/admin/**', origin: 'elsewhere', access: { role: 'admin' } },
    ...(env.BROKEN ? [{ path: '/gone', origin: 'gone' }] : []),
  ],
  checks: {
    callers: {
      shop: { binding: true, hosts: ['shop.usher.test'] },
      edge: { secret: 'a-secret-of-more-than-32-characters', may: ['nginx'] },
    },
  },
}))

const door = frontDoor(() => ({
  definition,
  facts: async ({ userId }) =>
    ok({
      status: 'active',
      email: undefined,
      grants: userId === 'user_ada' ? [{ role: 'admin', permissions: [], organizationId: '' }] : [],
      endedSessions: [],
    }),
  app: () => import('../../src/app.ts'),
  log: { log: () => {}, warn: () => {}, error: () => {} },
}))

export class Checks extends entryPoint(door.open) {}

export default {
  fetch: (request, env, context) => door.fetch(request, env, context),
} satisfies ExportedHandler<Env>
