import { beforeEach, describe, expect, it } from 'vitest'
import type { MirrorChange, ObjectChange } from '../../src/model/mirror.ts'
import { readFacts } from '../../src/store/facts.ts'
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
  told,
  walking,
} from './mirror-scene.ts'

// What belongs to people and organisations, and comes and goes with them.

beforeEach(clearMirror)

const both = [person(10), place(10)]

describe('a membership', () => {
  it('before its user and its organisation brings both, until Clerk tells of them', async () => {
    await apply([member(20)])
    expect(await rows('SELECT id, email, first_name, updated_at, told_at FROM users')).toEqual([
      { id: 'user_1', email: null, first_name: 'Ada', updated_at: 0, told_at: 20 },
    ])
    expect(await rows('SELECT name, slug, status, updated_at FROM organizations')).toEqual([
      { name: 'Acme', slug: 'acme', status: 'active', updated_at: 0 },
    ])
    await apply([person(10), place(10, 'Acme Inc.')])
    expect(await rows('SELECT email, number, updated_at, told_at FROM users')).toEqual([
      { email: 'ada@x.test', number: 1, updated_at: 10, told_at: 10 },
    ])
    expect(await rows('SELECT name FROM organizations')).toEqual([{ name: 'Acme Inc.' }])
    expect(await told()).toEqual([
      ...['organization.member_added', 'user.created', 'organization.created'],
    ])
  })

  it('never changes what Clerk has told of its user and its organisation', async () => {
    await apply([person(10, { firstName: 'Adah' }), place(10, 'Acme Inc.'), member(20)])
    expect(await rows('SELECT first_name FROM users')).toEqual([{ first_name: 'Adah' }])
    expect(await rows('SELECT name FROM organizations')).toEqual([{ name: 'Acme Inc.' }])
  })

  it('is told of when it begins, changes and ends, and each once', async () => {
    const admin = { role: 'org:admin', permissions: ['org:all'] }
    const history = [
      ...[...both, member(10), member(10), member(12, admin), member(11), member(13, admin)],
      ...[member(10, { isDeleted: true }), member(10, { isDeleted: true }), member(99)],
    ]
    expect(await apply(history)).toEqual([
      ...[true, true, true, false, true, false, false, true, false, false],
    ])
    expect((await told()).slice(2)).toEqual([
      ...['organization.member_added', 'organization.member_changed'],
      'organization.member_removed',
    ])
    expect(await rows('SELECT role, status FROM memberships')).toEqual([
      { role: 'org:admin', status: 'deleted' },
    ])
    expect((await rows('SELECT data FROM events')).at(-1)?.data).toBe(
      '{"membership_id":"orgmem_1","organization_id":"org_1","user_id":"user_1","role":"org:admin"}',
    )
  })

  it('again is another one', async () => {
    const again = { ...member(12), id: 'orgmem_2' }
    await apply([...both, member(10), member(10, { isDeleted: true }), again, member(11)])
    expect(await rows('SELECT id, status FROM memberships ORDER BY id')).toEqual([
      { id: 'orgmem_1', status: 'deleted' },
      { id: 'orgmem_2', status: 'active' },
    ])
  })

  it.each<[string, readonly MirrorChange[]]>([
    ['user, who is deleted then', [...both, member(10), gone('user-deleted', 11)]],
    ['user, who was deleted before', [...both, gone('user-deleted', 11), member(12)]],
    ['organisation, deleted then', [...both, member(10), gone('organization-deleted', 11)]],
    ['organisation, deleted before', [...both, gone('organization-deleted', 11), member(12)]],
    ['own', [...both, member(10, { isDeleted: true }), member(12)]],
  ])('ends with its %s, and nobody comes by it', async (_, history) => {
    await apply(history)
    expect(await rows('SELECT status FROM memberships')).toEqual([{ status: 'deleted' }])
    expect(await rows('SELECT COUNT(*) AS count FROM users')).toEqual([{ count: 1 }])
  })

  it('that has ended brings nobody', async () => {
    await apply([member(10, { isDeleted: true })])
    expect(await rows('SELECT id FROM users UNION ALL SELECT id FROM organizations')).toEqual([])
    expect(await told()).toEqual([])
  })
})

describe('an organisation', () => {
  it('is told of when it is made, changes and is deleted, and never comes back', async () => {
    const history = [
      ...[place(10), place(11), place(12, 'Acme Inc.'), place(11, 'Late'), member(12)],
      ...[gone('organization-deleted', 13), place(99), gone('organization-deleted', 14)],
    ]
    expect(await apply(history)).toEqual([true, false, true, false, true, true, false, false])
    expect(await told()).toEqual([
      ...['organization.created', 'organization.updated name', 'organization.member_added'],
      'organization.deleted',
    ])
    expect(await rows('SELECT name, slug, status FROM organizations')).toEqual([
      { name: '', slug: null, status: 'deleted' },
    ])
    expect(await deeds()).toEqual([])
  })

  it('takes the grants in it with it, which is told and in the audit', async () => {
    await database.run(`INSERT INTO role_grants VALUES
      ('user_1', 'user', 'org_1', 'test', 1), ('user_1', 'user', '', 'test', 1),
      ('user_2', 'user', 'org_1', 'test', 1), ('user_2', 'user', 'org_2', 'test', 1)`)
    await apply([place(10), gone('organization-deleted', 13)])
    expect(await rows('SELECT user_id, organization_id FROM role_grants ORDER BY user_id')).toEqual(
      [
        { user_id: 'user_1', organization_id: '' },
        { user_id: 'user_2', organization_id: 'org_2' },
      ],
    )
    expect(await told()).toEqual([
      ...['organization.created', 'organization.deleted', 'role.revoked', 'role.revoked'],
    ])
    const revoked = { action: 'role.revoked', before: { role: 'user', organizationId: 'org_1' } }
    expect(await deeds()).toMatchObject([
      { ...revoked, subject: 'user_1' },
      { ...revoked, subject: 'user_2' },
    ])
  })
})

describe('a session', () => {
  const histories: readonly (readonly [string, readonly ObjectChange[], readonly string[]])[] = [
    ['begins', [session(10, 'active'), session(10, 'active')], ['signed_in']],
    ['waits for its user first', [session(10, 'pending')], []],
    ['goes on', [session(10, 'pending'), session(11, 'active')], ['signed_in']],
    [
      'waits once more and goes on',
      [session(10, 'active'), session(11, 'pending'), session(12, 'active')],
      ['signed_in'],
    ],
    ['is of no known kind', [session(10, 'asleep')], []],
    ...['ended', 'removed', 'expired', 'abandoned', 'replaced'].map(
      (status) =>
        [
          `is ${status}`,
          [session(10, 'active'), session(11, status), session(11, status)],
          ['signed_in', `signed_out ${status}`],
        ] as const,
    ),
    [
      'is revoked, and removed',
      [session(10, 'active'), session(11, 'revoked'), session(12, 'removed')],
      ['signed_in', 'session_revoked'],
    ],
    [
      'has ended before it is heard of',
      [session(11, 'ended'), session(10, 'active')],
      ['signed_out ended'],
    ],
    [
      'has ended, by a message that is older than another',
      [session(12, 'active'), session(11, 'revoked'), session(13, 'active')],
      ['signed_in', 'session_revoked'],
    ],
  ]

  it.each(histories)('that %s is told of once', async (_, history, expected) => {
    await apply([person(10), ...history])
    expect((await told()).slice(1)).toEqual(expected.map((type) => `auth.${type}`))
    const over = expected.some((type) => type !== 'signed_in')
    expect((await readFacts(database, 'user_1')).endedSessions).toEqual(over ? ['sess_1'] : [])
    expect(await deeds()).toHaveLength(1)
  })

  it('that somebody else has ended is told of no more, and never begins', async () => {
    await database.run("INSERT INTO ended_sessions VALUES ('sess_1', 'user_1', 5)")
    await apply([person(10), session(10, 'active'), session(12, 'revoked'), session(13, 'active')])
    expect(await told()).toEqual(['user.created'])
    expect(await rows('SELECT status FROM clerk_objects')).toEqual([{ status: 'revoked' }])
  })

  it('of whom is deleted is among those that have ended, when Clerk says so', async () => {
    await apply([gone('user-deleted', 9), session(10, 'ended')])
    expect((await readFacts(database, 'user_1')).endedSessions).toEqual(['sess_1'])
    expect(await rows('SELECT status FROM clerk_objects')).toEqual([{ status: 'deleted' }])
    expect(await told()).toEqual([])
  })
})

describe('anything else', () => {
  const invitation = (updatedAt: number, status: string): ObjectChange => ({
    ...{ kind: 'object', object: 'organization_invitation', id: 'orginv_1', owner: 'org_1' },
    ...{ status, data: { email_address: 'eve@x.test' }, ...since(updatedAt) },
  })
  const kept = () => rows('SELECT status, data, updated_at FROM clerk_objects')

  it('is as its newest message says', async () => {
    const history = [
      invitation(11, 'accepted'),
      invitation(10, 'pending'),
      invitation(12, 'accepted'),
    ]
    expect(await apply(history)).toEqual([true, false, false])
    expect(await kept()).toEqual([
      { status: 'accepted', data: '{"email_address":"eve@x.test"}', updated_at: 12 },
    ])
    expect(await told()).toEqual([])
  })

  it.each<[string, readonly MirrorChange[]]>([
    ['it is deleted', [invitation(10, 'pending'), invitation(9, 'deleted'), invitation(99, 'x')]],
    [
      'whose it is is deleted',
      [invitation(10, 'pending'), gone('organization-deleted', 11), invitation(99, 'x')],
    ],
    ['whose it is was deleted', [gone('organization-deleted', 11), invitation(99, 'x')]],
  ])('leaves nothing when %s', async (_, history) => {
    await apply(history)
    expect(await kept()).toMatchObject([{ status: 'deleted', data: '{}' }])
  })

  it('of one kind is nothing of another with the same id', async () => {
    await apply([invitation(10, 'pending'), { ...invitation(11, 'x'), object: 'role', owner: '' }])
    expect(await kept()).toHaveLength(2)
  })
})

it('a first walk tells nobody of organisations and members that it finds', async () => {
  await apply([place(10), member(10), member(11, { role: 'org:admin' })], walking)
  expect(await told()).toEqual(['organization.member_changed'])
})
