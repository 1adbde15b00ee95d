import { defineGateway } from '../../../src/config/define.ts'
import type { Env } from '../../../src/deps.ts'
import { frontDoor } from '../../../src/front-door.ts'
import type { ReadFacts } from '../../../src/model/facts.ts'
import { ok } from '../../../src/model/result.ts'

export { Limiter } from '../../../src/store/limiter.ts'

// The gateway of `src/checks/README.md`, with a sign-in page, for proxies that ask it.

const definition = defineGateway((env) => ({
  canonicalOrigin: 'https://usher.example.com',
  signInUrl: 'https://accounts.example.com/sign-in',
  origins: {},
  routes: [
    { path: '/public/**', host: 'app.example.com', origin: 'elsewhere', access: 'public' },
    { path: '/api/**', host: 'app.example.com', origin: 'elsewhere' },
    {
      path: '/admin/**',
      host: 'app.example.com',
      origin: 'elsewhere',
      access: { role: 'admin' },
    },
    { path: '/socket', host: 'app.example.com', origin: 'elsewhere', websocket: true },
  ],
  identityMap: { 'X-Email': 'email' },
  checks: {
    callers: {
      edge: {
        secret: env.EDGE_SECRET,
        may: ['nginx', 'caddy', 'haproxy'],
        hosts: ['app.example.com'],
      },
    },
  },
}))

/** Ada is an administrator, and nobody else is anything. */
const facts: ReadFacts = async ({ userId }) =>
  ok({
    status: 'active',
    email: `${userId}@example.com`,
    grants: userId === 'user_ada' ? [{ role: 'admin', permissions: [], organizationId: '' }] : [],
    endedSessions: [],
  })

const door = frontDoor(() => ({
  definition,
  relaxations: {
    plainAddresses: true,
    standInKeys: true,
    openDiagnosis: false,
    operatorAnywhere: false,
  },
  facts,
  app: () => import('../../../src/app.ts'),
  record: () => {},
  log: { log: () => {}, warn: () => {}, error: console.error },
}))

export default { fetch: door.fetch } satisfies ExportedHandler<Env>
