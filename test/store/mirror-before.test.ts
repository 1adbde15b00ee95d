import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MirrorChange } from '../../src/model/mirror.ts'
import { type Profile, unknownProfile } from '../../src/model/profile.ts'
import { openDatabase } from '../../src/store/database.ts'
import { readFacts } from '../../src/store/facts.ts'
import { recordSight } from '../../src/store/first-sight.ts'
import { grantRole, revokeRole } from '../../src/store/grants.ts'
import { applyChange, applyPage } from '../../src/store/mirror.ts'
import { buryMissing, listMissing } from '../../src/store/mirror-missing.ts'
import { findUser } from '../../src/store/people.ts'
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

// What a walk does not come by, and whom Clerk has told of before they come.

beforeEach(clearMirror)

describe('what a walk has not come by', () => {
  const query = { stage: 'users', startedAtMs: 100, after: '', count: 10 } as const
  const people = [0, 1, 2, 3].map((index) => ({ ...person(10), id: `user_${index}` }))
  const idsOf = async (more = {}) =>
    (await listMissing(database, { ...query, ...more })).map(({ id }) => id)

  beforeEach(async () => {
    const [first, second, third, fourth] = people
    const asSeen = (one: typeof first, toldAt: number) =>
      one ? [{ ...one, ...since(10, toldAt) }] : []
    await applyPage(
      database,
      [...asSeen(first, 100), ...asSeen(second, 99), ...asSeen(third, 20), ...asSeen(fourth, 99)],
      walking,
    )
    await apply([{ ...gone('user-deleted', 50), id: 'user_3' }, member(20, { userId: 'user_9' })])
  })

  it('is whatever is not deleted and was not told of since it began, in turns', async () => {
    expect(await idsOf()).toEqual(['user_1', 'user_2', 'user_9'])
    expect(await idsOf({ count: 2 })).toEqual(['user_1', 'user_2'])
    expect(await idsOf({ after: 'user_2' })).toEqual(['user_9'])
    expect(await idsOf({ startedAtMs: 20 })).toEqual([])
    expect(await idsOf({ stage: 'organizations' })).toEqual(['org_1'])
    expect(await listMissing(database, { ...query, stage: 'memberships' })).toEqual([
      { id: 'orgmem_1', organizationId: 'org_1', userId: 'user_9' },
    ])
  })

  it('and nobody has any more is buried like what Clerk has told to be deleted', async () => {
    const bury = async (stage: 'users' | 'organizations' | 'memberships') =>
      buryMissing(
        database,
        { stage, missing: await listMissing(database, { ...query, stage }) },
        walking,
      )
    expect([await bury('memberships'), await bury('organizations'), await bury('users')]).toEqual([
      1, 1, 3,
    ])
    expect(await rows("SELECT id FROM users WHERE status <> 'deleted'")).toEqual([{ id: 'user_0' }])
    expect(await rows('SELECT role, status FROM memberships')).toEqual([
      { role: 'org:member', status: 'deleted' },
    ])
    expect((await told()).slice(-5)).toEqual([
      ...['organization.member_removed', 'organization.deleted'],
      ...['user.deleted', 'user.deleted', 'user.deleted'],
    ])
    expect((await deeds()).filter(({ action }) => action === 'user.deleted')).toHaveLength(4)
  })
})

describe('first sight of someone whom Clerk has told of before', () => {
  const sight = { userId: 'user_1', trustedEmail: undefined, nowMs: 5 }
  const introduction = (adminEmails: readonly string[] = [], fetchProfile = notAsked) => ({
    ...{ defaultRole: 'user', adminEmails, fetchProfile },
  })
  const notAsked = async (): Promise<Profile | undefined> => {
    throw new Error('There is nothing to ask')
  }
  const rolesOf = async () =>
    (await readFacts(database, 'user_1')).grants.map(({ role }) => role).sort()
  const named = introduction(['ada@x.test'])
  const admin = { userId: 'user_1', role: 'admin', organizationId: '', by: 'test', nowMs: 1 }

  it('gives the default role, once, and asks nobody', async () => {
    await apply([person(10)])
    expect(await recordSight(database, sight, introduction())).toBe(true)
    expect(await rolesOf()).toEqual(['user'])
    expect(await findUser(database, 'user_1')).toMatchObject({ lastSeenAt: 5, updatedAt: 10 })
    await revokeRole(database, { ...admin, role: 'user' })
    expect(await recordSight(database, sight, introduction())).toBe(false)
    expect(await rolesOf()).toEqual([])
  })

  it('makes an administrator of a verified address that is named, and not over again', async () => {
    await grantRole(database, { ...admin, userId: 'user_2' })
    await apply([person(10), { ...person(10), id: 'user_2', profile: unknownProfile }])
    await recordSight(database, sight, named)
    expect(await rolesOf()).toEqual(['admin', 'user'])
    expect(await revokeRole(database, admin)).toBe('revoked')
    expect(await recordSight(database, sight, named)).toBe(false)
    expect(await rolesOf()).toEqual(['user'])
  })

  it('makes one of whom Clerk told the address only after they were seen', async () => {
    await recordSight(
      database,
      sight,
      introduction([], async () => undefined),
    )
    await apply([person(10, { emailVerified: false })])
    await recordSight(database, sight, named)
    expect(await rolesOf()).toEqual(['user'])
    await apply([person(11)])
    expect(await recordSight(database, sight, named)).toBe(true)
    expect(await rolesOf()).toEqual(['admin', 'user'])
  })

  it('asks for the address of one whom only a membership has named', async () => {
    await apply([member(10)])
    const { profile } = person(1)
    expect(
      await recordSight(
        database,
        sight,
        introduction([], async () => profile),
      ),
    ).toBe(true)
    expect(await findUser(database, 'user_1')).toMatchObject({ email: 'ada@x.test', lastSeenAt: 5 })
    expect(await rolesOf()).toEqual(['user'])
  })

  it.each<[string, readonly MirrorChange[], object]>([
    [
      'what Clerk tells meanwhile',
      [person(10, { email: null, firstName: 'Adah' })],
      { firstName: 'Adah', email: null },
    ],
    [
      'that they are deleted',
      [gone('user-deleted', 10)],
      { status: 'deleted', email: null, firstName: null },
    ],
  ])('never writes over %s', async (_, changes, expected) => {
    for (const before of [[], [member(1)]]) {
      await clearMirror()
      await apply(before)
      const meanwhile = async () => {
        await apply(changes)
        return person(1).profile
      }
      await recordSight(database, sight, introduction([], meanwhile))
      expect(await findUser(database, 'user_1')).toMatchObject(expected)
    }
  })

  it('of one who is deleted gives nothing, and notes nothing', async () => {
    await apply([person(10), gone('user-deleted', 11)])
    expect(await recordSight(database, sight, named)).toBe(false)
    expect(await rolesOf()).toEqual([])
    expect(await findUser(database, 'user_1')).toMatchObject({ lastSeenAt: null, email: null })
  })
})

it('a message reads as few rows where there are thousands as where there are none', async () => {
  let read = 0
  const counting = databaseThat(async (_, real) => {
    const answers = await real()
    if (Array.isArray(answers)) for (const one of answers) read += one?.meta?.rows_read ?? 0
    return answers
  }, env.DB)
  const readBy = async () => {
    read = 0
    const changes = [person(10), place(10), member(10), session(10, 'ended'), person(11)]
    for (const change of changes) await applyChange(openDatabase(counting), change, telling)
    return read
  }
  const few = await readBy()
  await clearMirror()
  const numbers = 'WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)'
  for (const into of [
    "users (id, number, created_at) SELECT 'user_' || i, i, 1",
    "organizations (id, created_at) SELECT 'org_' || i, 1",
    "memberships (id, organization_id, user_id, role, created_at) SELECT 'orgmem_' || i, i, i, '', 1",
    "clerk_objects (kind, id, status) SELECT 'session', 'sess_' || i, 'active'",
    "ended_sessions SELECT 'sess_' || i, 'user_2', 1",
    "role_grants SELECT 'user_' || i, 'user', '', 'test', 1",
  ]) {
    await env.DB.prepare(
      `INSERT INTO ${into.replace(' SELECT', ` ${numbers} SELECT`)} FROM n`,
    ).run()
  }
  const many = await readBy()
  expect(few).toBeGreaterThan(0)
  expect(many).toBeLessThan(few + 20)
})
