import { describe, expect, it } from 'vitest'
import type { LimitConfig } from '../../src/config/limits.ts'
import { createSlots, keptMs } from '../../src/gateway/slots.ts'
import { settle } from '../support/fake-clock.ts'
import { createWorld } from '../support/world.ts'

// How many requests of one caller are under way at once, and that each counts exactly as long as it is.

/** A gateway with a limit of two at once, and an origin whose answers a test gives when it likes. */
async function crowded(places = 2, further: readonly LimitConfig[] = []) {
  const limits = [
    { by: 'user', concurrent: places },
    ...further,
    { limiter: 'edge', by: 'user', binding: 'BURST', requests: 9, window: '10s' },
  ] as const
  const burst = { success: true, limit: async () => ({ success: burst.success }) }
  const origins = { api: { url: 'https://origin.usher.test', timeout: '5s' } } as const
  const world = await createWorld({
    config: { origins, routes: [{ path: '/**', origin: 'api', websocket: true, limits }] },
    bindings: { BURST: burst },
  })
  const ada = await world.token()
  // Whoever comes first fetches the keys of the issuer.
  const first = await world.get('/first', await world.token({ sub: 'user_first' }))
  await first.text()
  const ask = (init?: RequestInit) => world.get('/x', ada, init)
  /** How many requests find a place now. */
  async function free(): Promise<number> {
    const { streams, answer } = openStreams()
    world.origin = answer
    let response = await ask()
    while (response.status === 200) response = await ask()
    return streams.length
  }
  return { world, ask, burst, free }
}

/** Answers whose bodies last until they are closed or broken. */
function openStreams() {
  const streams: ReadableStreamDefaultController<Uint8Array>[] = []
  const answer = () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('begun'))
        streams.push(controller)
      },
    })
    return new Response(body)
  }
  return { streams, answer }
}

describe('a limit of requests at once', () => {
  it('refuses with 429 what comes while so many are under way, and uses nothing else up', async () => {
    const { world, ask, burst } = await crowded()
    const { answer } = openStreams()
    world.origin = answer
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200])
    let counted = 0
    burst.limit = async () => {
      counted += 1
      return { success: true }
    }
    const refused = await ask()
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({ code: 'too-many-at-once' })
    expect(counted).toBe(0)
  })

  it('is of one caller', async () => {
    const { world, ask } = await crowded(1)
    world.origin = openStreams().answer
    const grace = await world.token({ sub: 'user_grace' })
    const answers = [await ask(), await world.get('/x', grace), await ask()]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
  })

  it('takes no place of one limit for what another has no place for', async () => {
    const { world, ask } = await crowded(2, [{ by: 'address', concurrent: 1 }])
    const { streams, answer } = openStreams()
    world.origin = answer
    const first = await ask()
    expect([(await ask()).status, (await ask()).status]).toEqual([429, 429])
    streams[0]?.close()
    await first.text()
    await world.behind()
    expect((await ask()).status).toBe(200)
  })

  type Scene = Awaited<ReturnType<typeof crowded>>
  const ends: [how: string, end: (scene: Scene) => Promise<unknown>][] = [
    ['its body was read', async ({ ask }) => (await ask()).text()],
    [
      'it has no body',
      async ({ world, ask }) => {
        world.origin = () => new Response(null, { status: 204 })
        await ask()
      },
    ],
    [
      'it was asked by HEAD',
      async ({ world, ask }) => {
        world.origin = () => new Response(null, { headers: { 'content-length': '9' } })
        await ask({ method: 'HEAD' })
      },
    ],
    [
      'the client went away from its body',
      async ({ world, ask }) => {
        world.origin = openStreams().answer
        await (await ask()).body?.cancel()
      },
    ],
    [
      'its body broke off',
      async ({ world, ask }) => {
        const { streams, answer } = openStreams()
        world.origin = answer
        const response = await ask()
        streams[0]?.error(new Error('gone'))
        await response.text().catch(() => undefined)
      },
    ],
    [
      'its body was shorter than it said',
      async ({ world, ask }) => {
        const { streams, answer } = openStreams()
        world.origin = () => new Response(answer().body, { headers: { 'content-length': '9' } })
        const response = await ask()
        streams[0]?.close()
        await response.text().catch(() => undefined)
      },
    ],
    [
      'its origin cannot be reached',
      async ({ world, ask }) => {
        world.origin = () => Promise.reject(new TypeError('gone'))
        expect((await ask()).status).toBe(502)
      },
    ],
    [
      'its origin never answers',
      async ({ world, ask }) => {
        world.origin = () => new Promise<never>(() => {})
        const asked = ask()
        await settle()
        await world.clock.advance(5000)
        expect((await asked).status).toBe(504)
      },
    ],
    [
      'the gateway itself failed',
      async ({ world, ask }) => {
        const { gateway } = world
        Object.assign(gateway, { assert: () => Promise.reject(new Error('bug')) })
        expect((await ask({ method: 'POST' })).status).toBe(500)
      },
    ],
    [
      'another limit refused it',
      async ({ ask, burst }) => {
        burst.success = false
        expect((await ask()).status).toBe(429)
      },
    ],
    [
      'another limit is not bound',
      async ({ ask, burst }) => {
        Object.assign(burst, { limit: undefined })
        expect((await ask()).status).toBe(501)
      },
    ],
  ]
  it.each(ends)('counts a request no more once %s', async (_, end) => {
    const scene = await crowded()
    const { limit } = scene.burst
    const { assert } = scene.world.gateway
    for (let round = 0; round < 3; round++) {
      await end(scene)
      await settle()
      scene.burst.success = true
      Object.assign(scene.burst, { limit })
      Object.assign(scene.world.gateway, { assert })
    }
    await scene.world.behind()
    expect(await scene.free()).toBe(2)
  })

  it('counts a request that is both cancelled and over once', () => {
    const slots = createSlots()
    const place = slots.take('a', 2, 0)
    slots.take('a', 2, 0)
    place?.leave()
    place?.leave()
    expect([slots.take('a', 2, 0), slots.take('a', 2, 0)]).toEqual([expect.anything(), undefined])
  })

  it('forgets a request that keeps its place no more, and only that', () => {
    const slots = createSlots()
    const [one, other] = [slots.take('a', 2, 0), slots.take('a', 2, 0)]
    one?.keep(1)
    expect(slots.take('a', 2, keptMs - 1)).toBeUndefined()
    expect(slots.take('a', 2, keptMs)).toBeDefined()
    expect(slots.take('a', 2, keptMs)).toBeUndefined()
    other?.keep(keptMs)
    other?.leave()
    expect(slots.take('a', 2, keptMs)).toBeUndefined()
  })

  it('counts a WebSocket that is followed until both sides have closed', async () => {
    const { world, ask, free } = await crowded(1)
    const { 0: near, 1: origin } = new WebSocketPair()
    world.origin = () => new Response(null, { status: 101, webSocket: near })
    const { webSocket: client } = await ask({ headers: { upgrade: 'websocket' } })
    for (const end of [origin, client]) {
      end?.accept({ allowHalfOpen: true })
      expect((await ask()).status).toBe(429)
      end?.close(1000, 'bye')
      await settle()
    }
    await world.behind()
    expect(world.clock.pending()).toBe(0)
    expect(await free()).toBe(1)
  })

  it('counts a request however long it takes, and leaves nothing behind', async () => {
    const { world, ask } = await crowded(1)
    const { streams, answer } = openStreams()
    world.origin = answer
    const endless = await ask()
    const token = () => world.token()
    for (let minute = 0; minute < 60; minute++) await world.clock.advance(60_000)
    expect((await world.get('/x', await token())).status).toBe(429)
    streams[0]?.close()
    await endless.text()
    await world.behind()
    expect(world.clock.pending()).toBe(0)
    expect((await world.get('/x', await token())).status).toBe(200)
  })
})
