import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createOperatorScene } from './operations-scene.ts'

const scene = createOperatorScene()
const minuteMs = 60_000

/** Seven webhooks, of which three came in at the same moment. */
const rows = [
  ['msg_a', 'user.created', 'user_1', 'applied', 1],
  ['msg_b', 'user.updated', 'user_1', 'applied', 2],
  ['msg_c', 'user.updated', 'user_2', 'dead', 3],
  ['msg_d', 'session.created', 'sess_1', 'queued', 3],
  ['msg_e', 'user.updated', 'user_1', 'dead', 3],
  ['msg_f', 'starship.launched', '', 'received', 4],
  ['msg_g', 'user.deleted', 'user_2', 'applied', 5],
] as const

const body = '{"type":"user.updated","data":{"id":"user_1","first_name":"Ada"},"object":"event"}'

beforeEach(async () => {
  for (const table of ['webhook_inbox', 'audit']) await env.DB.exec(`DELETE FROM ${table}`)
  const insert = env.DB.prepare(
    `INSERT INTO webhook_inbox (id, type, subject, state, body, received_at, attempts, error)
      VALUES (?, ?, ?, ?, ?, ?, 3, 'D1_ERROR')`,
  )
  await env.DB.batch(
    rows.map(([id, type, subject, state, at]) => insert.bind(id, type, subject, state, body, at)),
  )
})

async function ask(path: string, method = 'GET') {
  const { call } = await scene
  return call(`/api/webhooks${path}`, 'user_ada', { method })
}

async function idsOf(query: string): Promise<readonly unknown[]> {
  const { body } = await ask(query)
  return (body.data as readonly { readonly id: unknown }[]).map(({ id }) => id)
}

describe('webhooks are listed', () => {
  it('the latest first, and in all pages together each once', async () => {
    const seen: unknown[] = []
    let [cursor, pages] = ['', 0]
    do {
      const query = new URLSearchParams({ limit: '2', ...(cursor && { cursor }) })
      seen.push(...(await idsOf(`?${query}`)))
      cursor = String((await ask(`?${query}`)).body.next_cursor ?? '')
      pages += 1
    } while (cursor !== '')
    expect([seen, pages]).toEqual([
      ['g', 'f', 'e', 'd', 'c', 'b', 'a'].map((one) => `msg_${one}`),
      4,
    ])
  })

  it.each([
    ['?state=dead', ['msg_e', 'msg_c']],
    ['?type=user.updated', ['msg_e', 'msg_c', 'msg_b']],
    ['?subject=user_1&type=user.updated&state=applied', ['msg_b']],
    ['?subject=', ['msg_f']],
    [`?subject=${encodeURIComponent("user_1' OR 1=1 --")}`, []],
  ])('by what they are: %s', async (query, ids) => {
    expect(await idsOf(query)).toEqual(ids)
  })

  it('without what they say', async () => {
    const { text, body } = await ask('?limit=1')
    expect(text).not.toMatch(/first_name/)
    expect(body.data).toEqual([
      {
        ...{ id: 'msg_g', type: 'user.deleted', subject: 'user_2', state: 'applied' },
        ...{ received_at: 5, queued_at: null, applied_at: null, attempts: 3, error: 'D1_ERROR' },
      },
    ])
  })

  it.each([
    'state=lost',
    'limit=0',
    'limit=101',
    'state=dead&state=queued',
    'id=msg_a',
    `type=${'t'.repeat(129)}`,
    'cursor=nobody',
    `cursor=${btoa('[1]')}`,
    `cursor=${btoa('["1","msg_a"]')}`,
    `cursor=${btoa('{"0":1,"1":"msg_a"}')}`,
  ])('but not by %s', async (query) => {
    expect((await ask(`?${query}`)).body).toMatchObject({ status: 400, code: 'query-invalid' })
  })

  it.each(['[1e400,"msg_a"]', '[-1,"msg_a"]', `[3,"x' OR '1'='1"]`, '[0.5,""]'])(
    'from wherever a cursor of another hand says: %s',
    async (cursor) => {
      const { status } = await ask(`?${new URLSearchParams({ cursor: btoa(cursor) })}`)
      expect([200, 400]).toContain(status)
    },
  )
})

describe('one webhook', () => {
  it('is shown with what it says', async () => {
    const { status, body: shown } = await ask('/msg_e')
    expect([status, shown]).toMatchObject([
      200,
      { id: 'msg_e', state: 'dead', body: JSON.parse(body) },
    ])
  })

  it.each(['', '/replay'])('that is not there is 404%s', async (end) => {
    const { body } = await ask(`/msg_x${end}`, end === '' ? 'GET' : 'POST')
    expect(body).toMatchObject({ status: 404, code: 'record-unknown' })
  })

  it.each([
    ['msg_b', 'applied'],
    ['msg_c', 'dead'],
    ['msg_f', 'received'],
  ])('%s, %s, is given to the queue again, and the audit says by whom', async (id, before) => {
    const jobs: unknown[] = []
    const QUEUE = { sendBatch: async (batch: { body: unknown }[]) => void jobs.push(...batch) }
    const { call, world } = await createOperatorScene({ operator: 'same-host' }, { QUEUE })
    const { status } = await call(`/api/webhooks/${id}/replay`, 'user_ada', { method: 'POST' })
    expect(status).toBe(202)
    expect(jobs).toEqual([{ body: { kind: 'webhook', id }, contentType: 'json' }])
    const row = await env.DB.prepare('SELECT * FROM webhook_inbox WHERE id = ?').bind(id).first()
    expect(row).toMatchObject({
      state: 'queued',
      queued_at: world.clock.now(),
      attempts: 0,
      error: null,
    })
    const { results } = await env.DB.prepare(
      'SELECT actor, action, subject, before FROM audit',
    ).all()
    expect(results).toEqual([
      {
        ...{ actor: 'user_ada', action: 'webhook.replay', subject: id },
        before: JSON.stringify({ state: before }),
      },
    ])
    expect(await verifyAudit(openDatabase(env.DB))).toMatchObject({ brokenAt: undefined })
  })

  it('waits for the next minute when the queue does not take it', async () => {
    const QUEUE = { sendBatch: () => Promise.reject(new Error('down')) }
    const { call, world } = await createOperatorScene({ operator: 'same-host' }, { QUEUE })
    expect((await call('/api/webhooks/msg_c/replay', 'user_ada', { method: 'POST' })).status).toBe(
      202,
    )
    const row = await env.DB.prepare("SELECT * FROM webhook_inbox WHERE id = 'msg_c'").first()
    expect(row?.state).toBe('received')
    expect(Number(row?.queued_at) + minuteMs).toBeLessThanOrEqual(world.clock.now() + minuteMs)
  })

  it('is applied at once where there is no queue', async () => {
    const { call } = await createOperatorScene({ operator: 'same-host' }, {})
    expect((await call('/api/webhooks/msg_c/replay', 'user_ada', { method: 'POST' })).status).toBe(
      202,
    )
    const row = await env.DB.prepare("SELECT * FROM webhook_inbox WHERE id = 'msg_c'").first()
    expect(row?.state).toBe('applied')
  })
})
