import { beforeEach, describe, expect, it } from 'vitest'
import { settle } from '../support/fake-clock.ts'
import { makeSigningKeys } from '../support/signing-keys.ts'
import { createWorld, type World } from '../support/world.ts'

// Whether Usher is alive, and whether what it depends on answers.

let world: World
beforeEach(async () => {
  world = await createWorld()
})

async function body(response: Response): Promise<unknown> {
  expect(response.headers.get('content-type')).toContain('json')
  return response.json()
}

describe('livez', () => {
  it('touches nothing', async () => {
    world.keyServer.answer = () => new Response(null, { status: 500 })
    const response = await world.get('/_usher/livez')
    expect([response.status, await body(response)]).toEqual([200, { status: 'alive' }])
    expect([world.keyServer.asked, world.store.reads, world.sent.length]).toEqual([0, 0, 0])
  })
})

describe('readyz', () => {
  it('is 200 when keys, KV and D1 answer', async () => {
    const response = await world.get('/_usher/readyz')
    expect([response.status, await body(response)]).toEqual([200, { status: 'ready' }])
  })

  it('is 503 without keys, kept for five seconds', async () => {
    const good = world.keyServer.answer
    world.keyServer.answer = () => new Response(null, { status: 500 })
    expect((await world.get('/_usher/readyz')).status).toBe(503)
    world.keyServer.answer = good
    await world.clock.advance(4999)
    expect((await world.get('/_usher/readyz')).status).toBe(503)
    await world.clock.advance(1)
    expect((await world.get('/_usher/readyz')).status).toBe(200)
  })

  it('is checked once, however many ask', async () => {
    world.store.read = () => new Promise(() => {})
    const answers = Promise.all(Array.from({ length: 100 }, () => world.get('/_usher/readyz')))
    await world.clock.pass(3000)
    expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set([503]))
    expect(world.store.reads).toBeLessThan(5)
  })

  it('says with every 503 when it is checked again', async () => {
    const comeBack = async () => (await world.get('/_usher/readyz')).headers.get('retry-after')
    expect(await comeBack()).toBe(null)
    world.store.isDatabaseDown = true
    await world.clock.advance(5000)
    expect(await comeBack()).toBe('5')
  })

  it('waits for a first check that another makes, and no longer than a check may take', async () => {
    let release = (_: string | null) => {}
    world.store.read = () => new Promise((resolve) => (release = resolve))
    const outcomeOf = async (cold: World, afterMs: number) => {
      const answers = [0, 1, 2].map(() => cold.get('/_usher/readyz'))
      await cold.clock.pass(afterMs)
      release(null)
      await cold.clock.pass(2500 - afterMs)
      return Promise.all(answers.map(async (answer) => (await answer).status))
    }
    expect(await outcomeOf(world.coldIsolate(), 400)).toEqual([200, 200, 200])
    expect(await outcomeOf(world.coldIsolate(), 2500)).toEqual([503, 503, 503])
  })

  it('asks nobody to wait for a later check: what was known before counts meanwhile', async () => {
    expect((await world.get('/_usher/readyz')).status).toBe(200)
    await world.clock.advance(5000)
    world.store.read = () => new Promise(() => {})
    const [first, second] = [world.get('/_usher/readyz'), world.get('/_usher/readyz')]
    expect((await second).status).toBe(200)
    await world.clock.pass(2500)
    expect((await first).status).toBe(503)
  })

  it('lets a check go on when whoever asked for it has gone', async () => {
    let release = (_: string | null) => {}
    world.store.read = (name) =>
      name === 'ready' ? new Promise((resolve) => (release = resolve)) : Promise.resolve(null)
    const answer = world.get('/_usher/readyz')
    await settle()
    let isOver = false
    const behind = world.behind().then(() => (isOver = true))
    await settle()
    expect(isOver).toBe(false)
    release(null)
    await behind
    expect((await answer).status).toBe(200)
  })

  it('is 503 when the signing key is no pair', async () => {
    const [one, two] = [await makeSigningKeys(), await makeSigningKeys()].map(
      (text) => JSON.parse(text).keys[0],
    )
    const mixed = JSON.stringify({ keys: [{ ...one, d: two.d }] })
    const own = await createWorld({ variables: { USHER_SIGNING_KEY: mixed } })
    expect((await own.get('/_usher/readyz')).status).toBe(503)
  })

  it('is 503 when KV hangs', async () => {
    world.store.read = () => new Promise(() => {})
    const response = world.get('/_usher/readyz')
    await world.clock.advance(3000)
    expect((await response).status).toBe(503)
  })

  it('tells details to administrators alone', async () => {
    const details = { status: 'ready', checks: { keys: true, signing: true, kv: true, d1: true } }
    expect(await body(await world.get('/_usher/readyz', await world.token()))).toEqual(details)
    const grace = await world.token({ sub: 'user_grace' })
    expect(await body(await world.get('/_usher/readyz', grace))).toEqual({ status: 'ready' })
    expect(await body(await world.get('/_usher/readyz', 'junk'))).toEqual({ status: 'ready' })
  })
})
