import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { dispatchEvents } from '../../src/events/dispatch.ts'
import { forgetOldEvents, forgetOldSecrets } from '../../src/events/forgetting.ts'
import { onEvent } from '../../src/events/handlers.ts'
import { pendingMaxMs, queuedMaxMs, requeueDeliveries } from '../../src/events/requeue.ts'
import type { EventDraft } from '../../src/model/event.ts'
import { keptMs } from '../../src/store/keeping.ts'
import { addressEvent } from '../../src/store/outbox.ts'
import { allDeliveries, database, openScene, type Scene, updated } from './subscriber-scene.ts'

let scene: Scene
beforeEach(async () => {
  scene = await openScene()
})

const granted = (organizationId: string | null): EventDraft => ({
  ...{ type: 'role.granted', subject: 'user_1' },
  data: { user_id: 'user_1', role: 'editor', organization_id: organizationId },
})

const countOf = async (sql: string) => (await env.DB.prepare(sql).first<number>('n')) ?? -1
const undispatched = () => countOf('SELECT COUNT(*) AS n FROM events WHERE dispatched_at IS NULL')

/** So many events, quicker than one after the other. */
async function happenOften(count: number): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO events (id, type, subject, sequence, at, data)
     SELECT 'evt_' || value, 'user.updated', 'user_' || value, 1, ${scene.clock.now()}, '{}'
     FROM (WITH RECURSIVE number(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM number WHERE value < ${count})
       SELECT value FROM number)`,
  ).run()
}

describe('an event', () => {
  it('goes once to whoever was subscribed to its type when it happened, and is active', async () => {
    const every = await scene.subscribe()
    const some = await scene.subscribe({ types: ['user.updated', 'user.deleted'] })
    await scene.subscribe({ types: ['user.deleted'] })
    await scene.subscribe({ isActive: false })
    await scene.happen(updated('user_1'))
    await scene.clock.advance(1)
    await scene.subscribe()
    expect(await dispatchEvents(scene.capabilities)).toBe(1)
    expect(await dispatchEvents(scene.capabilities)).toBe(0)
    const deliveries = await allDeliveries({})
    expect(deliveries.map(({ receiver }) => receiver).sort()).toEqual([every.id, some.id].sort())
    expect(deliveries.every(({ state }) => state === 'queued')).toBe(true)
    expect(scene.queued.flat().sort()).toEqual(deliveries.map(({ id }) => id).sort())
  })

  it('goes to Clerk where it is about a role that holds everywhere and Clerk is to know roles', async () => {
    await scene.happen(granted(null), granted('org_1'), updated('user_1'))
    const capabilities = { ...scene.capabilities, mirroredRole: 'roles' }
    await dispatchEvents(capabilities)
    expect(await allDeliveries({})).toMatchObject([{ receiver: 'clerk' }])
    await scene.happen(granted(null))
    await dispatchEvents(scene.capabilities)
    expect(await allDeliveries({})).toHaveLength(1)
  })

  it('has the next number of its subject, beginning with 1', async () => {
    await scene.happen(updated('user_1'), updated('user_2'), updated('user_1'), updated('user_1'))
    const { results } = await env.DB.prepare(
      'SELECT subject, sequence FROM events ORDER BY subject, sequence',
    ).all()
    expect(results.map((row) => Object.values(row).join())).toEqual([
      'user_1,1',
      'user_1,2',
      'user_1,3',
      'user_2,1',
    ])
  })
})

describe('dispatching', () => {
  it('gives each delivery once, however many do it at once', async () => {
    await scene.subscribe()
    await scene.subscribe()
    scene.handlers = () => [onEvent('*', () => {})]
    await happenOften(120)
    await Promise.all(Array.from({ length: 4 }, () => dispatchEvents(scene.capabilities)))
    const given = scene.queued.flat()
    expect(given).toHaveLength(360)
    expect(new Set(given).size).toBe(360)
    expect(await undispatched()).toBe(0)
  })

  it('goes on with the rest the next time when there is very much', async () => {
    await happenOften(1050)
    expect(await dispatchEvents(scene.capabilities)).toBe(1000)
    expect(await undispatched()).toBe(50)
    expect(await dispatchEvents(scene.capabilities)).toBe(50)
  })

  it('leaves events where they are while no queue is bound', async () => {
    await scene.subscribe()
    await scene.happen(updated('user_1'))
    const capabilities = { ...scene.capabilities, enqueue: undefined }
    expect(await dispatchEvents(capabilities)).toBe(0)
    expect(await requeueDeliveries(capabilities)).toBe(0)
    expect(await undispatched()).toBe(1)
    expect(await dispatchEvents(scene.capabilities)).toBe(1)
    expect(scene.queued.flat()).toHaveLength(1)
  })
})

describe('a queue', () => {
  it('that takes nothing loses nothing: a minute later it is asked again', async () => {
    await scene.subscribe()
    await scene.happen(updated('user_1'), updated('user_2'))
    scene.take = () => Promise.reject(new Error('the queue is full of secrets'))
    await dispatchEvents(scene.capabilities)
    expect(await allDeliveries({ state: 'pending' })).toHaveLength(2)
    expect(scene.faults).toEqual(['queue: Error'])
    scene.take = async () => {}
    await scene.clock.advance(pendingMaxMs - 1)
    expect(await requeueDeliveries(scene.capabilities)).toBe(0)
    await scene.clock.advance(1)
    expect(await requeueDeliveries(scene.capabilities)).toBe(2)
    expect(await requeueDeliveries(scene.capabilities)).toBe(0)
    expect(scene.queued.flat()).toHaveLength(2)
  })

  it('that takes some of it is asked again for the others alone', async () => {
    await scene.subscribe()
    await scene.subscribe()
    await happenOften(100)
    let calls = 0
    scene.take = async () => {
      calls += 1
      if (calls > 1) throw new Error('down')
    }
    await dispatchEvents(scene.capabilities)
    expect(await allDeliveries({ state: 'pending' })).toHaveLength(100)
    expect(await allDeliveries({ state: 'queued' })).toHaveLength(100)
  })

  it('that loses a message is given it again after a quarter of an hour', async () => {
    const id = await scene.sendOut()
    await scene.clock.advance(queuedMaxMs - 1)
    expect(await requeueDeliveries(scene.capabilities)).toBe(0)
    await scene.clock.advance(1)
    expect(await requeueDeliveries(scene.capabilities)).toBe(1)
    expect(scene.queued).toEqual([[id], [id]])
  })

  it('that holds a message back until its next attempt is not given it twice', async () => {
    const id = await scene.sendOut()
    scene.answer = () => new Response(null, { status: 503 })
    const outcome = await scene.attempt(id, 12)
    const waitMs = outcome === 'done' ? 0 : outcome.retryAfterSeconds * 1000
    expect(waitMs).toBeGreaterThan(2 * queuedMaxMs)
    await scene.clock.advance(waitMs + queuedMaxMs - 1)
    expect(await requeueDeliveries(scene.capabilities)).toBe(0)
    await scene.clock.advance(1)
    expect(await requeueDeliveries(scene.capabilities)).toBe(1)
  })
})

describe('after thirty days', () => {
  it('events and deliveries go that came to an end, and no others', async () => {
    const { id: receiver } = await scene.subscribe()
    const delivered = await scene.sendOut({ types: ['user.updated'] })
    await scene.attempt(delivered)
    const test = { type: 'usher.test', receiver, data: { subscription_id: receiver } } as const
    const asked = { requestId: 'r', address: undefined }
    const deed = { by: 'test', asked, nowMs: scene.clock.now() }
    const waiting = (await addressEvent(database, test, deed)) ?? ''
    await scene.clock.advance(1)
    await scene.happen(updated('user_young'))
    await scene.clock.advance(keptMs)
    await forgetOldEvents(scene.capabilities)
    expect(await scene.delivery(delivered)).toBeUndefined()
    expect(await scene.delivery(waiting)).toMatchObject({ state: 'queued' })
    // One is still on its way to the other subscriber, one to this one, one is young enough.
    expect(await countOf('SELECT COUNT(*) AS n FROM events')).toBe(3)
    await env.DB.exec("UPDATE deliveries SET state = 'dead'")
    await scene.clock.advance(1)
    await forgetOldEvents(scene.capabilities)
    expect(await countOf('SELECT COUNT(*) AS n FROM events')).toBe(0)
    expect(await countOf('SELECT COUNT(*) AS n FROM deliveries')).toBe(0)
    expect(await countOf("SELECT last AS n FROM event_counters WHERE subject = 'user_1'")).toBe(1)
  })

  it('secrets go with the time in which they signed beside newer ones', async () => {
    const until = scene.clock.now() + 1000
    await scene.subscribe()
    await env.DB.exec(
      `UPDATE subscriptions SET previous_secret = 'whsec_eA==', previous_secret_until = ${until}`,
    )
    const kept = () => countOf('SELECT COUNT(previous_secret) AS n FROM subscriptions')
    await scene.clock.advance(999)
    await forgetOldSecrets(scene.capabilities)
    expect(await kept()).toBe(1)
    await scene.clock.advance(1)
    await forgetOldSecrets(scene.capabilities)
    expect(await kept()).toBe(0)
  })
})
