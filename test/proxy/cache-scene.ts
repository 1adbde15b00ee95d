import { beforeEach } from 'vitest'
import type { GatewayConfig, RouteConfig } from '../../src/config/define.ts'
import type { Facts } from '../../src/model/facts.ts'
import { ok } from '../../src/model/result.ts'
import type { Route } from '../../src/model/route.ts'
import { gatewayOf } from '../config/sample.ts'
import { createWorld, everyoneHolds, gatewayUrl, type World } from '../support/world.ts'

const cache = { maxAge: '60s' } as const
const forOne = { maxAge: '60s', scope: 'principal' } as const
const routes: GatewayConfig['routes'] = [
  { path: '/open/**', origin: 'api', access: 'public', cache },
  {
    path: '/page/**',
    origin: 'api',
    access: 'public',
    cache: { ...cache, headers: ['Accept-Language'], query: ['page', 'a b'] },
  },
  { path: '/mine/**', origin: 'api', revocable: true, cache: forOne },
  { path: '/maybe/**', origin: 'api', access: 'optional', cache: forOne },
  { path: '/shared/**', origin: 'api', access: 'public', cors: { origins: '*' }, cache },
  { path: '/set/**', origin: 'set', access: 'public', cache },
  { path: '/worker/**', origin: 'worker', access: 'public', cache },
  {
    path: '/told/**',
    origin: 'api',
    access: 'public',
    requestHeaders: { set: { authorization: 'Basic b3Vycw==', 'x-app': 'ours' } },
    cache,
  },
  { path: '/api/**', origin: 'api' },
]
const origins: GatewayConfig['origins'] = {
  api: { url: 'https://origin.usher.test' },
  set: {
    members: [
      { url: 'https://first.usher.test/one', weight: 0 },
      { url: 'https://second.usher.test/two' },
    ],
  },
  worker: { service: 'WORKER' },
}

/** One route below `/a`, compiled. */
export function routeOf(route: Partial<RouteConfig>): Route {
  const [compiled] = gatewayOf({
    origins: { api: { url: 'https://api.example.com' } },
    routes: [{ path: '/a/**', origin: 'api', ...route }],
  }).rules.routes
  if (compiled === undefined) throw new Error('There is no route')
  return compiled
}

/** An answer that was read, and kept if it is. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  readonly isHit: boolean
}

/** A gateway that keeps answers, before an origin that tells whoever asks all that it got. */
export interface CacheScene {
  readonly world: World
  /** Every request that the Worker behind the service binding got. */
  readonly received: Request[]
  /** What Usher knows of everyone. */
  facts: Facts
  /** The same gateway, which begins no traces. */
  silent(): Promise<World>
  /** A path of this test alone: what others keep is none of its business. */
  at(prefix: string): string
  /** Asks, reads the answer, and waits until it is kept. */
  ask(path: string, init?: RequestInit<CfProperties>): Promise<Answer>
  /** The same by ada, with some claims changed. */
  askWith(path: string, claims: object): Promise<Answer>
}

/** Opens the scene for the tests of a file, each with an origin as if nothing had been. */
export async function openCacheScene(): Promise<CacheScene> {
  const received: Request[] = []
  const worker = {
    async fetch(input: RequestInfo, init?: RequestInit) {
      received.push(new Request(input, init))
      return new Response('from the worker')
    },
  }
  const bindings = { WORKER: worker }
  const world = await createWorld({
    config: { routes, origins },
    bindings,
    facts: async () => ok(scene.facts),
  })
  let turn = 0
  const scene: CacheScene = {
    world,
    received,
    facts: everyoneHolds([]),
    async silent() {
      const observation = { traces: false }
      const silent = await createWorld({ config: { routes, origins, observation }, bindings })
      silent.origin = echo
      return silent
    },
    at: (prefix) => `${prefix}/${turn}`,
    async ask(path, init = {}) {
      const response = await world.walk(new Request(`${gatewayUrl}${path}`, init))
      const body = await response.text()
      await world.behind()
      const { status, headers } = response
      const isHit = headers.get('cache-status')?.startsWith('usher; hit') === true
      return { status, headers, body, isHit }
    },
    async askWith(path, claims) {
      const authorization = `Bearer ${await world.token(claims)}`
      return scene.ask(path, { headers: { authorization } })
    },
  }
  beforeEach(() => {
    world.sent.length = 0
    received.length = 0
    turn += 1
    scene.facts = everyoneHolds([])
    world.origin = echo
  })
  return scene
}

function echo(request: Request): Response {
  return Response.json({ url: request.url, headers: Object.fromEntries(request.headers) })
}
