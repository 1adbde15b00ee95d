import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MirrorChange } from '../../src/model/mirror.ts'
import { type Profile, unknownProfile } from '../../src/model/profile.ts'
import { verifyAudit } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'
import { readFacts } from '../../src/store/facts.ts'
import { recordSight } from '../../src/store/first-sight.ts'
import { applyChange } from '../../src/store/mirror.ts'
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
  telling,
  told,
} from './mirror-scene.ts'

// What several do at once, and what is cut short.

beforeEach(clearMirror)

const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i))

describe('at once', () => {
  it('the same message by eight consumers is one row, one event and one row in the audit', async () => {
    const change = () => applyChange(database, person(10), telling)
    const outcomes = await Promise.all(times(8, change))
    expect(outcomes.filter(({ isApplied }) => isApplied)).toHaveLength(1)
    expect(await told()).toEqual(['user.created'])
    expect(await verifyAudit(database)).toEqual({ rows: 1, brokenAt: undefined })
  })

  it('messages of one user in any order come to the newest, and number what they tell', async () => {
    const changes = times(12, (index) => person(10 + index, { firstName: `Ada ${index}` }))
    await Promise.all(changes.map((change) => applyChange(database, change, telling)))
    expect(await findUser(database, 'user_1')).toMatchObject({ firstName: 'Ada 11', updatedAt: 21 })
    const sequences = await rows('SELECT sequence FROM events ORDER BY sequence')
    expect(sequences).toEqual(sequences.map((_, index) => ({ sequence: index + 1 })))
    expect((await verifyAudit(database)).brokenAt).toBe(undefined)
  })

  it('a deletion and everything that belongs to whom it is of leave nothing behind', async () => {
    const changes = [person(10), place(10), member(10), session(10, 'active'), person(11)]
    await Promise.all(
      [...changes, gone('user-deleted', 12), ...changes].map((one) =>
        applyChange(database, one, telling),
      ),
    )
    const left = "SELECT id FROM memberships WHERE status <> 'deleted'"
    expect(
      await rows(`${left} UNION ALL SELECT id FROM clerk_objects WHERE status <> 'deleted'`),
    ).toEqual([])
    expect(await findUser(database, 'user_1')).toMatchObject({ status: 'deleted', firstName: null })
    expect((await told()).filter((type) => type === 'user.deleted').length).toBeLessThan(2)
  })

  it('twenty first requests and the message of who it is are one row', async () => {
    const profile: Profile = { ...unknownProfile, email: 'ada@x.test', emailVerified: true }
    const introduction = { defaultRole: 'user', adminEmails: [], fetchProfile: async () => profile }
    const sight = { userId: 'user_1', trustedEmail: undefined, nowMs: 5 }
    await Promise.all([
      ...times(10, () => recordSight(database, sight, introduction)),
      applyChange(database, person(10), telling),
      ...times(10, () => recordSight(database, sight, introduction)),
    ])
    expect(await rows('SELECT id, number, email, updated_at FROM users')).toEqual([
      { id: 'user_1', number: 1, email: 'ada@x.test', updated_at: 10 },
    ])
    expect((await readFacts(database, 'user_1')).grants.map(({ role }) => role)).toEqual(['user'])
    expect(await told()).toEqual(['user.created'])
  })

  it('twenty new users get twenty numbers', async () => {
    const people = times(20, (index) => ({ ...person(10), id: `user_${index}` }))
    await Promise.all(people.map((one) => applyChange(database, one, telling)))
    const numbers = await rows('SELECT number FROM users ORDER BY number')
    expect(numbers).toEqual(times(20, (index) => ({ number: index + 1 })))
  })

  const ban = { userId: 'user_1', status: 'banned', by: 'cli:ada', nowMs: 5 } as const
  const admin = { role: 'org:admin' }
  const session2 = { ...session(11, 'revoked'), id: 'sess_2' }
  const overtakings: (readonly [string, MirrorChange, () => Promise<unknown>, string, object])[] = [
    [
      'a user by a ban',
      person(11, { firstName: 'Adah' }),
      () => setStatus(database, ban),
      'SELECT status, first_name FROM users',
      { status: 'banned', first_name: 'Adah' },
    ],
    [
      'an organisation by what is newer',
      place(11, 'Old'),
      () => apply([place(12, 'New')]),
      'SELECT name, updated_at FROM organizations',
      { name: 'New', updated_at: 12 },
    ],
    [
      'a membership by what is newer',
      member(11, admin),
      () => apply([member(12)]),
      'SELECT role FROM memberships',
      { role: 'org:member' },
    ],
    [
      'a membership by the deletion of its user',
      member(11, admin),
      () => apply([gone('user-deleted', 12)]),
      'SELECT status FROM memberships',
      { status: 'deleted' },
    ],
    [
      'a membership that is new by the deletion of its organisation',
      { ...member(11), id: 'orgmem_2' },
      () => apply([gone('organization-deleted', 12)]),
      "SELECT status FROM memberships WHERE id = 'orgmem_2'",
      { status: 'deleted' },
    ],
    [
      'a session by its end',
      session(11, 'pending'),
      () => apply([session(12, 'revoked')]),
      'SELECT status FROM clerk_objects',
      { status: 'revoked' },
    ],
    [
      'the end of a session by another who has ended it',
      session2,
      () => database.run("INSERT INTO ended_sessions VALUES ('sess_2', 'user_1', 5)"),
      "SELECT COUNT(*) AS count FROM events WHERE type = 'auth.session_revoked'",
      { count: 0 },
    ],
  ]

  const granted = "INSERT INTO role_grants VALUES ('user_1', 'user', 'org_1', 'test', 1)"
  overtakings.push(
    [
      'the end of an organisation by a grant in it',
      gone('organization-deleted', 12),
      () => database.run(granted),
      "SELECT COUNT(*) AS count FROM events WHERE type = 'role.revoked'",
      { count: 1 },
    ],
    [
      'the end of a user by a membership',
      gone('user-deleted', 12),
      () => apply([{ ...member(11), id: 'orgmem_2' }]),
      "SELECT COUNT(*) AS count FROM events WHERE type = 'organization.member_removed'",
      { count: 2 },
    ],
    [
      'the end of a user by the end of a session',
      gone('user-deleted', 12),
      () => apply([session(11, 'ended')]),
      "SELECT COUNT(*) AS count FROM events WHERE type = 'auth.signed_out'",
      { count: 1 },
    ],
  )

  it.each(overtakings)(
    'what was decided is decided again where it is overtaken: %s',
    async (_, change, meanwhile, query, expected) => {
      await apply([person(10), place(10), member(10), session(10, 'active')])
      let writes = 0
      const overtaken = databaseThat(async (statement, real) => {
        const isWriting = statement.startsWith('batch') && statement.includes('INSERT')
        if (isWriting) writes += 1
        if (isWriting && writes === 1) await meanwhile()
        return real()
      }, env.DB)
      await applyChange(openDatabase(overtaken), change, telling)
      expect(await rows(query)).toEqual([expected])
    },
  )
})

it('what the database says of JSON that is broken is no race, and is not tried again', async () => {
  let writes = 0
  const broken = databaseThat((statement, real) => {
    if (!statement.includes('INSERT')) return real()
    writes += 1
    return Promise.reject(new Error('D1_ERROR: malformed JSON: SQLITE_ERROR'))
  }, env.DB)
  await expect(applyChange(openDatabase(broken), person(10), telling)).rejects.toThrow('malformed')
  expect(writes).toBe(1)
})

describe('a database that gives out', () => {
  const history: readonly MirrorChange[] = [
    ...[person(10), place(10), member(10), session(10, 'active'), person(11, { status: 'banned' })],
    ...[session(12, 'revoked'), gone('user-deleted', 13)],
  ]
  const tables = ['users', 'organizations', 'memberships', 'clerk_objects', 'ended_sessions']
  const everything = async () => {
    const events = await rows('SELECT type, subject, sequence, data FROM events ORDER BY rowid')
    const kept = await Promise.all(tables.map((table) => rows(`SELECT * FROM ${table}`)))
    return [...kept, events, await deeds()]
  }

  it('at any call, before or after it is done, leaves what is whole when it is tried again', async () => {
    await apply(history)
    const whole = await everything()
    let failures = 0
    for (const isDone of [false, true]) {
      for (let nth = 1; nth <= 3; nth++) {
        await clearMirror()
        for (const change of history) {
          let calls = 0
          const failing = databaseThat(async (_, real) => {
            calls += 1
            if (calls !== nth) return real()
            if (isDone) await real()
            failures += 1
            throw new Error('D1 is down')
          }, env.DB)
          await applyChange(openDatabase(failing), change, telling).catch(() => undefined)
          await applyChange(database, change, telling)
        }
        expect(await everything(), `call ${nth}, ${isDone}`).toEqual(whole)
      }
    }
    // Reading, the end of the audit and writing; four of these changes say nothing in the audit.
    expect(failures).toBe(2 * (7 + 7 + 3))
    expect((await verifyAudit(database)).brokenAt).toBe(undefined)
  })
})
