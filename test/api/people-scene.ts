import { env } from 'cloudflare:workers'
import { type ClerkEvent, changesOf } from '../../src/clerk/webhook-changes.ts'
import { openDatabase } from '../../src/store/database.ts'
import { grantRole } from '../../src/store/grants.ts'
import { applyPage } from '../../src/store/mirror.ts'
import { createWorld, type World, type WorldOptions } from '../support/world.ts'

/** A person as the fake of Clerk has them. */
interface Person {
  banned: boolean
  updatedAt: number
  firstName: string
  publicMetadata: Readonly<Record<string, unknown>>
}

/** Clerk's Backend API, as far as people are concerned: what it was asked, and what it has. */
export interface FakeClerk {
  readonly people: Map<string, Person>
  readonly sessions: Map<string, { userId: string; status: string; updatedAt: number }>
  /** `POST /v1/users/user_1/ban` and the like. */
  readonly deeds: string[]
  /** What it answers whatever it is asked; `undefined`: as it should. */
  answer: (() => Response | Promise<Response>) | undefined
  /** Called before it answers. */
  before: ((deed: string) => Promise<void>) | undefined
  userOf(id: string): Readonly<Record<string, unknown>>
  sessionOf(id: string): Readonly<Record<string, unknown>>
}

/** Operators, people and a Clerk that has them. */
export interface Scene {
  readonly world: World
  readonly clerk: FakeClerk
  /** Calls an operation as `caller`: status, body and ETag. */
  call(caller: string, line: string, init?: RequestInit): Promise<Called>
  /** A webhook that tells of something, as the consumer applies it. */
  tell(type: string, data: Readonly<Record<string, unknown>>): Promise<void>
  /** What a route says to whoever has a token with these claims: `200`, or the status and the code. */
  outcomeAt(path: string, claims: object): Promise<string>
}

/** What an answer says: a record, a page of them, or a problem. */
export interface Said {
  readonly id?: string
  readonly code?: string
  readonly status?: unknown
  readonly data: readonly { readonly id: string; readonly [name: string]: unknown }[]
  readonly next_cursor: string | null
  readonly [name: string]: unknown
}

/** What an operation answered. */
export interface Called {
  readonly status: number
  readonly body: Said
  readonly headers: Headers
}

/** Every table that a test of people leaves something in. */
const tables = [
  ...['users', 'role_grants', 'ended_sessions', 'audit', 'events', 'event_counters', 'deliveries'],
  ...['organizations', 'memberships', 'clerk_objects'],
]

/** Opens a scene: ada is the administrator, omar may read and write people and sessions, linus is nobody. */
export async function openPeopleScene(options: WorldOptions = {}): Promise<Scene> {
  for (const table of tables) await env.DB.exec(`DELETE FROM ${table}`)
  await env.DB.exec("DELETE FROM roles WHERE name IN ('support', 'auditor')")
  const support = ['users', 'sessions', 'organizations', 'memberships'].flatMap((one) => [
    ...[`usher.${one}.read`, `usher.${one}.write`],
  ])
  await env.DB.exec(`INSERT INTO roles VALUES ('support', '', '${JSON.stringify(support)}')`)
  await env.DB.exec(`INSERT INTO roles VALUES ('auditor', '', '["usher.audit.read"]')`)
  const { config, variables, ...others } = options
  const world = await createWorld({
    ...others,
    config: {
      operator: 'same-host',
      routes: [
        { path: '/plain/**', origin: 'api' },
        { path: '/fresh/**', origin: 'api', fresh: true },
        { path: '/revocable/**', origin: 'api', revocable: true },
      ],
      ...config,
    },
    variables: { CLERK_SECRET_KEY: 'sk_test_hush', ...variables },
  })
  await grant('user_omar', 'support')
  const clerk = createFakeClerk(() => world.clock.now())
  world.backend.answer = (request) => answerOf(clerk, request)
  return {
    ...{ world, clerk, tell: (type, data) => tell(world, type, data) },
    call: (caller, line, init) => call(world, caller, { line, init }),
    async outcomeAt(path, claims) {
      const response = await world.get(path, await world.token(claims))
      await world.behind()
      if (response.status === 200) return '200'
      return `${response.status} ${((await response.json()) as { code: string }).code}`
    },
  }
}

async function tell({ clock }: World, type: string, data: ClerkEvent['data']): Promise<void> {
  const nowMs = clock.now()
  const telling = { by: 'clerk', requestId: 'msg_1', nowMs, tellsNew: true }
  await applyPage(openDatabase(env.DB), changesOf({ type, data, toldAtMs: nowMs }), telling)
}

/** The types of the events about someone, in their order. */
export async function eventsOf(subject: string): Promise<readonly string[]> {
  const asked = env.DB.prepare('SELECT type FROM events WHERE subject = ? ORDER BY sequence')
  const { results } = await asked.bind(subject).all<{ type: string }>()
  return results.map(({ type }) => type)
}

/** Grants a role everywhere. */
export function grant(userId: string, role: string): Promise<unknown> {
  const input = { userId, role, organizationId: '', by: 'test', nowMs: 1 }
  return grantRole(openDatabase(env.DB), input)
}

async function call(
  world: World,
  caller: string,
  { line, init = {} }: { line: string; init: RequestInit | undefined },
): Promise<Called> {
  const [method = '', path = ''] = line.split(' ')
  const token = await world.token({ sub: `user_${caller}`, sid: `sess_of_${caller}` })
  const response = await world.get(`/_usher/api${path}`, token, { ...init, method })
  const text = await response.text()
  await world.behind()
  const body = (text === '' ? {} : JSON.parse(text)) as Said
  return { status: response.status, body, headers: response.headers }
}

function createFakeClerk(now: () => number): FakeClerk {
  const person = (): Person => ({
    ...{ banned: false, updatedAt: now() - 1000, firstName: 'Linus' },
    publicMetadata: { team: 'blue' },
  })
  const names = ['linus', 'ada', 'omar', 'grace']
  const clerk: FakeClerk = {
    people: new Map(names.map((name) => [`user_${name}`, person()])),
    sessions: new Map(),
    deeds: [],
    answer: undefined,
    before: undefined,
    userOf(id) {
      const { banned, updatedAt, firstName, publicMetadata } = clerk.people.get(id) ?? person()
      return {
        ...{ object: 'user', id, banned, locked: false, first_name: firstName, last_name: null },
        ...{ username: null, image_url: null, public_metadata: publicMetadata },
        unsafe_metadata: { role: 'admin' },
        primary_email_address_id: `idn_${id}`,
        email_addresses: [
          {
            id: `idn_${id}`,
            email_address: `${id}@example.com`,
            verification: { status: 'verified' },
          },
        ],
        ...{ created_at: 1000, updated_at: updatedAt },
      }
    },
    sessionOf(id) {
      const { userId, status, updatedAt } = clerk.sessions.get(id) ?? {}
      return {
        ...{ object: 'session', id, user_id: userId, status, client_id: 'client_1' },
        ...{ created_at: 1000, updated_at: updatedAt, last_active_at: 2000, expire_at: 9e12 },
        ...{ abandon_at: 9e12, last_active_organization_id: null, actor: null },
        latest_activity: { id: 'sess_activity_1', browser_name: 'Lynx', ip_address: '192.0.2.1' },
      }
    },
  }
  return clerk
}

async function answerOf(clerk: FakeClerk, request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  const deed = `${request.method} ${pathname}`
  if (request.headers.get('authorization') !== 'Bearer sk_test_hush') return failure(401)
  // Whoever is seen for the first time is asked for, too, and so is whose a session is: that is no deed.
  if (!/^GET \/v1\/(?:users|sessions)\//.test(deed)) clerk.deeds.push(deed)
  await clerk.before?.(deed)
  if (clerk.answer !== undefined) return clerk.answer()
  if (deed === 'GET /v1/sessions') return Response.json(sessionsOf(clerk, searchParams))
  const [, kind, id = '', act = ''] =
    /^\/v1\/(users|sessions)\/([^/]+)\/?(.*)$/.exec(pathname) ?? []
  if (kind === 'sessions') return revoked(clerk, id, act)
  return changed(clerk, id, { act: `${request.method} ${act}`, request })
}

async function changed(
  clerk: FakeClerk,
  id: string,
  { act, request }: { act: string; request: Request },
): Promise<Response> {
  const person = clerk.people.get(id)
  if (person === undefined) return failure(404)
  if (act === 'DELETE ') {
    clerk.people.delete(id)
    return Response.json({ object: 'user', id, deleted: true })
  }
  if (act !== 'GET ') person.updatedAt += 1
  if (act === 'POST ban') person.banned = true
  if (act === 'POST unban') person.banned = false
  if (act === 'PATCH metadata') {
    const { public_metadata: merged } = (await request.json()) as { public_metadata: object }
    person.publicMetadata = { ...person.publicMetadata, ...merged }
  }
  return Response.json(clerk.userOf(id))
}

function sessionsOf(clerk: FakeClerk, query: URLSearchParams) {
  const [offset, limit] = [Number(query.get('offset')), Number(query.get('limit'))]
  return [...clerk.sessions]
    .filter(([, { userId }]) => userId === query.get('user_id'))
    .filter(([, { status }]) => !query.has('status') || status === query.get('status'))
    .slice(offset, offset + limit)
    .map(([id]) => clerk.sessionOf(id))
}

function revoked(clerk: FakeClerk, id: string, act: string): Response {
  const session = clerk.sessions.get(id)
  if (session === undefined) return failure(404)
  const isLive = session.status === 'active' || session.status === 'pending'
  const changes = { status: 'revoked', updatedAt: session.updatedAt + 1 }
  if (isLive && act === 'revoke') clerk.sessions.set(id, { ...session, ...changes })
  return Response.json(clerk.sessionOf(id))
}

function failure(status: number): Response {
  return Response.json({ errors: [{ code: 'no', message: 'No.' }] }, { status })
}
