import { env, type WorkflowStep } from 'cloudflare:workers'
import { addMember, createOrganization } from '../../src/local/clerk/acts/organizations.ts'
import type { Change } from '../../src/local/clerk/kernel/table.ts'
import type { TurningClock } from '../../src/local/clerk/kernel/turning-clock.ts'
import { createStandIn, type StandIn } from '../../src/local/clerk/stand-in.ts'
import type { Clock } from '../../src/model/clock.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { findRun, lastRun, type SyncRun } from '../../src/store/sync-runs.ts'
import { type Beginner, startBackfill } from '../../src/tasks/backfill.ts'
import type { TaskCapabilities } from '../../src/tasks/capabilities.ts'
import { type Leg, reconcileIfDue, walkThroughClerk } from '../../src/tasks/sync.ts'
import { noonMs } from '../support/fake-clock.ts'

/** The key that opens the Backend API of these tests. */
const secretKey = `sk_live_${'s'.repeat(43)}`

/** So many rows has a page here: what is longer is answered with something that cannot be read. */
export const rowsPerPage = 20

/** What the platform does with steps: each is recorded when it is over, and what is recorded never runs again. */
export interface FakeWorkflow {
  readonly step: WorkflowStep
  /** The names of steps, in order, as often as they ran. */
  readonly ran: string[]
  /** What was slept through, in milliseconds. */
  readonly slept: number[]
  /** Set by the scene: sleep takes its time. */
  turn: (byMs: number) => void
}

/** A walk through the stand-in with all around it in the hands of a test. */
export interface SyncScene {
  readonly standIn: StandIn
  readonly database: Database
  readonly world: TaskCapabilities
  /** Paths and queries that Clerk was asked, in order. */
  readonly asked: string[]
  /** Legs that were started and not yet walked. */
  readonly legs: Leg[]
  /** All legs that were started. */
  readonly started: Leg[]
  readonly faults: string[]
  /** Moves the clock of Usher and of Clerk. */
  turn(byMs: number): void
  nowMs(): number
  /** Replaced by a test: answers in the place of Clerk, where it answers. */
  instead: (url: URL) => Response | undefined
  /** Replaced by a test: called before the n-th call of the database from now on; it may throw. */
  beforeQuery: () => void
  /** Makes so many users at Clerk, older than a minute, the oldest first. */
  addUsers(count: number, from?: number): void
  start(more?: Partial<Beginner>): Promise<SyncRun>
  /** Walks all legs that were started, one after the other. */
  walk(workflow?: FakeWorkflow): Promise<void>
  tick(): Promise<void>
  run(id: string): Promise<SyncRun>
  last(kind: SyncRun['kind']): Promise<SyncRun | undefined>
  /** The ids of a table that are not deleted, in order. */
  kept(table: 'users' | 'organizations' | 'memberships'): Promise<readonly string[]>
}

const tables = [
  ...['users', 'organizations', 'memberships', 'clerk_objects', 'ended_sessions', 'events'],
  ...['event_counters', 'sync_runs', 'sync_watermarks', 'role_grants', 'audit', 'deliveries'],
]

let key: Promise<JsonWebKey & { kid: string }> | undefined

/** Passwords take their time: the first who opens a scene makes them for all. */
const seeded: { readonly table: string; readonly id: string; readonly json: string }[] = []
let isSeeded = false

function keep(changes: readonly Change[]): void {
  for (const { table, id, record } of changes) {
    seeded.push({ table, id, json: JSON.stringify(record) })
  }
}

/** What a walk needs nothing of. */
const idle = {
  enqueue: undefined,
  webhookSecret: undefined,
  mirroredRole: undefined,
  loadHandlers: async () => [],
  forget: () => {},
  send: async () => new Response(null, { status: 500 }),
  allowsPrivateAddresses: false,
  ownHosts: new Set<string>(),
}

async function openStandIn(clock: TurningClock): Promise<StandIn> {
  key ??= makeKey()
  const host = 'clerk.0123abcd.localhost'
  const standIn = await createStandIn({
    key: await key,
    settings: {
      ...{ host, secretKey, applicationOrigin: 'http://localhost:8787' },
      publishableKey: `pk_live_${btoa(`${host}$`).replace(/=+$/, '')}`,
    },
    clock,
    keeper: { load: () => seeded, write: (changes) => void (isSeeded || keep(changes)) },
  })
  isSeeded = true
  return standIn
}

/** Opens a scene: a Clerk that knows ada, grace, linus and acme, and a database that is empty. */
export async function openSync(): Promise<SyncScene> {
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
  let turnedMs = 0
  function turn(byMs: number): void {
    turnedMs += byMs
  }
  const clock = quickClock(() => noonMs + turnedMs, turn)
  const standIn = await openStandIn({ now: clock.now, turn, turnedMs: 0 })
  const database = openDatabase(counting(env.DB, () => scene.beforeQuery()))
  const [asked, faults]: [string[], string[]] = [[], []]
  const [legs, started]: [Leg[], Leg[]] = [[], []]

  async function send(request: Request): Promise<Response> {
    const url = new URL(request.url)
    asked.push(`${url.pathname}${url.search}`.replace('/backend/v1', ''))
    const isLong = Number(url.searchParams.get('limit')) > rowsPerPage
    const isPage = !/user_id=|organization_id=/.test(url.search)
    return scene.instead(url) ?? (isLong && isPage ? tooLong() : standIn.fetch(request))
  }

  const world: TaskCapabilities = {
    ...idle,
    clock,
    openDatabase: async () => database,
    startSync: async (runId, leg) => void [legs, started].map((some) => some.push({ runId, leg })),
    clerk: { apiUrl: 'http://127.0.0.1/backend', secretKey, send, clock },
    logFault: (what) => void faults.push(what),
  }

  const scene: SyncScene = {
    ...{ standIn, database, world, asked, legs, started, faults, turn },
    nowMs: clock.now,
    instead: () => undefined,
    beforeQuery: () => {},
    addUsers: (count, from = 0) => addUsers(standIn, count, from),
    async start(more) {
      // Whoever is there already was made before.
      turn(1)
      const beginner = { by: 'user_ada', ...more }
      const begun = await startBackfill(beginner, { world, database, nowMs: clock.now() })
      if (!begun.ok || begun.value === undefined) throw new Error(JSON.stringify(begun))
      return begun.value
    },
    async walk(workflow) {
      for (let leg = legs.shift(); leg !== undefined; leg = legs.shift()) {
        await walkThroughClerk(leg, sleeping(workflow ?? fakeWorkflow(), turn).step, world)
      }
    },
    tick: () => reconcileIfDue(world),
    async run(id) {
      const found = await findRun(database, id)
      if (found === undefined) throw new Error('There is no such run')
      return found
    },
    last: (kind) => lastRun(database, kind),
    kept,
  }
  return scene
}

/** Sleep takes its time. */
function sleeping(workflow: FakeWorkflow, turn: FakeWorkflow['turn']): FakeWorkflow {
  return Object.assign(workflow, { turn })
}

function addUsers({ world }: StandIn, count: number, from: number): void {
  const { users } = world.state
  const [model] = users.all()
  if (model === undefined) throw new Error('Nobody is there')
  for (let at = from; at < from + count; at++) {
    const id = `user_of${String(at).padStart(6, '0')}`
    const times = { createdAt: noonMs - 1e9 + at, updatedAt: noonMs - 1e9 + at }
    users.put({ ...model, ...times, id, number: 1000 + at, firstName: `Number ${at}` })
  }
}

async function kept(table: 'users' | 'organizations' | 'memberships'): Promise<readonly string[]> {
  const sql = `SELECT id FROM ${table} WHERE status <> 'deleted' ORDER BY id`
  const { results } = await env.DB.prepare(sql).all<{ id: string }>()
  return results.map(({ id }) => id)
}

/** The platform as it is when nothing goes wrong; `around` may throw instead of running or recording a step. */
export function fakeWorkflow(
  around: (name: string, run: () => Promise<unknown>) => Promise<unknown> = (_name, run) => run(),
): FakeWorkflow {
  const recorded = new Map<string, unknown>()
  const [ran, slept]: [string[], number[]] = [[], []]
  const step = {
    async do(name: string, _config: unknown, run: () => Promise<unknown>) {
      if (recorded.has(name)) return recorded.get(name)
      ran.push(name)
      const result = await around(name, run)
      recorded.set(name, result)
      return result
    },
    async sleep(_name: string, durationMs: number) {
      slept.push(durationMs)
      workflow.turn(durationMs)
    },
  }
  // The two that are used of them.
  const workflow: FakeWorkflow = {
    ...{ step: step as unknown as WorkflowStep, ran, slept },
    turn() {},
  }
  return workflow
}

/** Short pauses are over at once, and move the clock; what is long is a limit, which nothing here comes to. */
function quickClock(now: () => number, turn: (byMs: number) => void): Clock {
  return {
    now,
    after(delayMs, callback) {
      if (delayMs > 1000) return () => {}
      const timer = setTimeout(() => {
        turn(delayMs)
        callback()
      }, 0)
      return () => clearTimeout(timer)
    },
  }
}

function counting(d1: D1Database, beforeQuery: () => void): D1Database {
  return new Proxy(d1, {
    get(real, name) {
      const member: unknown = Reflect.get(real, name)
      if (name === 'prepare' || name === 'batch') beforeQuery()
      return typeof member === 'function' ? member.bind(real) : member
    },
  })
}

function tooLong(): Response {
  return new Response('[')
}

async function makeKey(): Promise<JsonWebKey & { kid: string }> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  }
  const pair = (await crypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const jwk = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as JsonWebKey
  return { ...jwk, kid: 'ins_sync' }
}

/** 48 users, two organisations, and 25 memberships beside those of acme. */
export function populate(scene: SyncScene): void {
  const { world } = scene.standIn
  scene.addUsers(45)
  const organization = createOrganization(world, {
    ...{ id: 'org_b', name: 'B', createdBy: null, maxAllowedMemberships: 50 },
  })
  for (let at = 0; at < 25; at++) {
    const userId = `user_of${String(at).padStart(6, '0')}`
    addMember(world, { organization, userId, role: 'org:member' })
  }
}

/** What Clerk has, by the ids of it. */
export function atClerk({ standIn }: SyncScene) {
  const { users, organizations, memberships } = standIn.world.state
  const idsOf = (table: { all(): readonly { readonly id: string }[] }) =>
    table
      .all()
      .map(({ id }) => id)
      .sort()
  return {
    users: idsOf(users),
    organizations: idsOf(organizations),
    memberships: idsOf(memberships),
  }
}

/** What Usher has, by the ids of it. */
export async function keptIn(scene: SyncScene) {
  return {
    users: await scene.kept('users'),
    organizations: await scene.kept('organizations'),
    memberships: await scene.kept('memberships'),
  }
}
