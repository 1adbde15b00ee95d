import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { operations } from '../../src/api/operations.ts'
import type { Job } from '../../src/model/job.ts'
import { addressAgainMs } from '../../src/store/outbox.ts'
import { createOperatorScene, type OperatorScene, type Told } from '../api/operations-scene.ts'
import { openScene } from './subscriber-scene.ts'

let scene: OperatorScene
let queued: Job[]
let isQueueDown: boolean
const queue = {
  async sendBatch(messages: readonly { readonly body: Job }[]) {
    if (isQueueDown) throw new Error('down')
    queued.push(...messages.map(({ body }) => body))
  },
}

beforeEach(async () => {
  await openScene()
  queued = []
  isQueueDown = false
  scene ??= await createOperatorScene({ operator: 'same-host' }, { QUEUE: queue })
})

const url = 'https://hooks.example.com/services/T1/B1/deadbeef?key=c0ffee'

function ask(method: string, path: string, body?: object, ifMatch?: string): Promise<Told> {
  const headers = {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(ifMatch !== undefined && { 'if-match': ifMatch }),
  }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  return scene.call(`/api/${path}`, 'user_ada', { method, headers, ...sent })
}

async function subscribe(body: object = {}): Promise<{ id: string; secret: string; etag: string }> {
  const { status, body: made, headers } = await ask('POST', 'subscriptions', { url, ...body })
  expect(status).toBe(201)
  return { id: String(made.id), secret: String(made.secret), etag: headers.get('etag') ?? '' }
}

const auditOf = async (action: string) =>
  (await env.DB.prepare('SELECT * FROM audit WHERE action = ?').bind(action).all()).results

describe('a subscription', () => {
  it('tells its secret once, and the audit never', async () => {
    const { id, secret } = await subscribe({ types: ['user.deleted'], description: 'CRM' })
    expect(atob(secret.replace(/^whsec_/, ''))).toHaveLength(32)
    const told = await ask('GET', `subscriptions/${id}`)
    expect(told.body).toEqual({
      ...{ id, url, description: 'CRM', types: ['user.deleted'], is_active: true },
      ...{ created_by: 'user_ada', created_at: scene.world.clock.now() },
      ...{ updated_at: scene.world.clock.now(), previous_secret_until: null },
    })
    const list = await ask('GET', 'subscriptions')
    expect(list.body).toEqual({ data: [told.body], next_cursor: null })
    const [deed] = await auditOf('subscription.created')
    expect(deed).toMatchObject({ actor: 'user_ada', subject: id, request_id: expect.any(String) })
    const written = JSON.stringify([told.text, list.text, deed, scene.world.records])
    expect(written).not.toContain(secret.slice(6))
    expect(JSON.stringify(deed)).not.toMatch(/c0ffee|deadbeef/)
  })

  it('changes in the state that is meant, and only then', async () => {
    const { id, etag } = await subscribe()
    const path = `subscriptions/${id}`
    expect((await ask('PATCH', path, { is_active: false })).status).toBe(428)
    expect((await ask('PATCH', path, { is_active: false }, '"0"')).status).toBe(412)
    const both = [{ description: 'one' }, { description: 'other' }]
    const told = await Promise.all(both.map((body) => ask('PATCH', path, body, etag)))
    expect(told.map(({ status }) => status).sort()).toEqual([200, 412])
    const [winner] = told.filter(({ status }) => status === 200)
    expect((await ask('GET', path)).body).toEqual(winner?.body)
    expect(await auditOf('subscription.updated')).toHaveLength(1)
    const next = winner?.headers.get('etag') ?? ''
    expect(
      await ask('PATCH', path, { is_active: false, types: ['user.created'] }, next),
    ).toMatchObject({
      status: 200,
      body: { is_active: false, types: ['user.created'], url },
    })
    expect((await ask('PATCH', path, { is_active: true }, next)).status).toBe(412)
  })

  it('gets a new secret, and keeps the one before for a while', async () => {
    const { id, secret } = await subscribe()
    const path = `subscriptions/${id}/rotate-secret`
    const rotated = await ask('POST', path, { overlap_seconds: 60 })
    const untilMs = scene.world.clock.now() + 60_000
    expect(rotated).toMatchObject({ status: 200, body: { previous_secret_until: untilMs } })
    expect(rotated.body.secret).not.toBe(secret)
    const usual = await ask('POST', path, {})
    expect(usual.body.previous_secret_until).toBe(scene.world.clock.now() + 86_400_000)
    const atOnce = await ask('POST', path, { overlap_seconds: 0 })
    expect(atOnce.body.previous_secret_until).toBeNull()
    const secrets = [secret, rotated, usual, atOnce].map((one) =>
      typeof one === 'string' ? one : String(one.body.secret),
    )
    expect(new Set(secrets).size).toBe(4)
    const deeds = JSON.stringify(await auditOf('subscription.secret-rotated'))
    for (const one of secrets) expect(deeds).not.toContain(one.slice(6))
    for (const overlap of [-1, 604_801, 1.5, '60', null]) {
      expect((await ask('POST', path, { overlap_seconds: overlap })).status).toBe(400)
    }
  })

  it('is never made of what has another shape', async () => {
    const bodies = [
      ...[{}, { url: 1 }, { url: '' }, { url: `https://hooks.example.com/${'x'.repeat(2048)}` }],
      ...[
        { types: 'user.created' },
        { types: ['user.*'] },
        { types: ['user.created', 'user.created'] },
      ],
      ...[{ description: 'x'.repeat(201) }, { secret: 'whsec_bXkgb3du' }, { id: 'sub_own' }],
    ]
    for (const body of bodies.map((one, index) => (index < 4 ? one : { url, ...one }))) {
      const told = await ask('POST', 'subscriptions', body)
      expect([body, told.status, told.body.code]).toEqual([body, 400, 'body-invalid'])
    }
  })

  it('is one of fifty at most', async () => {
    const { id } = await subscribe()
    const values = "SELECT 'sub_' || value, url, secret, created_by, 1, 1"
    const numbers =
      'WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 48)'
    await env.DB.prepare(
      `INSERT INTO subscriptions (id, url, secret, created_by, created_at, updated_at)
       ${numbers} ${values} FROM n, subscriptions WHERE id = ?`,
    )
      .bind(id)
      .run()
    const [one, other] = await Promise.all([1, 2].map(() => ask('POST', 'subscriptions', { url })))
    expect([one?.status, other?.status].sort()).toEqual([201, 409])
    const pages = await ask('GET', 'subscriptions?limit=40')
    const rest = await ask('GET', `subscriptions?limit=40&cursor=${pages.body.next_cursor}`)
    expect([pages, rest].map(({ body }) => Array.isArray(body.data) && body.data.length)).toEqual([
      40, 10,
    ])
  })

  it('is gone when it is deleted, and was deleted by somebody', async () => {
    const { id } = await subscribe()
    expect((await ask('DELETE', `subscriptions/${id}`, undefined, '"0"')).status).toBe(412)
    expect((await ask('DELETE', `subscriptions/${id}`)).status).toBe(204)
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['DELETE', '', undefined],
      ['PATCH', '', {}],
      ['POST', '/rotate-secret', {}],
      ['POST', '/test', undefined],
      ['POST', '/replay', undefined],
    ] as const) {
      const told = await ask(method, `subscriptions/${id}${path}`, body, '*')
      expect([method, path, told.body.code]).toEqual([method, path, 'record-unknown'])
    }
    expect(await auditOf('subscription.deleted')).toMatchObject([{ subject: id, after: null }])
  })

  it('can be tried: it alone is sent something', async () => {
    const { id } = await subscribe({ types: ['user.deleted'] })
    await subscribe()
    const told = await ask('POST', `subscriptions/${id}/test`)
    expect(told.status).toBe(202)
    expect(queued).toEqual([{ kind: 'delivery', id: told.body.delivery_id }])
    const delivery = await ask('GET', `deliveries/${told.body.delivery_id}`)
    expect(delivery.body).toMatchObject({
      ...{ receiver: id, state: 'queued' },
      event: { type: 'usher.test', subject: id, sequence: 1, data: { subscription_id: id } },
    })
    expect(await auditOf('subscription.tested')).toMatchObject([
      { actor: 'user_ada', subject: id, after: JSON.stringify(told.body) },
    ])
  })

  it('is tried once a minute, however many want to at once, and none of the others leaves a trace', async () => {
    const { id } = await subscribe()
    const other = await subscribe()
    const test = () => ask('POST', `subscriptions/${id}/test`)
    const told = await Promise.all([test(), test(), test()])
    expect(told.map(({ status }) => status).sort()).toEqual([202, 429, 429])
    await scene.world.clock.advance(59_999)
    const late = await test()
    expect([late.status, late.body.code, late.headers.get('retry-after')]).toEqual([
      ...[429, 'too-many-requests', '60'],
    ])
    expect((await ask('POST', `subscriptions/${other.id}/test`)).status).toBe(202)
    expect(queued).toHaveLength(2)
    const counted = await env.DB.prepare(
      "SELECT COUNT(*) AS n FROM events WHERE type = 'usher.test'",
    )
    expect(await counted.first('n')).toBe(2)
    expect(await auditOf('subscription.tested')).toHaveLength(2)
    await scene.world.clock.advance(1)
    expect((await test()).status).toBe(202)
  })
})

describe('the log of deliveries', () => {
  const listed = async (query: string) => {
    const { status, body } = await ask('GET', `deliveries?${query}`)
    expect(status).toBe(200)
    return body as { data: { id: string; state: string }[]; next_cursor: string | null }
  }

  /** Three deliveries to one subscription: one delivered, one dead, one queued. */
  async function tellThree(): Promise<string> {
    const { id } = await subscribe()
    for (const state of ['delivered', 'dead', 'queued']) {
      const { body } = await ask('POST', `subscriptions/${id}/test`)
      await env.DB.prepare('UPDATE deliveries SET state = ? WHERE id = ?')
        .bind(state, body.delivery_id)
        .run()
      await scene.world.clock.advance(addressAgainMs)
    }
    queued = []
    return id
  }

  it('is found by receiver, state and event, page by page, the newest first', async () => {
    const id = await tellThree()
    await subscribe()
    const { data } = await listed(`receiver=${id}`)
    expect(data.map(({ state }) => state)).toEqual(['queued', 'dead', 'delivered'])
    const [first] = data
    expect((await listed(`receiver=${id}&state=queued`)).data).toEqual([first])
    const event = await ask('GET', `deliveries/${first?.id}`)
    expect((await listed(`event=${event.body.event_id}`)).data).toEqual([first])
    const seen: string[] = []
    let cursor = ''
    for (let page = 0; page < 4; page++) {
      const one = await listed(`receiver=${id}&limit=1${cursor}`)
      seen.push(...one.data.map(({ id }) => id))
      if (one.next_cursor === null) break
      cursor = `&cursor=${one.next_cursor}`
    }
    expect(seen).toEqual(data.map(({ id }) => id))
    expect((await listed('receiver=sub_nobody')).data).toEqual([])
  })

  it('replays what came to an end, and leaves alone what is on its way', async () => {
    const { data } = await listed(`receiver=${await tellThree()}`)
    for (const { id } of data) {
      expect((await ask('POST', `deliveries/${id}/replay`)).status).toBe(202)
    }
    const [, dead, delivered] = data
    expect(queued.map(({ id }) => id)).toEqual([dead?.id, delivered?.id])
    expect(await auditOf('delivery.replayed')).toMatchObject([
      { actor: 'user_ada', subject: dead?.id },
      { actor: 'user_ada', subject: delivered?.id },
    ])
    expect((await ask('POST', 'deliveries/dlv_nobody/replay')).body.code).toBe('record-unknown')
  })

  it('replays all that is dead of one subscription, once', async () => {
    const id = await tellThree()
    const other = await tellThree()
    const replayed = () => ask('POST', `subscriptions/${id}/replay`)
    const told = [await replayed(), await replayed()]
    expect(told.map(({ body }) => body)).toEqual([{ deliveries: 1 }, { deliveries: 0 }])
    expect(queued).toHaveLength(1)
    expect((await listed(`receiver=${other}&state=dead`)).data).toHaveLength(1)
    expect(await auditOf('subscription.replayed')).toHaveLength(1)
  })

  it('has what the queue did not take as pending, for the next minute', async () => {
    const id = await tellThree()
    isQueueDown = true
    expect((await ask('POST', `subscriptions/${id}/replay`)).status).toBe(202)
    expect((await ask('POST', `subscriptions/${id}/test`)).status).toBe(202)
    expect((await listed(`receiver=${id}&state=pending`)).data).toHaveLength(2)
  })
})

describe('without a queue', () => {
  it('every operation says which binding is missing', async () => {
    const bare = await createOperatorScene({ operator: 'same-host' }, {})
    const rows = operations.filter(({ id }) => /^(?:subscriptions|deliveries)\./.test(id))
    expect(rows).toHaveLength(11)
    for (const row of rows) {
      const { status, body } = await bare.run(row, 'user_ada')
      expect([row.id, status, body.code]).toEqual([row.id, 501, 'binding-missing'])
    }
  })
})
