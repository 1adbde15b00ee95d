import { defineGateway } from '../../src/config/define.ts'
import { type Env, frontDoor } from '../../src/deps.ts'
import { ok } from '../../src/model/result.ts'

// The whole gateway as it is deployed, before an origin on this machine: what is tested with it goes over
// sockets at both ends. A key in PEM keeps the key server out of it; ada alone is administrator.

const everything = ['%2F', '%25', '%3B', '%23', '%3F', ';'] as const

const definition = defineGateway((env) => ({
  origins: {
    api: { url: env.ORIGIN_URL, timeout: '300ms' },
    nowhere: { url: 'http://127.0.0.1:9' },
    self: 'same-host',
  },
  routes: [
    { path: '/public/**', origin: 'api', access: 'public' },
    { path: '/optional/**', origin: 'api', access: 'optional' },
    { path: '/api/**', origin: 'api' },
    { path: '/admin/**', origin: 'api', access: { role: 'admin' } },
    { path: '/ws/**', origin: 'api', websocket: true },
    { path: '/encoded/**', origin: 'api', access: 'public', escapes: ['%2F', '%25', ';'] },
    { path: '/nowhere', origin: 'nowhere', access: 'public' },
    { path: '/self/**', origin: 'self', access: 'public' },
    ...(env.OPEN
      ? [{ path: '/**', origin: 'api', access: 'public' as const, escapes: [...everything] }]
      : []),
    ...(env.BROKEN ? [{ path: 'no-slash', origin: 'nobody' }] : []),
  ],
}))

const door = frontDoor(() => ({
  definition,
  relaxations: { plainAddresses: true, standInKeys: true, openDiagnosis: false },
  facts: async (userId) => ok({ roles: userId === 'user_ada' ? ['admin'] : [], permissions: [] }),
  app: () => import('../../src/app.ts'),
}))

export default {
  fetch(request, env, context) {
    // Work that is pending behind every request, as a refresh of the keys would be.
    context.waitUntil(scheduler.wait(1500))
    return door.fetch(request, env, context)
  },
} satisfies ExportedHandler<Env>
