import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { pause } from '../../src/model/clock.ts'
import { verifyAudit } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'
import { databaseThat } from '../support/faults.ts'
import { createWorld, type World, type WorldOptions } from '../support/world.ts'

// Someone comes for the first time, and D1 gives out, or Clerk is slow, while their record is being made.

const minute = 60_000
const grace = { sub: 'user_grace', sid: 'sess_grace' }
const profile = {
  id: 'user_grace',
  primary_email_address_id: 'idn_1',
  email_addresses: [
    { id: 'idn_1', email_address: 'grace@usher.test', verification: { status: 'verified' } },
  ],
}

beforeEach(async () => {
  for (const table of ['users', 'role_grants', 'audit']) await env.DB.exec(`DELETE FROM ${table}`)
})

async function visit(world: World): Promise<void> {
  expect((await world.get('/api/x', await world.token(grace))).status).toBe(200)
  await world.behind()
}

async function rolesOf(userId: string): Promise<readonly unknown[]> {
  const query = 'SELECT role FROM role_grants WHERE user_id = ? ORDER BY role'
  const { results } = await env.DB.prepare(query).bind(userId).all()
  return results.map(({ role }) => role)
}

/** The real D1 until its n-th statement, which fails with all that follow; how many there were. */
function failFrom(world: World, nth: number, { isWritten }: { isWritten: boolean }): () => number {
  let count = 0
  world.store.database = databaseThat(async (_, real) => {
    count += 1
    if (count < nth) return real()
    // Only the answer is lost: D1 has done what it was told.
    if (count === nth && isWritten) await real()
    throw new Error('D1 is down')
  }, env.DB)
  return () => count
}

const tellsProfile = () => Response.json(profile)
const tellsNothing = () => new Response(null, { status: 503 })

interface Newcomer {
  readonly options: WorldOptions
  /** Clerk does not say who it is at a first visit, and does an hour later, when all this begins. */
  readonly isMet: boolean
  readonly roles: readonly string[]
  /** How often D1 is asked until all is written; a transaction counts once. */
  readonly statements: number
}

const named = {
  variables: { CLERK_SECRET_KEY: 'sk_test_secret', ADMIN_USER_EMAILS: 'grace@usher.test' },
}
const admin = ['admin', 'user']
const newcomers: [string, Newcomer][] = [
  ['of whom nothing is known', { options: {}, isMet: false, roles: ['user'], statements: 3 }],
  ['named an administrator', { options: named, isMet: false, roles: admin, statements: 5 }],
  ['known to be one later', { options: named, isMet: true, roles: admin, statements: 5 }],
]

async function open({ options, isMet }: Newcomer): Promise<World> {
  const world = await createWorld(options)
  world.backend.answer = tellsNothing
  if (isMet) await visit(world)
  if (isMet) expect(await rolesOf('user_grace')).toEqual(['user'])
  await world.clock.advance(60 * minute)
  world.backend.answer = tellsProfile
  return world
}

/** Whether every role was given once, and what it says in the audit is one chain. */
async function expectWhole({ options, roles }: Newcomer): Promise<void> {
  expect(await rolesOf('user_grace')).toEqual(roles)
  const { results } = await env.DB.prepare('SELECT email FROM users WHERE id = ?')
    .bind('user_grace')
    .all()
  expect(results).toEqual([{ email: options === named ? 'grace@usher.test' : null }])
  const deeds = await env.DB.prepare("SELECT id FROM audit WHERE subject = 'user_grace'").all()
  expect(deeds.results).toHaveLength(options === named ? 1 : 0)
  expect((await verifyAudit(openDatabase(env.DB))).brokenAt).toBe(undefined)
}

describe.each(newcomers)('a newcomer %s', (_, newcomer) => {
  const { statements } = newcomer

  it('gets every role at the first visit when D1 is well', async () => {
    const world = await open(newcomer)
    const count = failFrom(world, Number.POSITIVE_INFINITY, { isWritten: true })
    await visit(world)
    await expectWhole(newcomer)
    expect(count()).toBe(statements)
  })

  const cuts = Array.from({ length: statements }, (_, index) => index + 1).flatMap((nth) => [
    ['', nth, { isWritten: false }] as const,
    ['the answer to ', nth, { isWritten: true }] as const,
  ])

  it.each(cuts)(
    'gets every role at the next visit when D1 gave out at %sstatement %i',
    async (_, nth, mode) => {
      const world = await open(newcomer)
      const count = failFrom(world, nth, mode)
      await visit(world)
      expect(count()).toBe(nth)
      world.store.database = undefined
      await visit(world)
      await expectWhole(newcomer)
    },
  )

  it('gets every role at the next visit when D1 did not answer for twenty seconds', async () => {
    const world = await open(newcomer)
    world.store.database = databaseThat(() => new Promise(() => {}), env.DB)
    expect((await world.get('/api/x', await world.token(grace))).status).toBe(200)
    const behind = world.behind()
    await world.clock.advance(20_000)
    await behind
    world.store.database = undefined
    await visit(world)
    await expectWhole(newcomer)
  })
})

describe('a newcomer of whom Clerk is slow to tell', () => {
  it('is 503 after two seconds, and known at the next request', async () => {
    // What is waited for is to be Clerk alone: the room and the tables are loaded when they are first used.
    const before = await createWorld()
    expect((await before.get('/_usher/clerk-test', await before.token())).status).toBe(200)
    const world = await createWorld(named)
    world.backend.answer = async () => {
      await pause(world.clock, 3000)
      return Response.json(profile)
    }
    const test = async () => world.get('/_usher/clerk-test', await world.token(grace))
    const late = test()
    await world.clock.pass(2000)
    expect((await late).status).toBe(503)
    let isDone = false
    const behind = world.behind().then(() => {
      isDone = true
    })
    await world.clock.pass(999)
    expect(isDone).toBe(false)
    await world.clock.pass(1)
    await behind
    expect((await test()).status).toBe(200)
    expect(await rolesOf('user_grace')).toEqual(admin)
  })
})
