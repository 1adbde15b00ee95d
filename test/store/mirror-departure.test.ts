import { env } from 'cloudflare:workers'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'
import { beforeEach, describe, expect, it } from 'vitest'
import { readEvent } from '../../src/clerk/webhook.ts'
import { changesOf } from '../../src/clerk/webhook-changes.ts'
import type { MirrorChange, ObjectChange } from '../../src/model/mirror.ts'
import { applyPage } from '../../src/store/mirror.ts'
import { clearing } from '../../src/store/mirror-clearing.ts'
import { planFor } from '../../src/store/mirror-plan.ts'
import { mentionedIn, readState } from '../../src/store/mirror-state.ts'
import {
  apply,
  clearMirror,
  database,
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

// What is told of whom and what is deleted, and what is left of them.

beforeEach(async () => {
  await clearMirror()
  await env.DB.exec('DELETE FROM webhook_inbox')
})

describe('who is deleted', () => {
  const before = [person(10), place(10), member(10), session(10, 'active')]
  const ends = [member(11, { isDeleted: true }), session(11, 'ended'), gone('user-deleted', 12)]
  const orders: readonly (readonly number[])[] = [
    ...[[0, 1, 2], [1, 0, 2], [0, 2, 1], [1, 2, 0], [2, 0, 1], [2, 1, 0], [2]],
  ]

  it.each(orders)(
    'leaves all that was theirs, whatever Clerk tells first: %s %s %s',
    async (...order) => {
      await apply([...before, ...order.flatMap((one) => ends[one] ?? [])])
      const types = (await told()).slice(4)
      expect(types.at(-1)).toBe('user.deleted')
      expect(types.map((type) => type.split(' ')[0]).sort()).toEqual([
        ...['auth.signed_out', 'organization.member_removed', 'user.deleted'],
      ])
    },
  )

  it('leaves what they had joined and begun, and no more', async () => {
    const other = (id: string, status: string) => ({ ...session(10, status), id })
    await apply([
      ...before,
      ...[{ ...member(10), id: 'orgmem_2' }, member(11, { isDeleted: true })],
      ...[{ ...member(10), id: 'orgmem_3', userId: 'user_2' }],
      ...[other('sess_2', 'pending'), other('sess_3', 'active'), other('sess_4', 'active')],
      { ...other('sess_5', 'active'), owner: 'user_2' },
      { ...session(11, 'revoked'), id: 'sess_3' },
    ])
    await database.run("INSERT INTO ended_sessions VALUES ('sess_4', 'user_1', 5)")
    await database.run('DELETE FROM events')
    await apply([gone('user-deleted', 12)])
    const data = (await rows('SELECT data FROM events ORDER BY rowid')).map(({ data }) =>
      JSON.parse(String(data)),
    )
    expect(data).toEqual([
      {
        ...{ membership_id: 'orgmem_2', organization_id: 'org_1', user_id: 'user_1' },
        role: 'org:member',
      },
      { user_id: 'user_1', session_id: 'sess_1', reason: 'deleted' },
      { user_id: 'user_1' },
    ])
  })

  it('leaves a session of which was told before anybody had heard of them', async () => {
    await apply([session(10, 'active'), gone('user-deleted', 12), session(13, 'ended')])
    expect(await told()).toEqual([...['auth.signed_in', 'auth.signed_out deleted', 'user.deleted']])
  })

  it('leaves what the same page says was theirs', async () => {
    const page = [
      ...[...before, { ...session(10, 'pending'), id: 'sess_2' }],
      ...[member(11, { isDeleted: true }), { ...member(11), id: 'orgmem_2' }],
    ]
    await applyPage(database, [...page, gone('user-deleted', 12)], walking)
    expect(await told()).toEqual([
      ...['auth.signed_in', 'organization.member_removed', 'organization.member_removed'],
      ...['auth.signed_out deleted', 'user.deleted'],
    ])
  })

  it('is told of with a thousand memberships, and the rest end in silence', async () => {
    await apply([person(10), place(10)])
    await database.run(`INSERT INTO memberships (id, organization_id, user_id, role, created_at)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
      SELECT 'orgmem_' || i, 'org_1', 'user_1', 'org:member', 1 FROM n`)
    await apply([gone('user-deleted', 12)])
    const count = { count: 1000 }
    const removed = "SELECT COUNT(*) AS count FROM events WHERE type LIKE '%member_removed'"
    expect(await rows(removed)).toEqual([count])
    expect(await rows("SELECT 1 FROM memberships WHERE status = 'active'")).toEqual([])
  })
})

it('what goes with an organisation is told by its own end alone', async () => {
  await apply([person(10), place(10), member(10), gone('organization-deleted', 11)])
  await apply([gone('user-deleted', 12)])
  expect((await told()).slice(3)).toEqual(['organization.deleted', 'user.deleted'])
})

describe('of who is deleted', () => {
  const invitation = (id: string, data: ObjectChange['data']): ObjectChange => ({
    ...{ kind: 'object', object: 'organization_invitation', id, owner: 'org_1' },
    ...{ status: 'accepted', data, ...since(10) },
  })
  const waiting = (id: string, email: string): ObjectChange => ({
    ...{ kind: 'object', object: 'waitlist_entry', id, owner: '', status: 'invited' },
    ...{ data: { email_address: email }, ...since(10) },
  })
  const history: readonly MirrorChange[] = [
    ...[person(10), place(10), member(10), session(10, 'active')],
    invitation('orginv_1', { user_id: 'user_1', email_address: 'old@x.test' }),
    invitation('orginv_2', { email_address: 'Ada@X.test' }),
    invitation('orginv_3', { user_id: 'user_2', email_address: 'eve@x.test' }),
    waiting('wle_1', 'ada@x.test'),
    waiting('wle_2', 'eve@x.test'),
  ]
  const theirs = ['user_1', 'orgmem_1', 'sess_1', 'orginv_1', 'orginv_2', 'wle_1']
  const others = ['user_2', 'org_1', 'orginv_3', 'wle_2', '']
  const states = ['received', 'queued', 'applied', 'dead']

  it('no invitation and no place on the waitlist says anything', async () => {
    await apply([...history, gone('user-deleted', 11)])
    expect(
      await rows(`SELECT id, status, data FROM clerk_objects
        WHERE kind <> 'session' AND data <> '{}' ORDER BY id`),
    ).toMatchObject([{ id: 'orginv_3' }, { id: 'wle_2' }])
    expect(await rows("SELECT status FROM clerk_objects WHERE id = 'orginv_1'")).toEqual([
      { status: 'accepted' },
    ])
  })

  it('an invitation that comes later says nothing either', async () => {
    await apply([...history.slice(0, 2), gone('user-deleted', 11), ...history.slice(4, 5)])
    expect(await rows('SELECT data FROM clerk_objects')).toEqual([{ data: '{}' }])
  })

  it('no webhook says anything: there is nothing in it to apply, and it is removed in its time', async () => {
    await apply(history)
    const body = JSON.stringify({ type: 'user.updated', data: { id: 'user_1', first_name: 'Ada' } })
    const inbox = [...theirs, ...others].flatMap((subject) =>
      states.map((state) => ({ id: `msg_${subject}_${state}`, subject, state, body })),
    )
    await env.DB.prepare(
      `INSERT INTO webhook_inbox (id, type, subject, state, body, received_at, error)
        SELECT value ->> 'id', 'user.updated', value ->> 'subject', value ->> 'state',
          value ->> 'body', 1, 'Error' FROM json_each(?)`,
    )
      .bind(JSON.stringify(inbox))
      .run()
    await apply([gone('user-deleted', 11)])
    const kept = await rows('SELECT * FROM webhook_inbox')
    const [own, foreign] = [theirs, others].map((ids) =>
      kept.filter(({ subject }) => ids.includes(String(subject))),
    )
    expect(own).toHaveLength(theirs.length * states.length)
    for (const row of own ?? []) {
      expect(row).toMatchObject({ state: 'applied', applied_at: 77, error: null })
      expect(row.body).toBe('{"type":"user.updated","data":{}}')
      expect(changesOf(readEvent(String(row.body), 1))).toEqual([])
    }
    expect(foreign?.map((row) => [row.state, row.body])).toEqual(
      others.flatMap(() => states.map((state) => [state, body])),
    )
  })

  it('all is found by an index, but for invitations and the waitlist', async () => {
    const change = gone('user-deleted', 11)
    const state = await readState(database, mentionedIn([change]))
    const plans = clearing(planFor(state, [change], true), 1).map(async (statement) => {
      const { sql, params } = new SQLiteAsyncDialect().sqlToQuery(statement)
      const plan = env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...params)
      return (await plan.all<{ detail: string }>()).results.map(({ detail }) => detail)
    })
    const details = (await Promise.all(plans)).flat()
    const looked = details.filter((detail) => /^(?:SCAN|SEARCH)/.test(detail))
    expect(looked.filter((detail) => /^SCAN (?!json_each)/.test(detail))).toEqual([])
    for (const index of ['audit_by_subject', 'audit_by_actor', 'webhook_inbox_by_subject']) {
      expect(looked.filter((detail) => detail.includes(index))).toHaveLength(1)
    }
    const wide =
      /clerk_objects USING (?:INDEX sqlite_autoindex_clerk_objects_1|\S+ clerk_objects_by_time) \(kind=\?\)/
    expect(looked.filter((detail) => wide.test(detail))).toHaveLength(2)
  })
})
