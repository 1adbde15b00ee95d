import { defineGateway, type GatewayConfig } from '../../src/config/define.ts'
import type { Env } from '../../src/deps.ts'
import type { RequestRecord } from '../../src/events/record.ts'
import { frontDoor } from '../../src/front-door.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { ReadFacts } from '../../src/model/facts.ts'
import { ok } from '../../src/model/result.ts'

export { Limiter } from '../../src/store/limiter.ts'

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
    based: { url: `${env.ORIGIN_URL}/base` },
    nowhere: { url: env.NOWHERE_URL },
    self: 'same-host',
    ...(env.ORIGINS ? (JSON.parse(env.ORIGINS) as GatewayConfig['origins']) : {}),
  },
  routes: [
    ...routes,
    ...(env.OPEN ? [openRoute] : []),
    ...(env.ROUTES ? (JSON.parse(env.ROUTES) as GatewayConfig['routes']) : []),
    ...(env.BROKEN ? [{ path: 'no-slash', origin: 'nobody' }] : []),
  ],
  ...(env.HEADER_LIMITS ? { headerLimits: JSON.parse(String(env.HEADER_LIMITS)) } : {}),
  ...(env.IDENTITY_MAP && { identityMap: JSON.parse(env.IDENTITY_MAP) }),
  ...(env.FURTHER ? (JSON.parse(env.FURTHER) as Partial<GatewayConfig>) : {}),
}))

const records: RequestRecord[] = []
const problems: string[] = []

/** A clock that tells the time and does not wait: what is due comes so many times as soon. */
function hastyClock(times: number): Clock {
  return {
    now: () => Date.now(),
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs / times)
      return () => clearTimeout(timer)
    },
  }
}

/** What is known of people, and with `REFRESH_MS` a reading behind the request that takes so long. */
const factsIn =
  (env: Env): ReadFacts =>
  async ({ userId, moment }) => {
    if (env.REFRESH_MS) moment.waitUntil(scheduler.wait(Number(env.REFRESH_MS)))
    return ok({
      status: userId === 'user_banned' ? 'banned' : 'active',
      email: 'shared@example.com',
      grants: userId === 'user_ada' ? [{ role: 'admin', permissions: [], organizationId: '' }] : [],
      endedSessions: [],
    })
  }

const door = frontDoor((env) => ({
  definition,
  relaxations: {
    plainAddresses: true,
    standInKeys: true,
    openDiagnosis: false,
    operatorAnywhere: false,
  },
  ...(env.FACTS !== 'd1' && { facts: factsIn(env) }),
  ...(env.HASTE !== undefined && { clock: hastyClock(Number(env.HASTE)) }),
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
