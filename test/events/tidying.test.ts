import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { sessionEnds } from '../../src/model/mirror.ts'
import { envelope } from '../support/signed-webhook.ts'
import { type InboxScene, openInbox } from './inbox-scene.ts'

const body = envelope('user.updated', { object: 'user', id: 'user_1', updated_at: 5 })
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** Writes rows down as if they lay there for so long. */
async function lay(
  inbox: InboxScene,
  rows: readonly {
    id: string
    state: string
    ageMs: number
    queuedMs?: number
    attempts?: number
  }[],
): Promise<void> {
  const at = (ageMs: number) => inbox.clock.now() - ageMs
  await env.DB.batch(
    rows.map(({ id, state, ageMs, queuedMs, attempts = 0 }) =>
      env.DB.prepare(
        `INSERT INTO webhook_inbox (id, type, state, body, received_at, queued_at, attempts)
          VALUES (?, 'user.updated', ?, ?, ?, ?, ?)`,
      ).bind(id, state, body, at(ageMs), queuedMs === undefined ? null : at(queuedMs), attempts),
    ),
  )
}

/** Moves time on to the beginning of an hour. */
async function untilFullHour({ clock }: InboxScene): Promise<void> {
  const hourMs = 60 * minuteMs
  await clock.advance(hourMs - (clock.now() % hourMs))
}

const idsOf = (inbox: InboxScene) => inbox.jobs.map(({ id }) => id)

async function kept(): Promise<readonly unknown[]> {
  const { results } = await env.DB.prepare('SELECT id FROM webhook_inbox ORDER BY id').all()
  return results.map(({ id }) => id)
}

describe('each minute', () => {
  it('what lies about too long is given to the queue again, and nothing else', async () => {
    const inbox = await openInbox()
    await lay(inbox, [
      { id: 'msg_received', state: 'received', ageMs: minuteMs },
      { id: 'msg_just_received', state: 'received', ageMs: minuteMs - 1 },
      { id: 'msg_queued', state: 'queued', ageMs: dayMs, queuedMs: 10 * minuteMs },
      { id: 'msg_just_queued', state: 'queued', ageMs: dayMs, queuedMs: 10 * minuteMs - 1 },
      { id: 'msg_tried_later', state: 'queued', ageMs: dayMs, queuedMs: -60 * minuteMs },
      { id: 'msg_applied', state: 'applied', ageMs: dayMs, queuedMs: dayMs },
      { id: 'msg_dead', state: 'dead', ageMs: dayMs, queuedMs: dayMs },
    ])
    await inbox.tidy()
    expect(idsOf(inbox)).toEqual(['msg_queued', 'msg_received'])
    expect(await inbox.row('msg_received')).toMatchObject({ state: 'queued' })
    await inbox.tidy()
    expect(idsOf(inbox)).toHaveLength(2)
  })

  it('no more than a hundred are given to it, the oldest first', async () => {
    const inbox = await openInbox()
    const rows = Array.from({ length: 120 }, (_, at) => ({
      ...{ id: `msg_${at}`, state: 'received', ageMs: (2 + at) * minuteMs },
    }))
    await lay(inbox, rows)
    await inbox.tidy()
    expect(idsOf(inbox)).toEqual(
      rows
        .slice(20)
        .map(({ id }) => id)
        .reverse(),
    )
    await inbox.tidy()
    expect(idsOf(inbox)).toHaveLength(120)
  })

  it('what the queue does not take stays for the next minute', async () => {
    const inbox = await openInbox()
    await lay(inbox, [{ id: 'msg_1', state: 'received', ageMs: minuteMs }])
    inbox.isQueueDown = true
    await inbox.tidy()
    expect([inbox.faults, (await inbox.row('msg_1'))?.state]).toEqual([['tidy inbox'], 'received'])
    inbox.isQueueDown = false
    await inbox.tidy()
    expect(idsOf(inbox)).toEqual(['msg_1'])
  })

  it('what was applied thirty days ago is removed, what was given up ninety days ago, and nothing else', async () => {
    const inbox = await openInbox()
    await lay(inbox, [
      { id: 'msg_old', state: 'applied', ageMs: 30 * dayMs + 1 },
      { id: 'msg_not_so_old', state: 'applied', ageMs: 30 * dayMs },
      { id: 'msg_old_and_dead', state: 'dead', ageMs: 90 * dayMs },
      { id: 'msg_older_and_dead', state: 'dead', ageMs: 90 * dayMs + 1 },
      { id: 'msg_old_and_queued', state: 'queued', ageMs: 31 * dayMs, queuedMs: 0 },
    ])
    await inbox.tidy()
    expect(await kept()).toEqual(['msg_not_so_old', 'msg_old_and_dead', 'msg_old_and_queued'])
  })

  it('nothing is removed in one go but five hundred', async () => {
    const inbox = await openInbox()
    const row = `SELECT 'msg_' || value, 'user.updated', 'applied', '{}', 1`
    await env.DB.exec(
      `WITH RECURSIVE counting(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM counting LIMIT 600)
        INSERT INTO webhook_inbox (id, type, state, body, received_at) ${row} FROM counting`.replaceAll(
        '\n',
        ' ',
      ),
    )
    await inbox.tidy()
    expect(await kept()).toHaveLength(100)
  })

  it('every chore is tried, however many fail, and the next minute finds all as it was', async () => {
    const inbox = await openInbox()
    await lay(inbox, [
      { id: 'msg_1', state: 'received', ageMs: minuteMs },
      { id: 'msg_2', state: 'applied', ageMs: 31 * dayMs },
    ])
    inbox.callsLeft = 0
    await untilFullHour(inbox)
    await inbox.tidy()
    expect(inbox.faults.filter((fault) => fault.startsWith('tidy '))).toEqual([
      ...['tidy inbox', 'tidy dispatch', 'tidy deliveries', 'tidy events', 'tidy secrets'],
      ...['tidy webhooks', 'tidy sessions'],
    ])
    inbox.callsLeft = Infinity
    await inbox.tidy()
    expect([idsOf(inbox), await kept()]).toEqual([['msg_1'], ['msg_1']])
  })
})

describe('once an hour', () => {
  const sessions: readonly (readonly [status: string, toldDaysAgo: number, isKept: boolean])[] = [
    ...[...sessionEnds, 'deleted'].map((status) => [status, 31, false] as const),
    ...[...sessionEnds, 'deleted'].map((status) => [status, 30, true] as const),
    ['active', 31, true],
    ['pending', 31, true],
    ['active', 400, true],
    ['active', 401, false],
    ['pending', 401, false],
  ]

  async function tell(inbox: InboxScene): Promise<void> {
    const [insert, invite] = ['session', 'organization_invitation'].map((kind) =>
      env.DB.prepare(
        `INSERT INTO clerk_objects (kind, id, status, told_at) VALUES ('${kind}', ?, ?, ?)`,
      ),
    )
    const rows = sessions.map(([status, days]) => {
      const at = inbox.clock.now() - days * dayMs
      return [`${status} ${days}`, status, at]
    })
    await env.DB.batch(
      rows.flatMap((row) => [insert, invite].flatMap((one) => one?.bind(...row) ?? [])),
    )
  }

  const found = async (query: string) => (await env.DB.prepare(query).all()).results
  const leftOf = (kind: string) =>
    found(`SELECT id FROM clerk_objects WHERE kind = '${kind}' ORDER BY rowid`)

  it('sessions go that ended thirty days ago, and those that nobody told of for four hundred', async () => {
    const inbox = await openInbox()
    await untilFullHour(inbox)
    await tell(inbox)
    await inbox.tidy()
    const kept = sessions
      .filter(([, , isKept]) => isKept)
      .map(([status, days]) => `${status} ${days}`)
    expect((await leftOf('session')).map(({ id }) => id)).toEqual(kept)
    expect(await leftOf('organization_invitation')).toHaveLength(sessions.length)
  })

  it('and not each minute', async () => {
    const inbox = await openInbox()
    await untilFullHour(inbox)
    await tell(inbox)
    await inbox.clock.advance(minuteMs)
    await inbox.tidy()
    expect(await leftOf('session')).toHaveLength(sessions.length)
  })

  it('that a session has ended is forgotten after four hundred days, and its late messages until then', async () => {
    const inbox = await openInbox()
    await untilFullHour(inbox)
    const nowMs = inbox.clock.now()
    const rows = [400 * dayMs + 1, 400 * dayMs].map(
      (ageMs, at) => `('sess_${at}', 'user_1', ${nowMs - ageMs})`,
    )
    await env.DB.exec(
      `INSERT INTO ended_sessions (session_id, user_id, ended_at) VALUES ${rows.join(', ')}`,
    )
    await inbox.tidy()
    expect(await found('SELECT session_id FROM ended_sessions')).toEqual([{ session_id: 'sess_1' }])
    const ids = ['sess_0', 'sess_1']
    await lay(
      inbox,
      ids.map((id) => ({ id, state: 'queued', ageMs: 0, queuedMs: 0 })),
    )
    const body = (id: string) =>
      envelope('session.created', { id, user_id: 'user_1', status: 'active', updated_at: nowMs })
    const told = env.DB.prepare(
      "UPDATE webhook_inbox SET body = ?, type = 'session.created' WHERE id = ?",
    )
    await env.DB.batch(ids.map((id) => told.bind(body(id), id)))
    const fates = await inbox.consume(ids.map((id) => ({ kind: 'webhook', id })))
    expect(fates).toEqual({ sess_0: 'done', sess_1: 'done' })
    expect(await leftOf('session')).toEqual([{ id: 'sess_0' }])
  })
})

describe('each minute, without a queue', () => {
  it('twenty of what lies about too long are applied, the oldest first', async () => {
    const inbox = await openInbox({ hasQueue: false })
    await lay(
      inbox,
      Array.from({ length: 25 }, (_, at) => ({
        ...{ id: `msg_${at}`, state: at % 2 ? 'received' : 'queued', ageMs: (30 - at) * minuteMs },
        queuedMs: (30 - at) * minuteMs,
      })),
    )
    await env.DB.exec(`UPDATE webhook_inbox SET queued_at = NULL WHERE state = 'received'`)
    await inbox.tidy()
    const { results } = await env.DB.prepare(
      `SELECT id FROM webhook_inbox WHERE state <> 'applied' ORDER BY received_at`,
    ).all()
    expect(results.map(({ id }) => id)).toEqual([20, 21, 22, 23, 24].map((at) => `msg_${at}`))
  })

  it('what cannot be applied is tried again later each time, and given up as the queue would', async () => {
    const inbox = await openInbox({ hasQueue: false })
    await lay(inbox, [{ id: 'msg_1', state: 'received', ageMs: minuteMs }])
    await env.DB.exec(`UPDATE webhook_inbox SET body = 'broken'`)
    const pausesMs: number[] = []
    for (let tried = 1; tried <= 21; tried++) {
      await inbox.tidy()
      if (tried < 4) await inbox.tidy()
      const row = await inbox.row('msg_1')
      expect(row?.attempts).toBe(tried)
      pausesMs.push((row?.queuedAt ?? 0) - inbox.clock.now())
      await inbox.clock.advance((pausesMs.at(-1) ?? 0) + minuteMs)
    }
    expect(pausesMs[0]).toBeLessThanOrEqual(2000)
    expect(pausesMs[20]).toBeGreaterThanOrEqual(60 * minuteMs)
    expect(await inbox.row('msg_1')).toMatchObject({
      state: 'dead',
      attempts: 21,
      error: 'TypeError',
    })
  })
})
