import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { backoffSeconds } from '../../src/events/backoff.ts'
import { envelope } from '../support/signed-webhook.ts'
import { failEverywhere } from './inbox-faults.ts'
import { openInbox } from './inbox-scene.ts'

const job = (id: string) => ({ kind: 'webhook', id })

/** Clerk tells of a user who was made. */
function userCreated(id: string): string {
  const times = { created_at: 1_800_000_000_000, updated_at: 1_800_000_000_000 }
  return envelope('user.created', { object: 'user', id, first_name: 'Ada', ...times })
}

async function userIds(): Promise<readonly unknown[]> {
  const { results } = await env.DB.prepare('SELECT id FROM users ORDER BY id').all()
  return results.map(({ id }) => id)
}

describe('a job of the queue', () => {
  it('applies the webhook that it names, which this isolate then knows nothing old of', async () => {
    const inbox = await openInbox()
    await inbox.take({ id: 'msg_1', body: userCreated('user_1') })
    await inbox.clock.advance(1000)
    expect(await inbox.drain()).toEqual({ msg_1: 'done' })
    expect(await userIds()).toEqual(['user_1'])
    expect(inbox.forgotten).toContain('user_1')
    const row = await inbox.row('msg_1')
    expect(row).toMatchObject({ state: 'applied', appliedAt: inbox.clock.now(), attempts: 1 })
  })

  it('is done when its webhook was applied before, or is gone', async () => {
    const inbox = await openInbox()
    await inbox.take({ id: 'msg_1', body: userCreated('user_1') })
    await inbox.drain()
    const before = await inbox.row('msg_1')
    expect(await inbox.consume([job('msg_1'), job('msg_2')])).toEqual({
      msg_1: 'done',
      msg_2: 'done',
    })
    expect(await inbox.row('msg_1')).toEqual(before)
  })

  it('that fails comes again, later each time, and leaves no job undone beside it', async () => {
    const inbox = await openInbox()
    for (const id of ['1', '2', '3']) {
      await inbox.take({ id: `msg_${id}`, body: userCreated(`user_${id}`) })
    }
    await env.DB.exec(`UPDATE webhook_inbox SET body = 'broken' WHERE id = 'msg_2'`)
    const fates = await inbox.consume(['msg_1', 'msg_2', 'msg_3'].map(job), 5)
    expect(fates).toMatchObject({ msg_1: 'done', msg_3: 'done' })
    expect(fates.msg_2).toBeGreaterThanOrEqual(16)
    expect(fates.msg_2).toBeLessThanOrEqual(20)
    expect(await userIds()).toEqual(['user_1', 'user_3'])
    expect(await inbox.row('msg_2')).toMatchObject({
      ...{ state: 'queued', attempts: 1, error: 'TypeError' },
      queuedAt: inbox.clock.now() + Number(fates.msg_2) * 1000,
    })
  })

  it('asks the database as often for a message of a hundred things as for one', async () => {
    const inbox = await openInbox()
    const callsFor = async (count: number) => {
      const items = Array.from({ length: count }, (_, at) => ({
        ...{ id: `subi_${count}_${at}`, status: 'active', updated_at: 5 },
      }))
      const subscription = { id: `sub_${count}`, status: 'active', updated_at: 5, items }
      const body = envelope('subscription.created', subscription)
      await inbox.take({ id: `msg_${count}`, body })
      inbox.callsLeft = 1000
      expect(await inbox.drain()).toEqual({ [`msg_${count}`]: 'done' })
      return 1000 - inbox.callsLeft
    }
    expect(await callsFor(100)).toBe(await callsFor(0))
    const count = 'SELECT COUNT(*) AS n FROM clerk_objects'
    expect(await env.DB.prepare(count).first('n')).toBe(102)
  })

  it('leaves a row of their own in the audit of whoever a message is about beside other things', async () => {
    const inbox = await openInbox()
    const whole = { banned: false, email_addresses: [] }
    const user = { ...JSON.parse(userCreated('user_1')).data, ...whole }
    const session = { id: 'sess_1', user_id: 'user_1', status: 'active', updated_at: 5, user }
    await inbox.take({ id: 'msg_1', body: envelope('session.created', session) })
    expect(await inbox.drain()).toEqual({ msg_1: 'done' })
    const { results } = await env.DB.prepare('SELECT action, subject FROM audit').all()
    expect(results).toEqual([{ action: 'user.created', subject: 'user_1' }])
  })

  const strangers: readonly (readonly [string, unknown])[] = [
    ['nothing', null],
    ['a text', 'msg_1'],
    ['of no known kind', { kind: 'letter', id: 'msg_1' }],
    ['without an id', { kind: 'webhook' }],
    ['with an id that is no text', { kind: 'delivery', id: 7 }],
    ['with an id that is too long', { kind: 'webhook', id: 'm'.repeat(257) }],
  ]
  it.each(strangers)('that is %s is none: it is taken off and told of', async (_name, body) => {
    const inbox = await openInbox()
    expect(Object.values(await inbox.consume([body]))).toEqual(['done'])
    expect(inbox.faults).toEqual(['queue usher'])
  })

  it('of a delivery that is gone is done, in whatever queue', async () => {
    const inbox = await openInbox()
    for (const queue of ['usher', 'usher-dead']) {
      const fates = await inbox.consume([{ kind: 'delivery', id: 'dlv_1' }], 1, queue)
      expect(fates).toEqual({ dlv_1: 'done' })
    }
  })
})

describe('the end of the dead-letter queue', () => {
  it('gives a webhook up, but none that was applied meanwhile', async () => {
    const inbox = await openInbox()
    await inbox.take({ id: 'msg_1', body: userCreated('user_1') })
    await inbox.drain()
    await inbox.take({ id: 'msg_2', body: userCreated('user_2') })
    const jobs = [job('msg_1'), job('msg_2')]
    expect(await inbox.consume(jobs, 1, 'usher-dead')).toEqual({ msg_1: 'done', msg_2: 'done' })
    const states = [(await inbox.row('msg_1'))?.state, (await inbox.row('msg_2'))?.state]
    expect(states).toEqual(['applied', 'dead'])
  })

  it('comes again when that cannot be written down', async () => {
    const inbox = await openInbox()
    await inbox.take({ id: 'msg_1', body: userCreated('user_1') })
    inbox.callsLeft = 0
    expect(await inbox.consume([job('msg_1')], 1, 'usher-dead')).toEqual({
      msg_1: expect.any(Number),
    })
    inbox.callsLeft = Infinity
    expect(await inbox.consume([job('msg_1')], 2, 'usher-dead')).toEqual({ msg_1: 'done' })
    expect((await inbox.row('msg_1'))?.state).toBe('dead')
  })
})

describe('D1 failing in the middle', () => {
  it('leaves the webhook to be applied again, once in all', async () => {
    expect(await failEverywhere([userCreated('user_1')], 'before a call')).toBeGreaterThan(2)
  })
})

describe('the pause before a job is tried again', () => {
  it('doubles from a second to an hour, and is longer by chance by a quarter at most', () => {
    const least = [1, 2, 3, 4, 12, 13, 14, 20, 1000].map((attempt) =>
      backoffSeconds(attempt, () => 0),
    )
    expect(least).toEqual([1, 2, 4, 8, 2048, 3600, 3600, 3600, 3600])
    expect(backoffSeconds(5, () => 0.999)).toBe(20)
    expect(backoffSeconds(99, () => 0.999)).toBeLessThanOrEqual(4500)
    for (const odd of [0, -1]) expect(backoffSeconds(odd, () => 0)).toBe(1)
  })
})
