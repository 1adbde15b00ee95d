import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { type CallInit, createOperatorScene } from './operations-scene.ts'

// Operators start a walk through Clerk, see how far it is, and end it; there is one at a time.

const created: unknown[] = []
const workflow = { create: async (options: unknown) => void created.push(options) }
const scene = createOperatorScene({ operator: 'same-host' }, { SYNC: workflow })

beforeEach(async () => {
  created.length = 0
  await env.DB.exec('DELETE FROM sync_runs')
})

async function ask(path = '', init: CallInit = {}) {
  const { call } = await scene
  return call(`/api/sync${path}`, 'user_ada', init)
}

function start(body: unknown = { kind: 'backfill' }) {
  const headers = { 'content-type': 'application/json' }
  return ask('', { method: 'POST', headers, body: JSON.stringify(body) })
}

describe('a walk', () => {
  it('is started once: 202, and 409 for whoever comes second', async () => {
    const { status, body } = await start()
    expect(status).toBe(202)
    expect(body).toMatchObject({
      ...{ kind: 'backfill', state: 'running', stage: 'users', progress: {} },
      ...{ started_by: 'user_ada', finished_at: null, error: null },
    })
    const params = { runId: body.id, leg: 1 }
    expect(created).toEqual([{ id: `${body.id}-1`, params }])
    const second = await start()
    expect([second.status, second.body.code]).toEqual([409, 'run-under-way'])
    expect(created.length).toBe(1)
  })

  it('is shown by its id and in the list, and shows how far it is', async () => {
    const { body } = await start()
    const progress = { users: { seen: 500, total: 1200, changed: 7 } }
    await env.DB.prepare('UPDATE sync_runs SET progress = ?').bind(JSON.stringify(progress)).run()
    expect((await ask(`/${body.id}`)).body).toEqual({ ...body, progress })
    expect((await ask('?kind=backfill')).body).toEqual({
      ...{ data: [{ ...body, progress }], next_cursor: null },
    })
    expect((await ask('?kind=reconcile')).body).toEqual({ data: [], next_cursor: null })
  })

  it('is ended where it is, and one that is over stays as it was', async () => {
    const { body } = await start()
    const ended = await ask(`/${body.id}/cancel`, { method: 'POST' })
    expect([ended.status, ended.body.state]).toEqual([200, 'cancelled'])
    expect((await start()).status).toBe(202)
    await env.DB.exec(
      `UPDATE sync_runs SET state = 'done', finished_at = 5 WHERE id = '${body.id}'`,
    )
    const again = await ask(`/${body.id}/cancel`, { method: 'POST' })
    expect(again.body).toMatchObject({ state: 'done', finished_at: 5 })
  })

  it('is in the audit with who began it and who ended it, and what changed nothing is not', async () => {
    const { body } = await start()
    await start()
    for (let turn = 0; turn < 2; turn++) await ask(`/${body.id}/cancel`, { method: 'POST' })
    const { call } = await scene
    const { body: audit } = await call(`/api/audit?subject=${body.id}`, 'user_ada')
    expect(audit.data).toMatchObject([
      {
        ...{ actor: 'user_ada', action: 'sync.cancelled', request_id: expect.any(String) },
        ...{ before: { state: 'running', stage: 'users' }, after: { state: 'cancelled' } },
      },
      { actor: 'user_ada', action: 'sync.started', request_id: expect.any(String) },
    ])
  })

  it('that may take leave of all it misses is told so by whoever starts it, and the audit has it', async () => {
    await start()
    await env.DB.exec(`UPDATE sync_runs SET state = 'done'`)
    const { status, body } = await start({ kind: 'backfill', may_forget: 'any' })
    expect(status).toBe(202)
    const started = `SELECT actor, subject, after ->> 'may_forget' AS may_forget FROM audit
      WHERE action = 'sync.started' ORDER BY id DESC LIMIT 2`
    const { results } = await env.DB.prepare(started).all()
    expect(results).toMatchObject([
      { actor: 'user_ada', subject: body.id, may_forget: 'any' },
      { actor: 'user_ada', may_forget: null },
    ])
    const cursors = await env.DB.prepare('SELECT cursor FROM sync_runs ORDER BY cursor').all()
    expect(cursors.results).toEqual([{ cursor: '' }, { cursor: '{"mayForget":"any"}' }])
  })

  it('that is not there is 404', async () => {
    for (const [path, method] of [
      ['/sync_none', 'GET'],
      ['/sync_none/cancel', 'POST'],
    ] as const) {
      const { status, body } = await ask(path, { method })
      expect([status, body.code]).toEqual([404, 'record-unknown'])
    }
  })

  it.each([
    {},
    { kind: 'reconcile' },
    { kind: 'backfill', all: true },
    { kind: 'backfill', may_forget: true },
    { kind: ['backfill'] },
  ])('of no kind that can be started is 400: %j', async (body) => {
    expect((await start(body)).body.code).toBe('body-invalid')
    expect(created).toEqual([])
  })
})

it('the list has each walk once, the latest first, however many began together', async () => {
  const insert = env.DB.prepare(
    `INSERT INTO sync_runs (id, kind, state, stage, started_by, started_at, updated_at)
      VALUES (?, 'reconcile', 'done', 'users', 'cron', ?, 1)`,
  )
  const times = [1, 2, 2, 2, 3]
  await env.DB.batch(times.map((at, index) => insert.bind(`sync_${index}`, at)))
  const seen: unknown[] = []
  let cursor: unknown = ''
  do {
    const { body } = await ask(`?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
    seen.push(...(body.data as { id: string }[]).map(({ id }) => id))
    cursor = body.next_cursor
  } while (cursor !== null)
  expect(seen).toEqual(['sync_4', 'sync_3', 'sync_2', 'sync_1', 'sync_0'])
})

it('without the Workflow nothing is started, and 501 names the binding; what was walked is shown', async () => {
  const { call } = await createOperatorScene({ operator: 'same-host' }, {})
  const init = {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: '{"kind":"backfill"}',
  }
  const { status, body } = await call('/api/sync', 'user_ada', init)
  expect([status, body.code, body.binding]).toEqual([501, 'binding-missing', 'SYNC'])
  expect((await call('/api/sync', 'user_ada')).status).toBe(200)
})
