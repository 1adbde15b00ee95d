import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { momentAlone } from '../../src/model/clock.ts'
import { unknownProfile } from '../../src/model/profile.ts'
import { openDatabase } from '../../src/store/database.ts'
import { grantRole, revokeRole } from '../../src/store/grants.ts'
import { addUser, setStatus } from '../../src/store/people.ts'
import { settle } from '../support/fake-clock.ts'
import { createWorld, type World } from '../support/world.ts'

// How soon a request knows what changed in D1, on every kind of route and for every kind of token.

const second = 1000
const minute = 60 * second
const database = openDatabase(env.DB)
const linus = { sub: 'user_linus', sid: 'sess_linus' }
const linusAdmin = { userId: 'user_linus', role: 'admin', organizationId: '', by: 'test', nowMs: 0 }

const routes = [
  { path: '/plain/**', origin: 'api' },
  { path: '/optional/**', origin: 'api', access: 'optional' },
  { path: '/revocable/**', origin: 'api', revocable: true },
  { path: '/fresh/**', origin: 'api', fresh: true },
  { path: '/admin/**', origin: 'api', access: { role: 'admin' } },
  { path: '/public/**', origin: 'api', access: 'public' },
] as const

let world: World
beforeEach(async () => {
  for (const table of ['users', 'role_grants', 'ended_sessions', 'audit']) {
    await env.DB.exec(`DELETE FROM ${table}`)
  }
  world = await createWorld({ config: { routes } })
})

const nowSeconds = () => Math.floor(world.clock.now() / 1000)
const short = () => world.token(linus)
/** A token that Clerk was told to make for a day. */
const long = () => world.token({ ...linus, exp: nowSeconds() + 24 * 3600 })

async function ask(path: string, token: string): Promise<string> {
  const response = await world.get(path, token)
  await world.behind()
  if (response.status === 200) return '200'
  const { code } = (await response.json()) as { code: string }
  return `${response.status} ${code}`
}

/** Twice: after the first time there is a record of the person, and what was known is read anew. */
async function warmUp(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) expect(await ask('/admin/x', await short())).toBe('200')
}

const endSession = () =>
  env.DB.exec("INSERT INTO ended_sessions VALUES ('sess_linus', 'user_linus', 1)")
const setTo = (status: 'banned' | 'deleted' | 'locked' | 'active') =>
  setStatus(database, { userId: 'user_linus', status, by: 'test', nowMs: 1 })

describe('a grant and its revocation', () => {
  it('count within a minute, and after half of one already behind a request', async () => {
    // Twice: with the first request the person becomes known, which is read anew.
    for (let turn = 0; turn < 2; turn++) {
      expect(await ask('/admin/x', await short())).toBe('403 role-missing')
    }
    await addUser(database, 'user_ada', { profile: unknownProfile, nowMs: 1 })
    await grantRole(database, linusAdmin)
    await world.clock.advance(29 * second)
    expect(await ask('/admin/x', await short())).toBe('403 role-missing')
    await world.clock.advance(1 * second)
    expect(await ask('/admin/x', await short())).toBe('403 role-missing')
    expect(await ask('/admin/x', await short())).toBe('200')
    await revokeRole(database, linusAdmin)
    await world.clock.advance(minute)
    expect(await ask('/admin/x', await short())).toBe('403 role-missing')
  })
})

describe('who is out', () => {
  const out: [string, () => Promise<unknown>, string][] = [
    ['banned', () => setTo('banned'), '403 user-banned'],
    ['deleted', () => setTo('deleted'), '401 user-deleted'],
    ['without a session', endSession, '401 session-ended'],
  ]

  it.each(out)(
    '%s: refused within a minute where tokens are long or the route is revocable',
    async (_, leave, refusal) => {
      const token = await long()
      const paths = ['/plain/x', '/optional/x', '/revocable/x', '/admin/x']
      for (const path of paths.slice(0, 3)) expect(await ask(path, token)).toBe('200')
      expect(await ask('/revocable/x', await short())).toBe('200')
      await leave()
      await world.clock.advance(minute)
      for (const path of paths) expect(await ask(path, token)).toBe(refusal)
      expect(await ask('/revocable/x', await short())).toBe(refusal)
    },
  )

  it.each(out)('%s: refused at the next request of a fresh route', async (_, leave, refusal) => {
    expect(await ask('/fresh/x', await short())).toBe('200')
    await leave()
    expect(await ask('/fresh/x', await short())).toBe(refusal)
  })

  it.each(out)('%s: a short token ends by itself, and its skew', async (_, leave) => {
    const token = await short()
    await leave()
    expect(await ask('/plain/x', token)).toBe('200')
    await world.clock.advance(65 * second)
    expect(await ask('/plain/x', token)).toBe('401 token-expired')
  })

  it('is not who is merely locked out of signing in, nor who is readmitted', async () => {
    await setTo('locked')
    expect(await ask('/fresh/x', await short())).toBe('200')
    await setTo('banned')
    expect(await ask('/fresh/x', await short())).toBe('403 user-banned')
    await setTo('active')
    expect(await ask('/fresh/x', await short())).toBe('200')
  })
})

describe('D1 that cannot be asked', () => {
  it('known facts serve to their bound, then it is 503; plain routes never notice', async () => {
    await grantRole(database, linusAdmin)
    await warmUp()
    world.store.isDatabaseDown = true
    await world.clock.advance(minute - 1)
    expect(await ask('/admin/x', await short())).toBe('200')
    await world.clock.advance(1)
    expect(await ask('/admin/x', await short())).toBe('503 facts-unavailable')
    expect(await ask('/revocable/x', await short())).toBe('503 facts-unavailable')
    expect(await ask('/fresh/x', await short())).toBe('503 facts-unavailable')
    expect(await ask('/plain/x', await long())).toBe('503 facts-unavailable')
    expect(await ask('/plain/x', await short())).toBe('200')
    expect(await ask('/optional/x', await short())).toBe('200')
    expect((await world.get('/public/x')).status).toBe(200)
  })

  it('what no user can be is never remembered: older facts serve to their bound, then 503', async () => {
    await grantRole(database, linusAdmin)
    await warmUp()
    const set = (status: string) =>
      env.DB.prepare("UPDATE users SET status = ? WHERE id = 'user_linus'").bind(status).run()
    await set('suspended')
    await world.clock.advance(minute / 2)
    for (let turn = 0; turn < 3; turn++) {
      expect(await ask('/admin/x', await short())).toBe('200')
      await world.clock.advance(5 * second)
    }
    expect(await ask('/fresh/x', await short())).toBe('503 facts-unavailable')
    await world.clock.advance(15 * second)
    expect(await ask('/admin/x', await short())).toBe('503 facts-unavailable')
    await set('banned')
    expect(await ask('/admin/x', await short())).toBe('403 user-banned')
  })

  it('a fresh route never makes do with what is remembered', async () => {
    expect(await ask('/revocable/x', await short())).toBe('200')
    world.store.isDatabaseDown = true
    expect(await ask('/fresh/x', await short())).toBe('503 facts-unavailable')
  })
})

describe('facts that may come from the nearest copy', () => {
  it('are read there, but for a fresh route at the primary', async () => {
    const near = await createWorld({ config: { routes, facts: { read: 'nearest' } } })
    const sessions = async (path: string) => {
      const before = near.store.sessions.length
      expect((await near.get(path, await near.token(linus))).status).toBe(200)
      await near.behind()
      return near.store.sessions.slice(before)
    }
    expect(await sessions('/revocable/x')).toEqual(['first-unconstrained'])
    expect(await sessions('/fresh/x')).toEqual([])
  })
})

describe('what a request asks of KV and D1 before its answer', () => {
  const calls = () => [world.store.reads, world.store.queries]

  it('is nothing on a warm route', async () => {
    await grantRole(database, linusAdmin)
    await warmUp()
    const before = calls()
    for (const path of ['/plain/x', '/admin/x', '/revocable/x', '/optional/x', '/public/x']) {
      expect(await ask(path, await short())).toBe('200')
    }
    expect(calls()).toEqual(before)
  })

  it.each([
    ['/admin/x', [1, 1]],
    ['/plain/x', [1, 0]],
    ['/public/x', [0, 0]],
  ])('is one of each at most on a cold isolate: %s', async (path, most) => {
    await grantRole(database, linusAdmin)
    await warmUp()
    const cold = world.coldIsolate()
    const before = calls()
    let after: number[] = []
    cold.origin = () => {
      after = calls()
      return new Response('x')
    }
    expect((await cold.get(path, await short())).status).toBe(200)
    expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual(most)
    await cold.behind()
  })
})

describe('whoever is signed in', () => {
  it('gets one record, behind the request, however many requests there are', async () => {
    await ask('/plain/x', await world.token())
    await Promise.all(Array.from({ length: 20 }, async () => world.get('/plain/x', await short())))
    await world.behind()
    const { results } = await env.DB.prepare("SELECT * FROM users WHERE id = 'user_linus'").all()
    expect(results).toHaveLength(1)
  })

  it('is noted again after an hour, not before', async () => {
    const seenAt = async () => {
      await world.get('/plain/x', await short())
      await world.behind()
      const row = await env.DB.prepare(
        "SELECT last_seen_at AS at FROM users WHERE id = 'user_linus'",
      ).first()
      return row?.at
    }
    const first = await seenAt()
    await world.clock.advance(60 * minute - 1)
    expect(await seenAt()).toBe(first)
    await world.clock.advance(1)
    expect(await seenAt()).toBe(world.clock.now())
  })

  it('is recorded later when D1 was down', async () => {
    world.store.isDatabaseDown = true
    expect(await ask('/plain/x', await short())).toBe('200')
    await settle()
    world.store.isDatabaseDown = false
    expect(await ask('/plain/x', await short())).toBe('200')
    const row = await env.DB.prepare("SELECT id FROM users WHERE id = 'user_linus'").first()
    expect(row).not.toBeNull()
  })
})

describe('facts say when the database was asked', () => {
  it('so that whoever keeps what rests on them knows how old they are', async () => {
    const { readFacts } = world.gateway.authority
    const behind: Promise<unknown>[] = []
    const readAtMs = async (mustBeFresh = false) => {
      const moment = {
        ...momentAlone(world.clock.now()),
        waitUntil: (work: Promise<unknown>) => void behind.push(work),
      }
      const facts = await readFacts({ userId: 'user_linus', mustBeFresh, moment })
      await Promise.all(behind)
      return facts.ok && facts.value.readAtMs
    }
    const beganAtMs = world.clock.now()
    expect(await readAtMs()).toBe(beganAtMs)
    await world.clock.advance(29 * second)
    expect(await readAtMs()).toBe(beganAtMs)
    expect(await readAtMs(true)).toBe(beganAtMs + 29 * second)
    await world.clock.advance(30 * second)
    expect(await readAtMs()).toBe(beganAtMs + 29 * second)
    expect(await readAtMs()).toBe(beganAtMs + 59 * second)
    await world.clock.advance(minute)
    expect(await readAtMs()).toBe(world.clock.now())
  })
})

describe('further identity headers', () => {
  it('come from facts, in the organisation that is active', async () => {
    await env.DB.exec(`INSERT OR IGNORE INTO roles VALUES ('auditor', '', '["reports.read"]')`)
    await grantRole(database, { ...linusAdmin, role: 'auditor', organizationId: 'org_1' })
    await grantRole(database, { ...linusAdmin, role: 'user' })
    const own = await createWorld({
      config: { routes, identityHeaders: ['roles', 'permissions', 'email'] },
    })
    const told = async (claims: object) => {
      const forged = { 'x-usher-roles': 'admin', X_Usher_Email: 'eve@evil.test' }
      await own.get('/plain/x', await own.token({ ...linus, ...claims }), { headers: forged })
      const { headers } = own.sent.at(-1) ?? {}
      return ['x-usher-roles', 'x-usher-permissions', 'x-usher-email'].map((name) =>
        headers?.get(name),
      )
    }
    expect(await told({})).toEqual(['user', '', ''])
    expect(await told({ v: 2, o: { id: 'org_1' } })).toEqual(['auditor,user', 'reports.read', ''])
    await own.get('/public/x', undefined, { headers: { 'x-usher-roles': 'admin' } })
    expect(own.sent.at(-1)?.headers.get('x-usher-roles')).toBe('')
  })
})
