import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { UserChange } from '../../src/model/mirror.ts'
import { verifyAudit } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'
import { readFacts } from '../../src/store/facts.ts'
import { applyChange, applyPage } from '../../src/store/mirror.ts'
import { findUser, setStatus } from '../../src/store/people.ts'
import { databaseThat } from '../support/faults.ts'
import {
  apply,
  clearMirror,
  database,
  deeds,
  gone,
  member,
  person,
  place,
  rows,
  session,
  since,
  telling,
  told,
  walking,
} from './mirror-scene.ts'

beforeEach(clearMirror)

describe('a user', () => {
  it('is written down with the next number, told of and in the audit', async () => {
    await apply([{ ...person(10), id: 'user_0' }, person(10)])
    expect(await findUser(database, 'user_1')).toEqual({
      ...{ id: 'user_1', number: 2, email: 'ada@x.test', emailVerified: true, firstName: 'Ada' },
      ...{ lastName: null, username: null, imageUrl: null, status: 'active' },
      ...{ statusFrom: 'clerk', createdAt: 1, updatedAt: 10, toldAt: 10, lastSeenAt: null },
    })
    expect(await told()).toEqual(['user.created', 'user.created'])
    expect((await deeds()).at(-1)).toEqual({
      ...{ actor: 'clerk', action: 'user.created', subject: 'user_1', before: null },
      after: { email: 'ada@x.test', email_verified: true, first_name: 'Ada', status: 'active' },
    })
    expect(await rows('SELECT at, request_id FROM audit WHERE id > 1 LIMIT 1')).toEqual([
      { at: 77, request_id: 'msg_1' },
    ])
  })

  it('whom a command has changed has no request in the audit', async () => {
    const { requestId: _, ...command } = { ...telling, by: 'cli:ada' }
    await apply([person(10)], command)
    await applyPage(database, [person(11, { lastName: 'L' })], command)
    expect(await rows('SELECT actor, request_id, subject FROM audit ORDER BY id')).toEqual([
      { actor: 'cli:ada', request_id: null, subject: 'user_1' },
      { actor: 'cli:ada', request_id: null, subject: '' },
    ])
    expect(await verifyAudit(database)).toEqual({ rows: 2, brokenAt: undefined })
  })

  it('who changes is told of by the names of what changed, which alone are in the audit', async () => {
    await apply([person(10), person(11, { firstName: 'Adah', lastName: 'L' })])
    expect(await told()).toEqual(['user.created', 'user.updated first_name last_name'])
    expect((await deeds()).at(-1)).toMatchObject({
      ...{ action: 'user.updated', before: { first_name: 'Ada', last_name: null } },
      after: { first_name: 'Adah', last_name: 'L' },
    })
  })

  it.each([
    ['the same message again', person(10)],
    ['the same state, told later', { ...person(10), ...since(10, 20) }],
    ['a newer state of which nothing is kept', person(11)],
    ['an older state', person(9, { firstName: 'Eve' })],
    ['a state of one time that was told sooner', { ...person(10), ...since(10, 9) }],
  ])('is told of no second time by %s', async (_, change) => {
    expect(await apply([person(10), change])).toEqual([true, false])
    expect(await told()).toEqual(['user.created'])
    expect(await deeds()).toHaveLength(1)
    expect(await findUser(database, 'user_1')).toMatchObject({ firstName: 'Ada' })
  })

  it('is by the message that was told later, where two are of one time', async () => {
    const locked = { ...person(10, { status: 'locked' }), ...since(10, 12) }
    const free = { ...person(10), ...since(10, 11) }
    expect(await apply([person(10), locked, free])).toEqual([true, true, false])
    expect(await findUser(database, 'user_1')).toMatchObject({ status: 'locked' })
  })

  it('is told of to nobody where a first walk finds them, but for one who stands otherwise', async () => {
    await database.run("INSERT INTO users (id, number, created_at) VALUES ('user_2', 7, 1)")
    const banned = { ...person(10, { status: 'banned' }), id: 'user_2' } as const
    await apply([person(10), banned], walking)
    expect(await told()).toEqual(['user.updated status'])
    await apply([person(11, { firstName: 'Adah' })], walking)
    expect(await told()).toEqual(['user.updated status', 'user.updated first_name'])
  })

  it('tells the facts to be read again only where they have changed', async () => {
    const idsOf = async (change: ReturnType<typeof person>) =>
      (await applyChange(database, change, walking)).userIds
    expect(await idsOf(person(10))).toEqual(['user_1'])
    expect(await idsOf(person(11, { firstName: 'Adah' }))).toEqual([])
    expect(await idsOf(person(12, { emailVerified: false }))).toEqual(['user_1'])
    expect(await idsOf(person(13, { emailVerified: false, status: 'banned' }))).toEqual(['user_1'])
  })
})

describe('a ban', () => {
  const status = { userId: 'user_1', by: 'cli:ada', nowMs: 5 }

  it('of Clerk’s is lifted by Clerk, and each in the audit is a row of its own', async () => {
    await apply([person(10), person(11, { status: 'banned', firstName: 'Eve' }), person(12)])
    expect(await findUser(database, 'user_1')).toMatchObject({ status: 'active' })
    expect((await deeds()).map(({ action }) => action)).toEqual([
      ...['user.created', 'user.status', 'user.updated', 'user.status', 'user.updated'],
    ])
    expect(await told()).toEqual([
      ...['user.created', 'user.updated first_name status', 'user.updated first_name status'],
    ])
  })

  it('that Usher alone has made is not lifted by Clerk, until Clerk has made it, too', async () => {
    await apply([person(10)])
    await setStatus(database, { ...status, status: 'banned' })
    await apply([person(11, { firstName: 'Adah' }), person(12, { status: 'locked' })])
    const kept = () => findUser(database, 'user_1')
    expect(await kept()).toMatchObject({ status: 'banned', statusFrom: 'usher', updatedAt: 12 })
    await apply([person(13, { status: 'banned' })])
    expect(await kept()).toMatchObject({ status: 'banned', statusFrom: 'clerk' })
    await apply([person(14)])
    expect(await kept()).toMatchObject({ status: 'active' })
  })

  it('that was mirrored is not lifted by a message that is older, however late it comes', async () => {
    await apply([person(10), person(20, { status: 'banned' }), person(19), person(10)])
    expect((await readFacts(database, 'user_1')).status).toBe('banned')
  })

  it.each<[string, 'banned' | 'locked', UserChange]>([
    ['of a ban', 'banned', { ...person(11), unsaid: ['active', 'banned', 'locked'] }],
    ['of a lock', 'locked', { ...person(11), unsaid: ['locked'] }],
  ])('is lifted by no message that says nothing %s', async (_, status, change) => {
    await apply([
      person(10, { status }),
      { ...change, profile: person(11, { lastName: 'L' }).profile },
    ])
    expect(await findUser(database, 'user_1')).toMatchObject({ status, lastName: 'L' })
    expect(await told()).toEqual(['user.created', 'user.updated last_name'])
    await apply([person(12)])
    expect(await findUser(database, 'user_1')).toMatchObject({ status: 'active' })
  })

  it('and a deletion reach even the last administrator, when Clerk has done it', async () => {
    const grant = "INSERT INTO role_grants VALUES ('user_1', 'admin', '', 'test', 1)"
    await database.run(grant)
    await apply([person(10), person(11, { status: 'banned' })])
    expect((await readFacts(database, 'user_1')).status).toBe('banned')
    await apply([gone('user-deleted', 12)])
    expect(await readFacts(database, 'user_1')).toMatchObject({ status: 'deleted', grants: [] })
  })
})

describe('who is deleted', () => {
  const nobody = {
    ...{ email: null, emailVerified: false, firstName: null, lastName: null, username: null },
    ...{ imageUrl: null, status: 'deleted', lastSeenAt: null },
  }

  it('keeps an id and a number, and nothing else', async () => {
    await database.run("INSERT INTO role_grants VALUES ('user_1', 'user', '', 'test', 1)")
    await database.run("INSERT INTO role_grants VALUES ('user_2', 'user', '', 'test', 1)")
    await apply([person(10), member(10), session(10, 'active')])
    await database.run("UPDATE users SET last_seen_at = 5 WHERE id = 'user_1'")
    await apply([gone('user-deleted', 12)])
    expect(await findUser(database, 'user_1')).toMatchObject({ ...nobody, number: 1 })
    expect(await rows('SELECT user_id FROM role_grants')).toEqual([{ user_id: 'user_2' }])
    expect(await rows('SELECT status FROM memberships')).toEqual([{ status: 'deleted' }])
    expect(await rows('SELECT status, data FROM clerk_objects')).toEqual([
      { status: 'deleted', data: '{}' },
    ])
    expect(await rows('SELECT session_id, ended_at FROM ended_sessions')).toEqual([
      { session_id: 'sess_1', ended_at: 77 },
    ])
    expect((await told()).at(-1)).toBe('user.deleted')
    expect((await rows('SELECT data FROM events')).join()).not.toContain('Ada')
  })

  it('is in the audit by what was known, not by what it was; the rows before say nothing', async () => {
    const asked = { ...walking, by: 'user_1', address: '192.0.2.1' }
    await apply([person(10), person(11, { lastName: 'L' })], asked)
    await database.run("INSERT INTO role_grants VALUES ('user_1', 'user', '', 'test', 1)")
    await apply([gone('user-deleted', 12)])
    expect((await deeds()).at(-1)).toMatchObject({
      before: {
        ...{ status: 'active', grants: [{ role: 'user', organizationId: '' }] },
        known: ['email', 'email_verified', 'first_name', 'last_name'],
      },
      after: { status: 'deleted' },
    })
    const all = JSON.stringify(await rows('SELECT * FROM audit'))
    for (const word of ['Ada', 'ada@x.test', '192.0.2.1']) expect(all).not.toContain(word)
    expect(await verifyAudit(database)).toEqual({ rows: 3, brokenAt: undefined })
  })

  it.each([
    ['a late update', person(11)],
    ['an update from after the deletion', person(99)],
    ['another deletion', gone('user-deleted', 99)],
    ['a session', session(99, 'active')],
  ])('is not raised by %s', async (_, change) => {
    await apply([person(10), gone('user-deleted', 12), change])
    expect(await findUser(database, 'user_1')).toMatchObject({ ...nobody, updatedAt: 12 })
    expect(await told()).toEqual(['user.created', 'user.deleted'])
    expect((await rows("SELECT 1 FROM clerk_objects WHERE status <> 'deleted'")).length).toBe(0)
  })

  it('before anybody heard of them is a tombstone of which nobody is told', async () => {
    expect(await apply([gone('user-deleted', 12), person(10)])).toEqual([true, false])
    expect(await findUser(database, 'user_1')).toMatchObject({ ...nobody, number: 1 })
    expect(await told()).toEqual([])
  })

  it('by somebody else loses the name, too, once Clerk has deleted them', async () => {
    const status = { userId: 'user_1', status: 'deleted', by: 'cli:ada', nowMs: 5 } as const
    await apply([person(10)])
    await setStatus(database, status)
    await apply([gone('user-deleted', 12), gone('user-deleted', 13)])
    expect(await findUser(database, 'user_1')).toMatchObject({ ...nobody, updatedAt: 12 })
  })
})

describe('a page', () => {
  const people = (count: number, updatedAt: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...person(updatedAt, { firstName: `${updatedAt}` }),
      id: `user_${index}`,
    }))

  it('of 500 users is read and written in three calls of the database', async () => {
    let calls = 0
    const counting = databaseThat((_, real) => {
      calls += 1
      return real()
    }, env.DB)
    await applyPage(openDatabase(counting), people(500, 10), walking)
    expect(calls).toBe(3)
    const numbers = await rows('SELECT COUNT(*) AS count, MAX(number) AS last FROM users')
    expect(numbers).toEqual([{ count: 500, last: 500 }])
  })

  it('is one row in the audit, and one more for each who stands otherwise', async () => {
    await applyPage(database, people(3, 10), walking)
    const banned = { ...person(11, { status: 'banned' }), id: 'user_0' } as const
    await applyPage(database, [banned, ...people(4, 12).slice(1)], walking)
    expect(await deeds()).toMatchObject([
      { action: 'users.synced', after: { created: ['user_0', 'user_1', 'user_2'], updated: [] } },
      { action: 'user.status', subject: 'user_0', after: { status: 'banned' } },
      {
        action: 'users.synced',
        after: { created: ['user_3'], updated: ['user_0', 'user_1', 'user_2'] },
      },
    ])
    expect(await told()).toEqual([
      ...['user.updated first_name status', 'user.updated first_name', 'user.updated first_name'],
    ])
  })

  it('that says nothing new leaves no row in the audit, and what is newer as it is', async () => {
    await applyPage(database, people(3, 10), walking)
    const outcomes = await applyPage(database, [...people(3, 10), ...people(3, 9)], walking)
    expect(outcomes.every(({ isApplied }) => !isApplied)).toBe(true)
    expect(await deeds()).toHaveLength(1)
  })

  it('is held against itself: what it deletes none of its later rows raises', async () => {
    const changes = [person(10), member(10), gone('user-deleted', 11), person(12), member(12)]
    await applyPage(database, [place(10), ...changes], walking)
    expect(await rows('SELECT status FROM users UNION ALL SELECT status FROM memberships')).toEqual(
      [{ status: 'deleted' }, { status: 'deleted' }],
    )
    expect(JSON.stringify(await rows('SELECT * FROM audit'))).not.toContain('Ada')
  })

  it('of more than fits into one parameter is written in parts', async () => {
    const long = people(400, 10).map((one) => ({
      ...one,
      profile: { ...one.profile, imageUrl: 'https://img.test/'.padEnd(2000, 'x') },
    }))
    expect(await applyPage(database, long, walking)).toHaveLength(400)
    expect(await rows('SELECT COUNT(*) AS count FROM users')).toEqual([{ count: 400 }])
    expect(await deeds()).toHaveLength(2)
  })
})
