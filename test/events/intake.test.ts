import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { agreedSecret, envelope, intakeUrl, signedWebhook } from '../support/signed-webhook.ts'
import { webhookTypes } from '../support/webhook-types.ts'
import { createWorld } from '../support/world.ts'
import { openInbox } from './inbox-scene.ts'

const job = (id: string) => ({ kind: 'webhook', id })
const body = envelope('user.updated', { object: 'user', id: 'user_1', updated_at: 5 })

const unknownTypes = ['subscriptionItem.created', 'starship.launched', 'user', '*', 'user.updated ']

describe('a webhook that comes in', () => {
  it('is written down, given to the queue by its id alone, and only then answered', async () => {
    const inbox = await openInbox()
    expect(await inbox.take({ id: 'msg_1', body })).toBe(204)
    expect(inbox.jobs).toEqual([job('msg_1')])
    expect(await inbox.row('msg_1')).toMatchObject({
      ...{
        type: 'user.updated',
        subject: 'user_1',
        state: 'queued',
        body,
        attempts: 0,
        error: null,
      },
      ...{ receivedAt: inbox.clock.now(), queuedAt: inbox.clock.now(), appliedAt: null },
    })
    expect(inbox.faults).toEqual([])
  })

  it('is given to the queue again as long as it is not applied, and keeps what was first said', async () => {
    const inbox = await openInbox()
    await inbox.take({ id: 'msg_1', body })
    await inbox.take({ id: 'msg_1', body: envelope('user.deleted', { id: 'user_2' }) })
    expect(inbox.jobs).toEqual([job('msg_1'), job('msg_1')])
    expect(await inbox.row('msg_1')).toMatchObject({ type: 'user.updated', body })
    await inbox.consume([job('msg_1')], 21, 'usher-dead')
    await inbox.take({ id: 'msg_1', body })
    expect(inbox.jobs).toHaveLength(3)
    expect(await inbox.row('msg_1')).toMatchObject({ state: 'queued' })
  })

  it('changes nothing when it was applied before', async () => {
    const inbox = await openInbox()
    await inbox.take({ id: 'msg_1', body })
    await inbox.drain()
    const before = await inbox.row('msg_1')
    expect(before?.state).toBe('applied')
    expect(await inbox.take({ id: 'msg_1', body })).toBe(204)
    expect(inbox.jobs).toEqual([])
    expect(await inbox.row('msg_1')).toEqual(before)
  })

  it('makes one row when it comes twenty times at once', async () => {
    const inbox = await openInbox()
    const taken = await Promise.all(
      Array.from({ length: 20 }, () => inbox.take({ id: 'msg_1', body })),
    )
    expect(new Set(taken)).toEqual(new Set([204]))
    expect(await inbox.drain()).toEqual({ msg_1: 'done' })
    expect(await inbox.row('msg_1')).toMatchObject({ state: 'applied', attempts: 1 })
  })

  it('is kept whatever its type is, and applied', async () => {
    const inbox = await openInbox()
    const all = [...webhookTypes, ...unknownTypes]
    const taken = all.map((type, at) =>
      inbox.take({ id: `msg_${at}`, body: envelope(type, { id: `x_${at}` }) }),
    )
    expect(new Set(await Promise.all(taken))).toEqual(new Set([204]))
    const fates = await inbox.drain()
    expect(Object.values(fates)).toEqual(all.map(() => 'done'))
    const { results } = await env.DB.prepare('SELECT type, state FROM webhook_inbox').all()
    const kept = results.filter(({ state }) => state === 'applied').map(({ type }) => type)
    expect(kept.sort()).toEqual([...all].sort())
    expect(inbox.faults).toEqual([])
  })
})

describe('a webhook is refused', () => {
  it('with 503 while there is no secret', async () => {
    const inbox = await openInbox()
    const { capabilities } = inbox
    Object.assign(capabilities, { webhookSecret: undefined })
    expect(await inbox.take({ body }, '')).toBe('webhooks-unconfigured')
    expect(inbox.jobs).toEqual([])
  })

  it('and leaves no trace when its signature is bad', async () => {
    const inbox = await openInbox()
    const headers = { 'svix-signature': 'v1,AAAA' }
    expect(await inbox.take({ id: 'msg_1', body, headers })).toBe('webhook-invalid')
    expect([await inbox.row('msg_1'), inbox.jobs, inbox.faults]).toEqual([null, [], []])
  })

  it('when it cannot be written down, so that Clerk sends it again', async () => {
    const inbox = await openInbox()
    inbox.callsLeft = 0
    expect(await inbox.take({ id: 'msg_1', body })).toBe('records-unavailable')
    expect([inbox.jobs, inbox.faults]).toEqual([[], ['webhook']])
    inbox.callsLeft = Infinity
    expect(await inbox.take({ id: 'msg_1', body })).toBe(204)
  })
})

describe('nothing is lost', () => {
  it('when the queue does not take it once', async () => {
    const inbox = await openInbox()
    inbox.isQueueDown = true
    expect(await inbox.take({ id: 'msg_1', body })).toBe(204)
    expect(await inbox.row('msg_1')).toMatchObject({ state: 'received', queuedAt: null })
    expect(inbox.faults).toEqual(['queue'])
    inbox.isQueueDown = false
    await inbox.clock.advance(60_000)
    await inbox.tidy()
    expect(await inbox.drain()).toEqual({ msg_1: 'done' })
    expect(await inbox.row('msg_1')).toMatchObject({ state: 'applied' })
  })

  it('when the answer of the database to the writing is lost: Clerk comes again, and it is there', async () => {
    const inbox = await openInbox()
    Object.assign(inbox, { callsLeft: 0, losesAnswer: true })
    expect(await inbox.take({ id: 'msg_1', body })).toBe('records-unavailable')
    expect(await inbox.row('msg_1')).toMatchObject({ state: 'received' })
    inbox.callsLeft = Infinity
    expect(await inbox.take({ id: 'msg_1', body })).toBe(204)
    expect(await inbox.drain()).toEqual({ msg_1: 'done' })
  })

  it('when the queue took it and that could not be noted', async () => {
    const inbox = await openInbox()
    inbox.callsLeft = 1
    expect(await inbox.take({ id: 'msg_1', body })).toBe(204)
    expect([inbox.jobs, (await inbox.row('msg_1'))?.state]).toEqual([[job('msg_1')], 'received'])
    inbox.callsLeft = Infinity
    await inbox.clock.advance(60_000)
    await inbox.tidy()
    expect(inbox.jobs).toEqual([job('msg_1'), job('msg_1')])
  })
})

describe('without a queue', () => {
  it('a webhook is applied in the request', async () => {
    const inbox = await openInbox({ hasQueue: false })
    expect(await inbox.take({ id: 'msg_1', body })).toBe(204)
    expect(await inbox.row('msg_1')).toMatchObject({ state: 'applied', attempts: 1 })
  })

  it('one that cannot be applied is refused, so that Clerk sends it again, and is written down', async () => {
    const inbox = await openInbox({ hasQueue: false })
    inbox.callsLeft = 1
    expect(await inbox.take({ id: 'msg_1', body })).toBe('records-unavailable')
    expect(await inbox.row('msg_1')).toMatchObject({ state: 'received' })
    inbox.callsLeft = Infinity
    expect(await inbox.take({ id: 'msg_1', body })).toBe(204)
    expect(await inbox.row('msg_1')).toMatchObject({ state: 'applied' })
  })
})

describe('on the wire', () => {
  const variables = { CLERK_WEBHOOK_SIGNING_SECRET: agreedSecret }

  it.each([
    ['signed as it must be', {}, 204],
    ['with a bad signature', { headers: { 'svix-signature': 'v1,AAAA' } }, 400],
    ['of an old time', { seconds: '1700000000' }, 400],
    ['that is too large', { body: 'x'.repeat(1024 * 1024 + 1) }, 413],
  ])(
    'a webhook %s is answered with its status and without a word',
    async (_name, draft, status) => {
      await openInbox()
      const world = await createWorld({ variables })
      await world.clock.advance(Date.now() - world.clock.now())
      const response = await world.walk(await signedWebhook({ ...draft }))
      expect(response.status).toBe(status)
      const told = await response.text()
      expect(told).not.toMatch(/user_1|AAAA|svix|whsec/)
      if (status === 204) expect(told).toBe('')
    },
  )

  it('no other method is taken, and no webhook while there is no secret', async () => {
    const world = await createWorld({ variables })
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
      const response = await world.walk(new Request(intakeUrl, { method }))
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    }
    const closed = await createWorld()
    const response = await closed.walk(await signedWebhook())
    expect([response.status, response.headers.has('retry-after')]).toEqual([503, true])
  })

  it('nothing of a webhook is logged, and its answer is never stored', async () => {
    await openInbox()
    const lines: string[] = []
    const line = (text: string) => void lines.push(text)
    const log = { log: line, warn: line, error: line }
    const world = await createWorld({ variables, log })
    world.store.isDatabaseDown = true
    await world.clock.advance(Date.now() - world.clock.now())
    const response = await world.walk(await signedWebhook({ id: 'msg_secret', body }))
    await world.behind()
    expect(response.status).toBe(503)
    expect(lines.join('\n')).not.toMatch(/msg_secret|user_1|updated_at/)
    expect(lines.join('\n')).toMatch(/webhook/)
  })
})
