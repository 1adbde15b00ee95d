import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Profile, unknownProfile } from '../../src/model/profile.ts'
import { createFindByAddress } from '../../src/store/addresses.ts'
import { isLastAdministrator } from '../../src/store/administrators.ts'
import { verifyAudit } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'
import { readFacts } from '../../src/store/facts.ts'
import { recordSight } from '../../src/store/first-sight.ts'
import { grantRole, revokeRole } from '../../src/store/grants.ts'
import { addUser, findUser, setStatus } from '../../src/store/people.ts'
import { createFakeClock } from '../support/fake-clock.ts'

const database = openDatabase(env.DB)
const grant = (userId: string, role = 'admin', organizationId = '') => ({
  ...{ userId, role, organizationId, by: 'test', nowMs: 1 },
})
const status = (userId: string, to: 'active' | 'banned') => ({
  ...{ userId, status: to, by: 'test', nowMs: 1 },
})

beforeEach(async () => {
  for (const table of ['users', 'role_grants', 'ended_sessions', 'audit']) {
    await env.DB.exec(`DELETE FROM ${table}`)
  }
})

describe('roles', () => {
  it('are three from the beginning', async () => {
    const { results } = await env.DB.prepare('SELECT name FROM roles ORDER BY name').all()
    expect(results.map(({ name }) => name)).toEqual(['admin', 'guest', 'user'])
  })

  it('are granted once, only if they exist, and taken away, each in the audit', async () => {
    expect(await grantRole(database, grant('user_1', 'owner'))).toBe('unknown-role')
    expect(await grantRole(database, grant('user_1', 'user'))).toBe('granted')
    expect(await grantRole(database, grant('user_1', 'user'))).toBe('already-granted')
    expect(await revokeRole(database, grant('user_1', 'user'))).toBe('revoked')
    expect(await revokeRole(database, grant('user_1', 'user'))).toBe('not-granted')
    expect(await verifyAudit(database)).toEqual({ rows: 2, brokenAt: undefined })
  })

  it('bring what they permit, everywhere or in one organisation', async () => {
    await env.DB.exec(`INSERT INTO roles VALUES ('auditor', '', '["reports.read","logs.read"]')`)
    await grantRole(database, grant('user_1', 'auditor', 'org_1'))
    await grantRole(database, grant('user_1', 'user'))
    const { grants } = await readFacts(database, 'user_1')
    expect(grants).toEqual([
      { role: 'auditor', permissions: ['reports.read', 'logs.read'], organizationId: 'org_1' },
      { role: 'user', permissions: [], organizationId: '' },
    ])
  })
})

describe('the last administrator', () => {
  beforeEach(async () => {
    for (const id of ['user_1', 'user_2', 'user_3']) {
      await addUser(database, id, { profile: unknownProfile, nowMs: 1 })
    }
  })

  it('is not kept company by somebody of whom there is no record', async () => {
    await grantRole(database, grant('user_1'))
    await grantRole(database, grant('user_typo'))
    expect(await revokeRole(database, grant('user_1'))).toBe('last-administrator')
    expect(await setStatus(database, status('user_1', 'banned'))).toBe('last-administrator')
    expect(await isLastAdministrator(database, 'user_1')).toBe(true)
    expect(await revokeRole(database, grant('user_typo'))).toBe('revoked')
  })

  it('can be neither removed nor banned, also by two at once', async () => {
    await grantRole(database, grant('user_1'))
    expect(await revokeRole(database, grant('user_1'))).toBe('last-administrator')
    expect(await setStatus(database, status('user_1', 'banned'))).toBe('last-administrator')
    await grantRole(database, grant('user_2'))
    const outcomes = await Promise.all([
      revokeRole(database, grant('user_1')),
      revokeRole(database, grant('user_2')),
    ])
    expect(outcomes.sort()).toEqual(['last-administrator', 'revoked'])
  })

  it('is not an administrator of one organisation, nor one who is banned', async () => {
    await grantRole(database, grant('user_1'))
    await grantRole(database, grant('user_2', 'admin', 'org_1'))
    expect(await revokeRole(database, grant('user_1'))).toBe('last-administrator')
    await grantRole(database, grant('user_3'))
    expect(await setStatus(database, status('user_3', 'banned'))).toBe('changed')
    expect(await revokeRole(database, grant('user_1'))).toBe('last-administrator')
    expect(await setStatus(database, status('user_3', 'active'))).toBe('changed')
    expect(await revokeRole(database, grant('user_1'))).toBe('revoked')
  })
})

describe('a status', () => {
  it('can be set for someone whom nobody has seen, and is a fact', async () => {
    expect((await readFacts(database, 'user_9')).status).toBe('unknown')
    expect(await setStatus(database, status('user_9', 'banned'))).toBe('changed')
    expect(await setStatus(database, status('user_9', 'banned'))).toBe('unchanged')
    expect((await readFacts(database, 'user_9')).status).toBe('banned')
    expect(await findUser(database, 'user_9')).toMatchObject({ number: 1, status: 'banned' })
  })
})

describe('a status that is set', () => {
  const told = async () =>
    (await env.DB.prepare("SELECT type FROM events WHERE subject = 'user_8'").all()).results.length

  it('by two at once is changed, told and written down once', async () => {
    await env.DB.exec("DELETE FROM events WHERE subject = 'user_8'")
    await env.DB.exec("DELETE FROM event_counters WHERE subject = 'user_8'")
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => setStatus(database, status('user_8', 'banned'))),
    )
    expect(outcomes.sort()).toEqual(['changed', ...Array(4).fill('unchanged')])
    expect(await told()).toBe(1)
    expect(await verifyAudit(database)).toEqual({ rows: 1, brokenAt: undefined })
  })

  it('is for ever once it is deleted', async () => {
    await setStatus(database, { ...status('user_8', 'banned'), status: 'deleted' })
    for (const to of ['active', 'banned'] as const) {
      expect(await setStatus(database, status('user_8', to))).toBe('unknown')
    }
    expect(await findUser(database, 'user_8')).toMatchObject({ status: 'deleted' })
  })

  it('is Usher’s alone unless it is said to be Clerk’s, too', async () => {
    await setStatus(database, status('user_8', 'banned'))
    expect(await findUser(database, 'user_8')).toMatchObject({ statusFrom: 'usher' })
    await setStatus(database, { ...status('user_8', 'active'), from: 'clerk' })
    expect(await findUser(database, 'user_8')).toMatchObject({ statusFrom: 'clerk' })
  })
})

describe('what no user can be', () => {
  const columns: [string, string, readonly unknown[]][] = [
    ['status', "UPDATE users SET status = ? WHERE id = 'user_1'", ['suspended', 'Banned', '', 7]],
    ['address', "UPDATE users SET email = ? WHERE id = 'user_1'", [new Uint8Array([1])]],
    [
      'permissions',
      "UPDATE roles SET permissions = ? WHERE name = 'odd'",
      ['', 'all', '"all"', '{}', '{"all":true}', 'null', '7', '[1]', '[null]', '[["all"]]'],
    ],
    [
      'session',
      "INSERT OR REPLACE INTO ended_sessions VALUES (?, 'user_1', 1)",
      [new Uint8Array([1])],
    ],
  ]

  beforeEach(async () => {
    await env.DB.exec("DELETE FROM roles WHERE name = 'odd'")
    await env.DB.exec(`INSERT INTO roles VALUES ('odd', '', '["odd.read"]')`)
    await grantRole(database, grant('user_1', 'odd'))
    await env.DB.exec(
      "INSERT INTO users (id, number, email, email_verified, created_at) VALUES ('user_1', 1, 'a@b.test', 1, 1)",
    )
  })

  it('is not this user, as they are', async () => {
    expect(await readFacts(database, 'user_1')).toEqual({
      ...{ status: 'active', email: 'a@b.test', endedSessions: [] },
      grants: [{ role: 'odd', permissions: ['odd.read'], organizationId: '' }],
    })
  })

  it.each(columns)('is no fact but an error: %s', async (_, statement, values) => {
    for (const value of values) {
      await env.DB.prepare(statement).bind(value).run()
      await expect(readFacts(database, 'user_1'), String(value)).rejects.toThrow()
    }
    expect((await readFacts(database, 'user_2')).status).toBe('unknown')
  })
})

describe('first sight', () => {
  const profile: Profile = { ...unknownProfile, email: 'ada@example.com', emailVerified: true }
  const sight = { userId: 'user_1', trustedEmail: undefined, nowMs: 5 }
  const introduction = (known: Profile | undefined, adminEmails: readonly string[] = []) => ({
    ...{ defaultRole: 'user', adminEmails },
    fetchProfile: async () => known,
  })
  const rolesOf = async (userId = 'user_1') =>
    (await readFacts(database, userId)).grants.map(({ role }) => role).sort()

  it('of one person by twenty at once is one row, with the default role', async () => {
    await Promise.all(
      Array.from({ length: 20 }, () => recordSight(database, sight, introduction(profile))),
    )
    const { results } = await env.DB.prepare('SELECT * FROM users').all()
    expect(results).toMatchObject([{ id: 'user_1', number: 1, email: 'ada@example.com' }])
    expect(await rolesOf()).toEqual(['user'])
  })

  it('of twenty people at once gives twenty numbers', async () => {
    const people = Array.from({ length: 20 }, (_, index) => `user_${index}`)
    await Promise.all(
      people.map((userId) => recordSight(database, { ...sight, userId }, introduction(undefined))),
    )
    const { results } = await env.DB.prepare('SELECT number FROM users ORDER BY number').all()
    expect(results.map(({ number }) => number)).toEqual(people.map((_, index) => index + 1))
  })

  it('makes an administrator of a verified address that is named, and audits it', async () => {
    await recordSight(database, sight, introduction(profile, ['ada@example.com']))
    expect(await rolesOf()).toEqual(['admin', 'user'])
    expect((await verifyAudit(database)).rows).toBe(1)
  })

  it.each([
    ['not verified', { ...profile, emailVerified: false }],
    ['another', { ...profile, email: 'eve@example.com' }],
    ['empty', { ...profile, email: '' }],
    ['unknown', undefined],
  ])('makes none of an address that is %s', async (_, known) => {
    await recordSight(database, sight, introduction(known, ['ada@example.com']))
    expect(await rolesOf()).toEqual(['user'])
  })

  it('asks again for an address that was not known, and then makes the administrator', async () => {
    await recordSight(database, sight, introduction(undefined, ['ada@example.com']))
    expect(await recordSight(database, sight, introduction(profile, ['ada@example.com']))).toBe(
      true,
    )
    expect(await rolesOf()).toEqual(['admin', 'user'])
    expect(await findUser(database, 'user_1')).toMatchObject({ email: 'ada@example.com' })
  })

  it('believes a claim only where the configuration trusts it', async () => {
    const trusted = { ...sight, trustedEmail: 'ada@example.com' }
    await recordSight(database, trusted, introduction(undefined, ['ada@example.com']))
    expect(await rolesOf()).toEqual(['admin', 'user'])
  })

  it('never undoes a ban', async () => {
    await setStatus(database, status('user_1', 'banned'))
    await recordSight(database, sight, introduction(profile))
    expect(await findUser(database, 'user_1')).toMatchObject({ status: 'banned', lastSeenAt: 5 })
  })
})

it('an address is looked up by an index, however many people there are', async () => {
  const asked: string[] = []
  const noting = new Proxy(env.DB, {
    get(target, name) {
      if (name !== 'prepare') return Reflect.get(target, name)
      return (statement: string) => {
        asked.push(statement)
        return target.prepare(statement)
      }
    },
  })
  await createFindByAddress(noting, createFakeClock())('ada@example.com')
  expect(asked).toHaveLength(1)
  for (const statement of asked) {
    const plan = env.DB.prepare(`EXPLAIN QUERY PLAN ${statement}`).bind('ada@example.com', 1, 2)
    const { results } = await plan.all()
    expect(results.map(({ detail }) => detail)).toEqual([
      'SEARCH users USING INDEX users_by_email (email=?)',
    ])
  }
})
