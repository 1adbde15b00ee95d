import { defineGateway, type GatewayConfig } from '../../src/config/define.ts'
import { type Env, frontDoor } from '../../src/deps.ts'
import type { RequestRecord } from '../../src/events/record.ts'
import { ok } from '../../src/model/result.ts'

// The whole gateway behind its own front door, for tests that speak to it over sockets. What the test
// must know and no answer says, the records and the problems, is read back under a host of its own.

/** The host under which the test reads what the gateway noted. */
const notesHost = 'notes.usher.test'

const routes: GatewayConfig['routes'] = [
  { path: '/public/**', origin: 'api', access: 'public' },
  { path: '/optional/**', origin: 'api', access: 'optional' },
  { path: '/api/**', origin: 'api' },
  { path: '/admin/**', origin: 'api', access: { role: 'admin' } },
  { path: '/orgs/:orgId/**', origin: 'api', access: { org: ':orgId' } },
  { path: '/hosted/**', host: 'hosted.usher.test', origin: 'api', access: 'public' },
  { path: '/ws/**', origin: 'api', websocket: true },
  { path: '/socket/**', origin: 'api', websocket: true, carriers: ['subprotocol', 'bearer'] },
  { path: '/keyed/**', origin: 'api', carriers: ['bearer', 'x-api-key'], access: 'optional' },
  { path: '/encoded/**', origin: 'api', access: 'public', escapes: ['%2F'] },
  { path: '/slow/**', origin: 'slow', access: 'public' },
  { path: '/nowhere', origin: 'nowhere', access: 'public' },
  { path: '/self/**', origin: 'self', access: 'public' },
  { path: '/self/members/**', origin: 'self' },
]

/** With `OPEN`, whatever else there is goes to the origin, each escape included. */
const openRoute: GatewayConfig['routes'][number] = {
  path: '/**',
  origin: 'api',
  access: 'public',
  escapes: ['%2F', '%25', '%3B', '%23', '%3F', ';'],
}

const definition = defineGateway((env) => ({
  origins: {
    api: { url: env.ORIGIN_URL },
    slow: { url: env.ORIGIN_URL, timeout: '300ms' },
    nowhere: { url: env.NOWHERE_URL },
    self: 'same-host',
  },
  routes: [
    ...routes,
    ...(env.OPEN ? [openRoute] : []),
    ...(env.BROKEN ? [{ path: 'no-slash', origin: 'nobody' }] : []),
  ],
}))

const records: RequestRecord[] = []
const problems: string[] = []

const door = frontDoor(() => ({
  definition,
  relaxations: { plainAddresses: true, standInKeys: true, openDiagnosis: false },
  facts: async ({ userId }) =>
    ok({
      status: 'active',
      email: undefined,
      grants: userId === 'user_ada' ? [{ role: 'admin', permissions: [], organizationId: '' }] : [],
      endedSessions: [],
    }),
  app: () => import('../../src/app.ts'),
  record: (record) => void records.push(record),
  log: { log: () => {}, warn: () => {}, error: (line: string) => void problems.push(line) },
}))

export default {
  async fetch(request, env, context) {
    if (request.headers.get('host') === notesHost) {
      return Response.json({ records: records.splice(0), problems })
    }
    // Work that is pending behind every request, as a refresh of the keys would be.
    if (env.LINGER_MS) context.waitUntil(scheduler.wait(Number(env.LINGER_MS)))
    return door.fetch(request, env, context)
  },
} satisfies ExportedHandler<Env>
