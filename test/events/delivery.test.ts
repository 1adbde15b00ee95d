import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { beforeEach, describe, expect, it } from 'vitest'
import { buryDelivery } from '../../src/events/delivery.ts'
import { dispatchEvents } from '../../src/events/dispatch.ts'
import { answerLimitMs } from '../../src/events/post.ts'
import { makeSecret } from '../../src/events/signature.ts'
import { changeSubscription, findSubscription } from '../../src/store/subscriptions.ts'
import { settle } from '../support/fake-clock.ts'
import { allDeliveries, database, openScene, type Scene, updated } from './subscriber-scene.ts'

let scene: Scene
beforeEach(async () => {
  // The verifier of Standard Webhooks has a clock of its own.
  scene = await openScene({}, Date.now())
})

const auditOf = async (action: string) =>
  (await env.DB.prepare('SELECT * FROM audit WHERE action = ?').bind(action).all()).results
const retry = { retryAfterSeconds: expect.any(Number) }

/** What a receiver that follows the standard makes of a request. */
async function verified(request: Request | undefined, secret: string): Promise<unknown> {
  if (request === undefined) throw new Error('Nothing was sent')
  return new Webhook(secret).verify(
    await request.clone().text(),
    Object.fromEntries(request.headers),
  )
}

describe('what a subscriber gets', () => {
  it('is the event, signed as Standard Webhooks says', async () => {
    const secret = makeSecret()
    const happenedAt = new Date(scene.clock.now()).toISOString()
    const id = await scene.sendOut({ secret })
    await scene.clock.advance(90_000)
    expect(await scene.attempt(id)).toBe('done')
    const [request] = scene.sent
    const eventId = request?.headers.get('webhook-id')
    expect(eventId).toMatch(/^evt_[0-9a-f]{32}$/)
    expect(await verified(request, secret)).toEqual({
      ...{ id: eventId, type: 'user.updated', timestamp: happenedAt },
      ...{ subject: 'user_1', sequence: 1, data: { user_id: 'user_1', status: 'active' } },
    })
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      ...{ 'content-type': 'application/json', 'user-agent': 'Usher', 'webhook-id': eventId },
      'webhook-timestamp': String(Math.floor(scene.clock.now() / 1000)),
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    })
    expect([request?.method, request?.redirect, request?.cache]).toEqual([
      'POST',
      'manual',
      'no-store',
    ])
  })

  it('holds under no other secret, and not with one character changed', async () => {
    const secret = makeSecret()
    await scene.attempt(await scene.sendOut({ secret }))
    const [request] = scene.sent
    await expect(verified(request, makeSecret())).rejects.toThrow('No matching signature')
    const body = (await request?.clone().text())?.replace('user_1', 'user_2') ?? ''
    const headers = Object.fromEntries(request?.headers ?? [])
    expect(() => new Webhook(secret).verify(body, headers)).toThrow('No matching signature')
  })

  it('has the same id and a new time with each attempt', async () => {
    const id = await scene.sendOut()
    scene.answer = () => new Response(null, { status: 500 })
    for (const attempts of [1, 2]) {
      await scene.attempt(id, attempts)
      await scene.clock.advance(5000)
    }
    const valuesOf = (name: string) => scene.sent.map(({ headers }) => headers.get(name))
    expect(new Set(valuesOf('webhook-id')).size).toBe(1)
    expect(new Set(valuesOf('webhook-timestamp')).size).toBe(2)
  })
})

describe('a secret that was rotated', () => {
  it('signs beside the new one until its time is over, and not a moment longer', async () => {
    const [secret, previousSecret] = [makeSecret(), makeSecret()]
    const { id } = await scene.subscribe({ secret: previousSecret })
    const row = await findSubscription(database, id)
    const previousSecretUntil = scene.clock.now() + 60_000
    const change = { secret, previousSecret, previousSecretUntil }
    const deed = { action: 'subscription.secret-rotated', by: 'user_ada', nowMs: scene.clock.now() }
    if (row !== undefined) await changeSubscription(database, { row, change }, deed)
    for (const waitMs of [0, 59_999, 1]) {
      await scene.clock.advance(waitMs)
      await scene.happen(updated('user_1'))
      await dispatchEvents(scene.capabilities)
      const [delivery] = await allDeliveries({ state: 'queued' })
      await scene.attempt(delivery?.id ?? '')
    }
    const [first, second, third] = scene.sent
    for (const request of [first, second]) {
      expect(await verified(request, secret)).toBeTruthy()
      expect(await verified(request, previousSecret)).toBeTruthy()
    }
    expect(await verified(third, secret)).toBeTruthy()
    await expect(verified(third, previousSecret)).rejects.toThrow('No matching signature')
  })
})

describe('an answer', () => {
  it('of 2xx is a success, and nothing is sent after it', async () => {
    for (const status of [200, 201, 202, 204, 299]) {
      const id = await scene.sendOut()
      scene.answer = () => new Response(null, { status })
      // The queue may bring a message twice.
      expect([await scene.attempt(id), await scene.attempt(id)]).toEqual(['done', 'done'])
      expect(await scene.delivery(id)).toMatchObject({
        ...{ state: 'delivered', attempts: 1, lastStatus: status, lastError: null },
        deliveredAt: scene.clock.now(),
      })
    }
    expect(scene.sent).toHaveLength(5)
  })

  const failures = [
    ...[300, 301, 302, 303, 304, 307, 308].map((status) => ({ status, word: 'redirected' })),
    ...[400, 401, 403, 404, 405, 408, 413, 422, 429].map((status) => ({ status, word: 'refused' })),
    ...[500, 501, 502, 503, 504, 530].map((status) => ({ status, word: 'refused' })),
  ]

  it('of any other status is a failure, and leads nowhere', async () => {
    const id = await scene.sendOut()
    const headers = { location: 'https://elsewhere.example.com/' }
    for (const { status, word } of failures) {
      scene.answer = () => new Response(null, { status, headers })
      expect([status, await scene.attempt(id)]).toEqual([status, retry])
      const last = { state: 'queued', lastStatus: status, lastError: word }
      expect(await scene.delivery(id)).toMatchObject(last)
    }
    const [first] = scene.sent
    expect(scene.sent.map(({ url }) => url)).toEqual(failures.map(() => first?.url))
  })

  it('that never comes is not waited for longer than 15 seconds', async () => {
    const id = await scene.sendOut()
    scene.answer = () => new Promise(() => {})
    const attempt = scene.attempt(id)
    for (let turn = 0; scene.sent.length === 0 && turn < 100; turn++) await settle()
    await scene.clock.advance(answerLimitMs - 1)
    expect(scene.sent[0]?.signal.aborted).toBe(false)
    await scene.clock.advance(1)
    expect(await attempt).toEqual(retry)
    expect(scene.sent[0]?.signal.aborted).toBe(true)
    expect(await scene.delivery(id)).toMatchObject({ lastStatus: null, lastError: 'timeout' })
  })

  it('whose body never ends is not read', async () => {
    const id = await scene.sendOut()
    let isCancelled = false
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1024)),
      cancel: () => {
        isCancelled = true
      },
    })
    scene.answer = () => new Response(body)
    expect(await scene.attempt(id)).toBe('done')
    expect(isCancelled).toBe(true)
  })

  it('that cannot be had is a failure, and nothing of it is written anywhere', async () => {
    const id = await scene.sendOut()
    scene.answer = () => Promise.reject(new TypeError('connect ECONNREFUSED c0ffee'))
    expect(await scene.attempt(id)).toEqual(retry)
    expect(await scene.delivery(id)).toMatchObject({ lastStatus: null, lastError: 'unreachable' })
    expect(JSON.stringify([scene.faults, await scene.delivery(id)])).not.toContain('c0ffee')
  })

  it('of 410 switches the subscription off, and says so in the audit', async () => {
    const id = await scene.sendOut()
    scene.answer = () => new Response(null, { status: 410 })
    expect(await scene.attempt(id)).toBe('done')
    const delivery = await scene.delivery(id)
    expect(delivery).toMatchObject({ state: 'dead', lastStatus: 410, lastError: 'gone' })
    const row = await findSubscription(database, delivery?.receiver ?? '')
    expect(row?.isActive).toBe(false)
    const [deed] = await auditOf('subscription.switched-off')
    expect(deed).toMatchObject({ actor: 'usher', subject: row?.id, request_id: id })
    expect(JSON.stringify(deed)).not.toMatch(/whsec|c0ffee/)
    await scene.happen(updated('user_1'))
    await dispatchEvents(scene.capabilities)
    expect(await allDeliveries({ receiver: row?.id ?? '' })).toHaveLength(1)
  })

  it('of 410 means nothing for an address that was given meanwhile', async () => {
    const id = await scene.sendOut()
    scene.answer = async () => {
      await env.DB.exec("UPDATE subscriptions SET url = 'https://new.example.com/'")
      return new Response(null, { status: 410 })
    }
    await scene.attempt(id)
    const receiver = (await scene.delivery(id))?.receiver ?? ''
    expect(await findSubscription(database, receiver)).toMatchObject({ isActive: true })
    expect(await auditOf('subscription.switched-off')).toEqual([])
  })
})

describe('the next attempt', () => {
  /** The seconds until then, after an attempt that fails. */
  async function pauseAfter(id: string, attempts: number, said?: string): Promise<number> {
    const headers = said === undefined ? {} : { 'retry-after': said }
    scene.answer = () => new Response(null, { status: 503, headers })
    const outcome = await scene.attempt(id, attempts)
    return outcome === 'done' ? -1 : outcome.retryAfterSeconds
  }

  it('is 1, 2, 4 … seconds later, up to an hour, and by chance up to a quarter more', async () => {
    const id = await scene.sendOut()
    for (let attempts = 1; attempts <= 20; attempts++) {
      const leastSeconds = Math.min(3600, 2 ** (attempts - 1))
      const seconds = await pauseAfter(id, attempts)
      expect([attempts, seconds >= leastSeconds]).toEqual([attempts, true])
      expect([attempts, seconds <= Math.ceil(leastSeconds * 1.25)]).toEqual([attempts, true])
    }
    expect(await scene.delivery(id)).toMatchObject({ attempts: 20 })
  })

  it('is when Retry-After says, up to an hour, if it says anything', async () => {
    const id = await scene.sendOut()
    const dateIn = (ms: number) => new Date(scene.clock.now() + ms).toUTCString()
    const wanted: readonly (readonly [said: string, seconds: number])[] = [
      ...([
        ['7', 7],
        ['120', 120],
        ['86400', 3600],
        ['999999999', 3600],
      ] as const),
      ...([
        [dateIn(90_000), 90],
        [dateIn(9e9), 3600],
      ] as const),
    ]
    for (const [said, seconds] of wanted) {
      const waited = await pauseAfter(id, 1, said)
      expect([said, Math.abs(waited - seconds) <= 1]).toEqual([said, true])
    }
    for (const said of ['0', '-5', '9999999999', '1e9', 'soon', '', dateIn(-90_000)]) {
      expect([said, (await pauseAfter(id, 1, said)) <= 2]).toEqual([said, true])
    }
  })

  it('comes when what was sent could not be written down, with the same id', async () => {
    const id = await scene.sendOut()
    await env.DB.exec(
      `CREATE TRIGGER down BEFORE UPDATE ON deliveries BEGIN SELECT RAISE(ABORT, 'down'); END`,
    )
    await expect(scene.attempt(id)).rejects.toThrow()
    await env.DB.exec('DROP TRIGGER down')
    expect(await scene.attempt(id, 2)).toBe('done')
    const ids = scene.sent.map(({ headers }) => headers.get('webhook-id'))
    expect([ids.length, new Set(ids).size]).toEqual([2, 1])
  })
})

describe('nothing is sent', () => {
  it.each([
    ['UPDATE subscriptions SET is_active = 0', 'subscription-off'],
    ['DELETE FROM subscriptions', 'receiver-gone'],
    ["UPDATE subscriptions SET url = 'https://10.0.0.1/'", 'address-not-allowed'],
    ["UPDATE subscriptions SET url = 'https://api.usher.test/api/x'", 'address-not-allowed'],
  ])('after %s', async (change, lastError) => {
    const id = await scene.sendOut()
    await env.DB.exec(change)
    expect(await scene.attempt(id)).toBe('done')
    expect(await scene.delivery(id)).toMatchObject({ state: 'dead', lastError })
    expect(scene.sent).toEqual([])
  })

  it('for a delivery that is not there', async () => {
    expect(await scene.attempt('dlv_nobody')).toBe('done')
  })
})

describe('a delivery that is given up', () => {
  it('is dead, unless it was delivered meanwhile', async () => {
    const [one, other] = [await scene.sendOut(), await scene.sendOut()]
    await scene.attempt(other)
    for (const id of [one, other]) await buryDelivery(id, scene.capabilities)
    expect(await scene.delivery(one)).toMatchObject({ state: 'dead' })
    expect(await scene.delivery(other)).toMatchObject({ state: 'delivered' })
  })
})
