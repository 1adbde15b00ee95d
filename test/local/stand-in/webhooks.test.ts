import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Delivery } from '../../../src/local/clerk/kernel/records.ts'
import { createTurningClock } from '../../../src/local/clerk/kernel/turning-clock.ts'
import { deliveriesMax, messagesMax } from '../../../src/local/clerk/kernel/world-opening.ts'
import { answerLimitMs } from '../../../src/local/clerk/webhooks/courier.ts'
import { judgeEvent } from '../../support/contract.ts'
import { descriptionsAreHere } from '../../support/descriptions.ts'
import { createTestStandIn } from '../../support/stand-in.ts'
import { openReceiver, verdictOf } from '../../support/webhook-receiver.ts'

/** What is told does not matter here, but how and when it is sent. */
const invented = { inventedEvents: 'these tests are about the courier' }

/** Clerk's SDK looks at the clock of the machine, so the stand-in's stands still at what that shows. */
async function openScene() {
  const startMs = Date.now()
  const receiver = openReceiver()
  const clock = createTurningClock(() => startMs)
  const test = await createTestStandIn({ send: receiver.send, clock }, invented)
  const { world } = test.standIn
  const { deliveries } = world.state
  for (const { id } of deliveries.all()) deliveries.remove(id)
  const secret = test.settings.webhook?.secret ?? ''
  return {
    ...{ ...test, receiver, world, startMs, secret },
    emit: (type = 'user.created') => world.emit(type, { id: 'user_1', object: 'user' }),
    deliver: () => test.standIn.deliverDue(),
    only(): Delivery {
      const [delivery] = deliveries.all()
      if (delivery === undefined || deliveries.size !== 1) throw new Error('Not one delivery')
      return delivery
    },
  }
}

const seconds = 1000
const minutes = 60 * seconds
const hours = 60 * minutes

afterEach(() => {
  vi.useRealTimers()
})

describe('a webhook', () => {
  it("is sent as Svix sends it, and accepted by Clerk's own SDK", async () => {
    const { emit, deliver, only, receiver, secret, settings, startMs } = await openScene()
    emit('user.updated')
    await deliver()
    const [request] = receiver.received
    if (request === undefined) throw new Error('Nothing came')
    expect(await verdictOf(request, secret)).toBe('user.updated')
    expect([request.method, request.url]).toEqual(['POST', settings.webhook?.url])
    expect(Object.fromEntries(request.headers)).toMatchObject({
      'content-type': 'application/json',
      'svix-id': only().id,
      'svix-timestamp': String(Math.floor(startMs / 1000)),
      'svix-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
      'user-agent': expect.stringMatching(/^Svix-Webhooks\//),
    })
    expect(await request.json()).toEqual({
      data: { id: 'user_1', object: 'user' },
      event_attributes: { http_request: { client_ip: '127.0.0.1', user_agent: '' } },
      instance_id: expect.stringMatching(/^ins_\w{27}$/),
      object: 'event',
      timestamp: startMs,
      type: 'user.updated',
    })
    expect(only()).toMatchObject({
      state: 'delivered',
      attempts: [{ at: startMs, status: 204, error: null }],
      nextAttemptAt: null,
    })
  })

  it.each<[string, (request: Request, body: string) => Request]>([
    [
      'another body',
      (request, body) => new Request(request, { body: body.replace('user_1', 'x') }),
    ],
    ['another id', (request) => withHeader(request, 'svix-id', 'msg_other')],
    ['another time', (request) => withHeader(request, 'svix-timestamp', nowSeconds(1))],
    ['no signature', (request) => withHeader(request, 'svix-signature', 'v1,')],
  ])('that came with %s is refused by the SDK', async (_, tamper) => {
    const { emit, deliver, receiver, secret } = await openScene()
    emit()
    await deliver()
    const [request] = receiver.received
    if (request === undefined) throw new Error('Nothing came')
    const tampered = tamper(request, await request.clone().text())
    expect(await verdictOf(request, secret)).toBe('user.created')
    expect(await verdictOf(tampered, secret)).toMatch(/^refused: /)
  })

  it('of a clock that is ten minutes ahead or behind is refused by the SDK', async () => {
    const { emit, deliver, receiver, secret, turn } = await openScene()
    const verdicts = []
    for (const byMs of [10 * minutes, -20 * minutes]) {
      turn(byMs)
      emit()
      await deliver()
      const last = receiver.received.at(-1)
      verdicts.push(last && (await verdictOf(last, secret)))
    }
    expect(verdicts).toEqual([expect.stringMatching(/too new/), expect.stringMatching(/too old/)])
  })

  it('is tried eight times on the schedule of Svix, the same each time, and then no more', async () => {
    const { emit, deliver, only, receiver, standIn, startMs, turn } = await openScene()
    receiver.answerWith(() => new Response('no', { status: 500 }))
    emit()
    await deliver()
    for (;;) {
      const dueAt = standIn.nextDueAt()
      if (dueAt === undefined) break
      // A moment before it is due, nothing is sent.
      turn(dueAt - standIn.world.clock.now() - 1)
      const before = receiver.received.length
      await deliver()
      expect(receiver.received.length).toBe(before)
      turn(1)
      await deliver()
      expect(receiver.received.length).toBe(before + 1)
    }
    const hoursApart = [2, 5, 10, 10].map((count) => count * hours)
    const gaps = [0, 5 * seconds, 5 * minutes, 30 * minutes, ...hoursApart]
    let at = startMs
    const expected = gaps.map((gap) => {
      at += gap
      return { at, status: 500, error: 'answered 500' }
    })
    expect(only()).toMatchObject({ state: 'failed', attempts: expected, nextAttemptAt: null })
    expect(new Set(receiver.received.map(({ headers }) => headers.get('svix-id'))).size).toBe(1)
    const bodies = await Promise.all(receiver.received.map((one) => one.text()))
    expect(new Set(bodies).size).toBe(1)
    const stamps = receiver.received.map(({ headers }) => headers.get('svix-timestamp'))
    expect(new Set(stamps).size).toBe(gaps.length)
  })

  it.each([200, 201, 202, 204, 299])('that is answered %i is delivered', async (status) => {
    const { emit, deliver, only, receiver } = await openScene()
    receiver.answerWith(() => new Response(null, { status }))
    emit()
    await deliver()
    expect(only().state).toBe('delivered')
  })

  it.each([301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])(
    'that is answered %i is tried again',
    async (status) => {
      const { emit, deliver, only, receiver, startMs } = await openScene()
      receiver.answerWith(() => new Response(null, { status, headers: { location: '/' } }))
      emit()
      await deliver()
      expect([only().state, only().nextAttemptAt]).toEqual(['pending', startMs + 5 * seconds])
    },
  )

  it('that nobody answers is tried again', async () => {
    const { emit, deliver, only, receiver } = await openScene()
    receiver.answerWith(() => Promise.reject(new TypeError('connection refused')))
    emit()
    await deliver()
    expect(only()).toMatchObject({
      state: 'pending',
      attempts: [{ status: null, error: 'nobody answers' }],
    })
  })

  it('that is not answered within 15 s is tried again, and the request is cut', async () => {
    const { emit, deliver, only, receiver } = await openScene()
    const { promise: asked, resolve: ask } = Promise.withResolvers<AbortSignal>()
    receiver.answerWith(({ signal }) => {
      ask(signal)
      return new Promise(() => {})
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    emit()
    const delivered = deliver()
    const signal = await asked
    await vi.advanceTimersByTimeAsync(answerLimitMs - 1)
    expect([only().attempts.length, signal.aborted]).toEqual([0, false])
    await vi.advanceTimersByTimeAsync(1)
    await delivered
    expect(only().attempts).toMatchObject([{ status: null, error: 'no answer within 15 s' }])
    expect(signal.aborted).toBe(true)
  })

  it('is tried no more when the receiver says so', async () => {
    const { emit, deliver, only, receiver } = await openScene()
    const headers = { 'webhook-delivery': 'abort-message' }
    receiver.answerWith(() => new Response(null, { status: 400, headers }))
    emit()
    await deliver()
    expect([only().state, only().nextAttemptAt]).toEqual(['failed', null])
  })

  it('may make its receiver ask the stand-in while it is being delivered', async () => {
    const { emit, deliver, only, receiver, backend } = await openScene()
    receiver.answerWith(async () => {
      const { status } = await backend().get('/nothing_of_this_name')
      return new Response(null, { status: status === 404 ? 200 : 500 })
    })
    emit()
    await deliver()
    expect(only().state).toBe('delivered')
  })

  it('is sent once when the courier is called twice at a time', async () => {
    const { emit, deliver, receiver } = await openScene()
    emit()
    await Promise.all([deliver(), deliver(), deliver()])
    expect(receiver.received.length).toBe(1)
  })
})

describe('many webhooks', () => {
  it('come in the order in which it happened', async () => {
    const { emit, deliver, receiver } = await openScene()
    const types = ['user.created', 'session.created', 'session.ended', 'user.deleted']
    types.forEach(emit)
    await deliver()
    expect(await receiver.types()).toEqual(types)
  })

  it('do not wait for one that fails', async () => {
    const { emit, deliver, receiver, world } = await openScene()
    receiver.answerWith(async (request) => {
      const isBad = (await request.text()).includes('session.created')
      return new Response(null, { status: isBad ? 500 : 200 })
    })
    for (const type of ['user.created', 'session.created', 'user.deleted']) emit(type)
    await deliver()
    expect(world.state.deliveries.all().map(({ state }) => state)).toEqual([
      'delivered',
      'pending',
      'delivered',
    ])
  })

  it('push the oldest out of the log', async () => {
    const { emit, world } = await openScene()
    for (let count = 0; count < deliveriesMax + 3; count++) emit(`user.${count}`)
    const types = world.state.deliveries.all().map(({ type }) => type)
    expect([types.length, types[0], types.at(-1)]).toEqual([
      deliveriesMax,
      'user.3',
      `user.${deliveriesMax + 2}`,
    ])
  })

  it('and none of them goes anywhere where no address is set', async () => {
    const receiver = openReceiver()
    const parts = { send: receiver.send, settings: { webhook: undefined } }
    const { standIn } = await createTestStandIn(parts, invented)
    standIn.world.emit('user.created', {})
    await standIn.deliverDue()
    expect([receiver.received.length, standIn.nextDueAt()]).toEqual([0, undefined])
    expect(standIn.world.state.deliveries.all().at(-1)?.state).toBe('pending')
  })
})

describe('a message', () => {
  const whom = { subject: 'Your code', code: '123456', link: null, userId: null }

  it.skipIf(!descriptionsAreHere)('is told of as Clerk tells of it', async () => {
    const { world } = await openScene()
    world.send({ ...whom, channel: 'email', to: 'ada@example.com' })
    world.send({ ...whom, channel: 'sms', to: '+15555550100' })
    const verdicts = world.state.deliveries.all().map(({ body }) => judgeEvent(body))
    expect(verdicts).toEqual([
      { kind: 'valid', operation: 'email.created', mismatches: [] },
      { kind: 'valid', operation: 'sms.created', mismatches: [] },
    ])
  })

  it('pushes the oldest out of the outbox', async () => {
    const { world } = await openScene()
    for (let count = 0; count < messagesMax + 2; count++) {
      world.send({ ...whom, channel: 'email', to: `p${count}@example.com` })
    }
    const { messages } = world.state
    expect([messages.size, messages.all()[0]?.to]).toEqual([messagesMax, 'p2@example.com'])
  })
})

function withHeader(request: Request, name: string, value: string): Request {
  const changed = new Request(request.clone())
  changed.headers.set(name, value)
  return changed
}

function nowSeconds(plus: number): string {
  return String(Math.floor(Date.now() / 1000) + plus)
}
