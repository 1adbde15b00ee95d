import { env } from 'cloudflare:workers'
import { createApp } from '../../src/app.ts'
import { defineGateway, type GatewayConfig } from '../../src/config/define.ts'
import { type Relaxations, strict } from '../../src/config/relaxations.ts'
import type { Env, House } from '../../src/deps.ts'
import type { RequestRecord } from '../../src/events/record.ts'
import { openHouse } from '../../src/front-door.ts'
import { type Gateway, walk } from '../../src/gateway/pipeline.ts'
import type { Facts, ReadFacts } from '../../src/model/facts.ts'
import { openDatabase } from '../../src/store/database.ts'
import { grantRole } from '../../src/store/grants.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { makeSigningKeys } from './signing-keys.ts'
import { jwks, makeKey, mint, sessionClaims, sessionHeader, type TestKey } from './tokens.ts'

/** The key server of the test issuer: what it answers, and how often it was asked. */
export interface FakeKeyServer {
  asked: number
  /** Replaced by a test to fail, hang or talk nonsense. */
  answer: () => Response | Promise<Response>
  publish(...keys: readonly TestKey[]): Promise<void>
}

/** Clerk's Backend API: what it answers, and every request that it got. */
export interface FakeBackend {
  readonly asked: Request[]
  /** Replaced by a test; by itself it knows of nothing. */
  answer: (request: Request) => Response | Promise<Response>
}

/** KV and D1 that count. */
export interface FakeStore {
  reads: number
  writes: number
  /** Statements that were prepared at D1. */
  queries: number
  /** The constraints of the sessions that were opened at D1. */
  readonly sessions: unknown[]
  isDatabaseDown: boolean
  /** Stands in for the real D1 where a test sets it; it is counted the same. */
  database: D1Database | undefined
  readonly values: Map<string, string>
  /** Replaced by a test to fail or hang. */
  read: (name: string) => Promise<string | null>
  /** Replaced by a test to fail or hang. */
  write: (name: string, value: string) => Promise<void>
}

/** Usher with everything around it in the hands of a test. */
export interface World {
  readonly clock: FakeClock
  readonly key: TestKey
  readonly keyServer: FakeKeyServer
  readonly backend: FakeBackend
  readonly store: FakeStore
  /** Every Request that left for an origin. */
  readonly sent: Request[]
  /** Every Request that left for the key server. */
  readonly asked: Request[]
  readonly records: RequestRecord[]
  readonly gateway: Gateway
  /** Replaced by a test to make the origin answer otherwise. */
  origin: (request: Request) => Response | Promise<Response>
  /** Walks a request through this isolate. */
  walk(request: Request): Promise<Response>
  /** `GET url` with a bearer token. */
  get(path: string, token?: string, init?: RequestInit): Promise<Response>
  /** The same world seen from an isolate that has just started. */
  coldIsolate(): World
  /** Another world at the same clock: an isolate, KV and a key server of its own, all well. */
  apart(): World
  /** A session token of ada from now, with some claims or header members changed. */
  token(claims?: object, header?: object, key?: TestKey): Promise<string>
  /** Waits for all that goes on behind the requests. */
  behind(): Promise<void>
}

/** What a test may choose. */
export interface WorldOptions {
  readonly config?: Partial<GatewayConfig>
  readonly variables?: Readonly<Record<string, string>>
  readonly facts?: ReadFacts
  readonly relaxations?: Relaxations
  /** Further bindings. */
  readonly bindings?: Readonly<Record<string, unknown>>
  /** Where to write; where it is given, what is recorded goes where it would in production, too. */
  readonly log?: NonNullable<House['log']>
}

/** Where Clerk's Backend API is in these tests, which is where it is by default. */
export const backendUrl = 'https://api.clerk.com'

/** Where the gateway stands in these tests. */
export const gatewayUrl = 'https://api.usher.test'

const routes: GatewayConfig['routes'] = [
  { path: '/public/**', origin: 'api', access: 'public' },
  { path: '/optional/**', origin: 'api', access: 'optional' },
  { path: '/api/**', origin: 'api' },
  { path: '/admin/**', origin: 'api', access: { role: 'admin' } },
  { path: '/orgs/:orgId/**', origin: 'api', access: { org: ':orgId' } },
]

let sharedKey: Promise<TestKey> | undefined
let sharedSigningKeys: Promise<string> | undefined

/** Makes a world: one issuer, one origin, ada its administrator, and noon on the clock. */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  sharedKey ??= makeKey('ins_usher')
  sharedSigningKeys ??= makeSigningKeys()
  const key = await sharedKey
  const keyServer = createFakeKeyServer()
  await keyServer.publish(key)
  const variables = {
    CLERK_JWT_ISSUER: 'https://clerk.usher.test',
    CLERK_FRONTEND_API: 'clerk.usher.test',
    AUTHORIZED_PARTIES: 'https://app.usher.test',
    USHER_SIGNING_KEY: await sharedSigningKeys,
    ...options.variables,
  }
  const seed = { userId: 'user_ada', role: 'admin', organizationId: '', by: 'test', nowMs: 0 }
  await grantRole(openDatabase(env.DB), seed)
  const surroundings = {
    key,
    keyServer,
    backend: createFakeBackend(),
    store: createFakeStore(),
    clock: createFakeClock(),
  }
  return openWorld({ ...options, variables }, surroundings)
}

type Surroundings = Pick<World, 'key' | 'keyServer' | 'backend' | 'store' | 'clock'>

function openWorld(options: WorldOptions, surroundings: Surroundings): World {
  const { key, store, clock } = surroundings
  const [sent, asked]: [Request[], Request[]] = [[], []]
  const records: RequestRecord[] = []
  let behind: Promise<unknown>[] = []
  const keeper = { waitUntil: (work: Promise<unknown>) => void behind.push(work) }

  const opened = open(options, {
    app: async () => ({ createApp }),
    fetch: (input, init) => networkOf(world)(new Request(input, init)),
    ...(options.facts && { facts: options.facts }),
    clock,
    ...(options.log === undefined && { record: silent }),
    log: options.log ?? { log: silent, warn: silent, error: silent },
    env: bindings(store, { ...options.variables, ...options.bindings }),
  })

  const gateway: Gateway = {
    ...opened,
    record(record, moment) {
      records.push(record)
      opened.record(record, moment)
    },
  }

  const world: World = {
    ...surroundings,
    sent,
    asked,
    records,
    gateway,
    origin: () => new Response('from the origin'),
    walk: (request) => walk(request, keeper, gateway),
    get(path, token, init = {}) {
      const headers = new Headers(init.headers)
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
      return world.walk(new Request(`${gatewayUrl}${path}`, { ...init, headers }))
    },
    coldIsolate: () => openWorld(options, surroundings),
    apart: () => openWorld(options, { ...surroundings, ...apart(surroundings) }),
    token: (claims = {}, header = {}, signer = key) =>
      mint({
        key: signer,
        header: { ...sessionHeader(signer), ...header },
        claims: { ...sessionClaims(Math.floor(clock.now() / 1000)), ...claims },
      }),
    async behind() {
      const work = behind
      behind = []
      await Promise.all(work)
    },
  }
  return world
}

/** The network of a world: the key server, Clerk's Backend API, and origins for the rest. */
function networkOf(world: World): (request: Request) => Promise<Response> {
  const { keyServer, backend, asked, sent } = world
  return async (request) => {
    if (request.cache !== 'no-store') throw new Error('A request would have been cached')
    if (request.url.startsWith('https://clerk.usher.test/')) {
      asked.push(request)
      keyServer.asked += 1
      return keyServer.answer()
    }
    const isForBackend = request.url.startsWith(`${backendUrl}/`)
    const list = isForBackend ? backend.asked : sent
    list.push(request)
    return isForBackend ? backend.answer(request) : world.origin(request)
  }
}

function open(
  { config, relaxations = strict }: WorldOptions,
  { env, ...house }: Omit<House, 'definition'> & { env: Env },
): Gateway {
  const origins = { api: { url: 'https://origin.usher.test' } }
  const definition = defineGateway(() => ({ origins, routes, ...config }))
  const opened = openHouse({ ...house, definition, relaxations }, env)
  if (!opened.ok) throw new Error(JSON.stringify(opened.error))
  return opened.value.gateway
}

function silent(): void {}

/** Facts in which everyone holds these, everywhere. */
export function everyoneHolds(
  roles: readonly string[],
  permissions: readonly string[] = [],
): Facts {
  const grants = roles.map((role) => ({ role, permissions, organizationId: '' }))
  return { status: 'active', email: undefined, grants, endedSessions: [] }
}

function createFakeKeyServer(): FakeKeyServer {
  const keyServer: FakeKeyServer = {
    asked: 0,
    answer: () => new Response(null, { status: 500 }),
    async publish(...keys) {
      const text = JSON.stringify(await jwks(...keys))
      keyServer.answer = () => new Response(text)
    },
  }
  return keyServer
}

function createFakeBackend(): FakeBackend {
  return { asked: [], answer: () => Response.json({ errors: [] }, { status: 404 }) }
}

function apart({ keyServer, store }: Surroundings): Pick<Surroundings, 'keyServer' | 'store'> {
  const [ownKeyServer, ownStore] = [createFakeKeyServer(), createFakeStore()]
  ownKeyServer.answer = keyServer.answer
  ownStore.database = store.database
  return { keyServer: ownKeyServer, store: ownStore }
}

function createFakeStore(): FakeStore {
  const values = new Map<string, string>()
  return {
    reads: 0,
    writes: 0,
    queries: 0,
    sessions: [],
    isDatabaseDown: false,
    database: undefined,
    values,
    read: async (name) => values.get(name) ?? null,
    write: async (name, value) => void values.set(name, value),
  }
}

/** Bindings that count. D1 is the real one, with every migration applied. */
function bindings(store: FakeStore, further: WorldOptions['bindings']): Env {
  const kv = {
    get(name: string) {
      store.reads += 1
      return store.read(name)
    },
    put(name: string, value: string) {
      store.writes += 1
      return store.write(name, value)
    },
  }
  const database = new Proxy(env.DB, {
    get(real, name) {
      const target = store.database ?? real
      if (name === 'prepare') store.queries += 1
      if (store.isDatabaseDown && name === 'prepare') throw new Error('D1 is down')
      const member: unknown = Reflect.get(target, name)
      if (name === 'withSession') {
        return (constraint: string) => {
          store.sessions.push(constraint)
          return target.withSession(constraint)
        }
      }
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  // The two methods that the gateway uses of KV; the platform's own is tried in the other tests.
  return { ...further, KV: kv, DB: database } as unknown as Env
}
