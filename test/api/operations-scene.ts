/** The API of operators with somebody of each kind before it, and one record of each kind in it. */
import { env } from 'cloudflare:workers'
import type { Operation } from '../../src/api/operation.ts'
import { operations } from '../../src/api/operations.ts'
import type { GatewayConfig } from '../../src/config/define.ts'
import type { Facts } from '../../src/model/facts.ts'
import { ok } from '../../src/model/result.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

/** What somebody holds everywhere: roles by name, each with what it permits. */
export type Holding = Readonly<Record<string, readonly string[]>>

/** Everything that the table can ask for. */
export const everyPermission: readonly string[] = [
  ...new Set(operations.map(({ permission }) => permission)),
]

/** Operators at work. */
export interface OperatorScene {
  readonly world: World
  /** What everybody holds; ada is an administrator, linus holds nothing of note. Others are for a test to say. */
  readonly holdings: Map<string, Holding>
  /** Whether each reading of facts had to be a new one. */
  readonly readings: boolean[]
  /** Runs a row with its example as one of them, or as nobody; members of `init` come last. */
  run(row: Operation, userId: string | undefined, init?: CallInit): Promise<Told>
  /** Sends a request as one of them, or as nobody. */
  call(path: string, userId: string | undefined, init?: CallInit): Promise<Told>
}

/** How a request differs from the usual one. One with a cookie has no other credential. */
export interface CallInit {
  readonly method?: string
  readonly host?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: BodyInit
  /** Claims of the token. */
  readonly claims?: object
}

/** What came back. */
export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** What the text says as JSON; empty where it says nothing. */
  readonly body: Readonly<Record<string, unknown>>
}

/** The bindings that some rows need; nothing that is put there goes anywhere. */
const bindings = {
  QUEUE: { sendBatch: async () => {} },
  SYNC: { create: async () => {} },
}

/** Opens the scene; `config` and `bound` are what else the gateway has, `parties` whose sessions count. */
export async function createOperatorScene(
  config: Partial<GatewayConfig> = { operator: 'same-host' },
  bound: Readonly<Record<string, unknown>> = bindings,
  parties = 'https://app.usher.test',
): Promise<OperatorScene> {
  const holdings = new Map<string, Holding>([
    ['user_ada', { admin: [] }],
    ['user_linus', { user: [] }],
  ])
  const readings: boolean[] = []
  const world = await createWorld({
    config,
    bindings: bound,
    variables: { CLERK_SECRET_KEY: 'sk_test_operators', AUTHORIZED_PARTIES: parties },
    async facts({ userId, mustBeFresh }) {
      readings.push(mustBeFresh)
      return ok(factsOf(holdings.get(userId)))
    },
  })
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (claims: object) => {
    const key = JSON.stringify([world.clock.now(), claims])
    const token = tokens.get(key) ?? world.token(claims)
    tokens.set(key, token)
    return token
  }
  const scene: OperatorScene = {
    ...{ world, holdings, readings },
    async call(path, userId, init = {}) {
      const { method = 'GET', host, headers = {}, body, claims = {} } = init
      const url = host === undefined ? gatewayUrl : `https://${host}`
      const sent = new Headers(headers)
      if (userId !== undefined && !sent.has('cookie')) {
        sent.set('authorization', `Bearer ${await tokenOf({ sub: userId, ...claims })}`)
      }
      const asked = { method, headers: sent, ...(body !== undefined && { body }) }
      return toldBy(await world.walk(new Request(`${url}/_usher${path}`, asked)))
    },
    run(row, userId, init = {}) {
      const query = init.query ?? new URLSearchParams(row.example.query).toString()
      const path = `${pathOf(row)}${query === '' ? '' : `?${query}`}`
      return scene.call(path, userId, {
        method: row.method,
        ...(row.example.body !== undefined && { body: JSON.stringify(row.example.body) }),
        ...init,
        headers: { ...usualHeaders(row), ...init.headers },
      })
    },
  }
  return scene
}

async function toldBy(response: Response): Promise<Told> {
  const { status, headers } = response
  const text = await response.text()
  return { status, headers, text, body: text === '' ? {} : JSON.parse(text) }
}

function usualHeaders({ method, example }: Operation): Record<string, string> {
  return {
    ...(example.body !== undefined && { 'content-type': 'application/json' }),
    ...(method !== 'GET' && method !== 'POST' && { 'if-match': '*' }),
  }
}

/** The path of a row with the parameters of its example. */
export function pathOf({ path, example: { params = {} } }: Operation): string {
  return path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? 'none'))
}

function factsOf(holding: Holding = {}): Facts {
  const grants = Object.entries(holding).map(([role, permissions]) => ({
    ...{ role, permissions },
    organizationId: '',
  }))
  return { status: 'active', email: undefined, grants, endedSessions: [] }
}

/** How a role is made. */
export const newRole = {
  method: 'PUT',
  headers: { 'content-type': 'application/json', 'if-none-match': '*' },
  body: '{"permissions":[]}',
}

/** One record of each kind. */
export async function seedRecords(): Promise<void> {
  await env.DB.batch(seeds.map((statement) => env.DB.prepare(statement)))
}

const seeds = [
  ...['ada', 'grace', 'linus'].map(
    (name, index) => `INSERT OR REPLACE INTO users (id, number, email, created_at)
      VALUES ('user_${name}', ${9001 + index}, '${name}@example.com', ${index})`,
  ),
  `INSERT OR REPLACE INTO roles (name, description, permissions)
    VALUES ('support', 'Looks after people', '["usher.users.read"]')`,
  `INSERT OR REPLACE INTO role_grants (user_id, role, organization_id, granted_by, granted_at)
    VALUES ('user_linus', 'user', '', 'test', 1), ('user_grace', 'user', 'org_acme', 'test', 2)`,
  "INSERT OR REPLACE INTO organizations (id, name, created_at) VALUES ('org_acme', 'Acme', 1)",
  `INSERT OR REPLACE INTO memberships (id, organization_id, user_id, role, created_at)
    VALUES ('orgmem_ada', 'org_acme', 'user_ada', 'org:admin', 1)`,
  `INSERT OR REPLACE INTO clerk_objects (kind, id, owner, status)
    VALUES ('session', 'sess_seed', 'user_linus', 'active')`,
  `INSERT OR REPLACE INTO webhook_inbox (id, type, subject, state, body, received_at)
    VALUES ('msg_seed', 'user.updated', 'user_linus', 'dead', '{"type":"user.updated","data":{}}', 1)`,
  `INSERT OR REPLACE INTO events (id, type, subject, sequence, at, data)
    VALUES ('evt_seed', 'user.updated', 'user_seed', 1, 1, '{}')`,
  `INSERT OR REPLACE INTO subscriptions (id, url, secret, created_by, created_at, updated_at)
    VALUES ('sub_seed', 'https://hooks.example.com/', 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz',
      'user_ada', 1, 1)`,
  `INSERT OR REPLACE INTO deliveries (id, event_id, receiver, state, created_at)
    VALUES ('dlv_seed', 'evt_seed', 'sub_seed', 'dead', 1)`,
  `INSERT OR REPLACE INTO sync_runs (id, kind, state, stage, started_by, started_at, updated_at)
    VALUES ('sync_seed', 'backfill', 'done', 'users', 'user_ada', 1, 1)`,
]
