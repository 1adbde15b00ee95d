import { describe, expect, it } from 'vitest'
import type { OriginConfig } from '../../src/config/origins.ts'
import {
  answering,
  at,
  type Behaviour,
  dead,
  firstThenSecond,
  openSet,
  outcome,
  sendPatiently,
  silent,
} from './set-scene.ts'

const pair = { members: at('a', 'b') } as const

describe('a request that fails at one member', () => {
  it.each<[string, Behaviour]>([
    ['refuses the connection', dead],
    ['answers 502', answering(502)],
    ['answers 503', answering(503)],
    ['answers 504', answering(504)],
  ])('that %s is sent to another, and the record says so', async (_, behaviour) => {
    const scene = openSet(pair)
    scene.behaviours.set('a', behaviour)
    scene.lots.push(...firstThenSecond)
    const sending = scene.send()
    await scene.clock.advance(1_000)
    const result = await sending
    expect(scene.asked()).toEqual(['a', 'b'])
    expect(scene.noted).toEqual([{ member: 'b', retries: 1 }])
    expect(result.ok && result.value.endpoint).toMatchObject({ base: 'https://b.example.com' })
    expect(result.ok && (await result.value.response.text())).toBe('b')
  })

  it.each([200, 204, 301, 304, 400, 401, 404, 429, 500, 501])(
    'with %d has been answered',
    async (status) => {
      const scene = openSet(pair)
      scene.behaviours.set('a', answering(status))
      scene.lots.push(...firstThenSecond)
      expect(await outcome(scene.send())).toBe(status)
      expect(scene.asked()).toEqual(['a'])
    },
  )

  it('has the body of the answer that counted no more cancelled', async () => {
    const scene = openSet(pair)
    let isCancelled = false
    const source = {
      cancel() {
        isCancelled = true
      },
    }
    scene.behaviours.set('a', () => new Response(new ReadableStream(source), { status: 503 }))
    scene.lots.push(...firstThenSecond)
    expect(await sendPatiently(scene)).toBe(200)
    expect(isCancelled).toBe(true)
  })

  it('is sent at most three times, and the last failure is what the caller gets', async () => {
    const scene = openSet(pair)
    scene.behaviours.set('a', dead).set('b', answering(503))
    scene.lots.push(0.1, 0.9)
    expect(await sendPatiently(scene)).toBe('origin-unreachable')
    expect(scene.asked()).toHaveLength(3)
    expect(
      scene.calls
        .map(({ member }) => member)
        .slice(0, 2)
        .sort(),
    ).toEqual(['a', 'b'])
  })

  it('is answered with the origin’s own 503 when that is the last', async () => {
    const scene = openSet({ ...pair, retry: { attempts: 2 } })
    scene.behaviours.set('a', dead).set('b', answering(503, { headers: { 'Retry-After': '7' } }))
    scene.lots.push(...firstThenSecond)
    const sending = scene.send()
    await scene.clock.advance(1_000)
    const result = await sending
    expect(result.ok && result.value.response.headers.get('retry-after')).toBe('7')
  })

  it('is not sent again where retry is false', async () => {
    const scene = openSet({ ...pair, retry: false })
    scene.behaviours.set('a', dead)
    scene.lots.push(...firstThenSecond)
    expect(await outcome(scene.send())).toBe('origin-unreachable')
    expect(scene.asked()).toEqual(['a'])
  })

  it('is sent again for no answer at all where the config has no statuses', async () => {
    const scene = openSet({ ...pair, retry: { statuses: [] } })
    scene.behaviours.set('a', answering(503))
    scene.lots.push(...firstThenSecond)
    expect(await outcome(scene.send())).toBe(503)
    scene.behaviours.set('a', dead)
    scene.lots.push(...firstThenSecond)
    expect(await sendPatiently(scene)).toBe(200)
  })

  it('is sent again for the statuses of the config and no others', async () => {
    const scene = openSet({ ...pair, retry: { statuses: [429] } })
    scene.behaviours.set('a', answering(429))
    scene.lots.push(...firstThenSecond)
    expect(await sendPatiently(scene)).toBe(200)
    scene.behaviours.set('a', answering(503))
    scene.lots.push(...firstThenSecond)
    expect(await outcome(scene.send())).toBe(503)
  })
})

describe('a single origin', () => {
  it.each<[string, OriginConfig]>([
    ['an address', { url: 'https://a.example.com', retry: true }],
    ['a binding', { service: 'a', retry: { attempts: 2 } }],
    ['this host', { sameHost: true, retry: true }],
    ['a certificate', { url: 'https://x.example.com', certificate: 'a', retry: true }],
  ])('of %s is asked again where it says retry', async (_, origin) => {
    const scene = openSet(origin, ['a'])
    const name = typeof origin === 'object' && 'sameHost' in origin ? 'usher' : 'a'
    scene.behaviours.set(name, () => {
      scene.behaviours.delete(name)
      return answering(502)(new Request('https://x.test'))
    })
    expect(await sendPatiently(scene)).toBe(200)
    expect(scene.asked()).toEqual([name, name])
  })
})

describe('a request that failed in the end', () => {
  it('is recorded with how often it was sent again, and the member that was asked last', async () => {
    const scene = openSet({ ...pair, retry: { attempts: 2 } })
    scene.behaviours.set('a', dead).set('b', answering(503))
    scene.lots.push(...firstThenSecond)
    expect(await sendPatiently(scene)).toBe(503)
    scene.behaviours.set('b', dead)
    scene.lots.push(...firstThenSecond)
    expect(await sendPatiently(scene)).toBe('origin-unreachable')
    expect(await sendPatiently(scene, { method: 'POST' })).toBe('origin-unreachable')
    expect(scene.noted).toMatchObject([{ member: 'b', retries: 1 }, { retries: 1 }, { retries: 0 }])
    expect(scene.noted.map(({ member }) => member)).not.toContain(undefined)
  })
})

describe('nothing is ever sent twice', () => {
  it.each([
    ['POST', undefined],
    ['POST', 'body'],
    ['PATCH', undefined],
    ['PUT', 'body'],
    ['DELETE', 'body'],
    ['LOCK', undefined],
    ['PROPFIND', undefined],
  ])('that is a %s with body %s', async (method, body) => {
    const scene = openSet(pair)
    const init = { method, ...(body !== undefined && { body }) }
    for (const [behaviour, expected] of [
      [dead, 'origin-unreachable'],
      [answering(503), 503],
    ] as const) {
      scene.behaviours.set('a', behaviour).set('b', behaviour)
      expect(await sendPatiently(scene, init)).toBe(expected)
      expect(scene.asked()).toHaveLength(1)
    }
  })

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
    'but a %s without a body',
    async (method) => {
      const scene = openSet(pair)
      scene.behaviours.set('a', dead).set('b', dead)
      expect(await sendPatiently(scene, { method })).toBe('origin-unreachable')
      expect(scene.asked()).toHaveLength(3)
    },
  )

  it.each(['HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
    'but a %s that says that its body is empty',
    async (method) => {
      const scene = openSet(pair)
      scene.behaviours.set('a', async (request) => {
        await request.text()
        throw new Error('cut')
      })
      scene.lots.push(...firstThenSecond)
      const headers = { 'content-length': '0' }
      const body = method === 'HEAD' ? null : ''
      expect(await sendPatiently(scene, { method, headers, body })).toBe(200)
      expect(scene.asked()).toEqual(['a', 'b'])
    },
  )

  it('that says that its body is empty and comes in chunks', async () => {
    const scene = openSet(pair)
    scene.behaviours.set('a', dead).set('b', dead)
    const headers = { 'content-length': '0', 'transfer-encoding': 'chunked' }
    const init = { method: 'PUT', headers, body: '' }
    expect(await sendPatiently(scene, init)).toBe('origin-unreachable')
    expect(scene.asked()).toHaveLength(1)
  })

  it('that became a WebSocket; before that an upgrade is a request like any other', async () => {
    const scene = openSet(pair)
    const { 0: client } = new WebSocketPair()
    scene.behaviours.set('a', answering(503))
    scene.behaviours.set('b', () => new Response(null, { status: 101, webSocket: client }))
    scene.lots.push(...firstThenSecond)
    expect(await sendPatiently(scene, { headers: { upgrade: 'websocket' } })).toBe(101)
    expect(scene.asked()).toEqual(['a', 'b'])
  })

  it('whose caller has gone', async () => {
    const scene = openSet(pair)
    const abort = new AbortController()
    scene.behaviours.set('a', () => {
      abort.abort()
      throw new Error('aborted')
    })
    scene.behaviours.set('b', scene.behaviours.get('a') ?? dead)
    await sendPatiently(scene, { signal: abort.signal })
    expect(scene.asked()).toHaveLength(1)
  })
})

describe('time', () => {
  it('between two attempts is as long as chance says, and at most twice as long each time', async () => {
    const scene = openSet({ ...pair, retry: { attempts: 5 } })
    scene.behaviours.set('a', dead).set('b', dead)
    await sendPatiently(scene)
    const [firstMs = 0, ...others] = scene.calls.map(({ atMs }) => atMs)
    expect(others.map((atMs) => atMs - firstMs)).toEqual([12.5, 37.5, 87.5, 187.5])
  })

  it('that a caller waits is the origin’s time-out, however often the request is sent', async () => {
    const scene = openSet({ ...pair, timeout: '10s', retry: { attemptTimeout: '4s', attempts: 5 } })
    scene.behaviours.set('a', silent).set('b', silent)
    const startedAtMs = scene.clock.now()
    let endedAtMs = 0
    const sending = outcome(scene.send())
    void sending.then(() => {
      endedAtMs = scene.clock.now()
    })
    await scene.clock.advance(60_000)
    expect(await sending).toBe('origin-timeout')
    expect(endedAtMs - startedAtMs).toBe(10_000)
    expect(scene.asked()).toHaveLength(3)
  })

  it('that runs out is not tried again unless attemptTimeout says so', async () => {
    const scene = openSet({ ...pair, timeout: '10s' })
    scene.behaviours.set('a', silent).set('b', silent)
    expect(await sendPatiently(scene)).toBe('origin-timeout')
    expect(scene.asked()).toHaveLength(1)
  })

  it('of an attempt is short only while others may follow', async () => {
    const scene = openSet({ ...pair, retry: { attemptTimeout: '1s', attempts: 2 } })
    scene.behaviours.set('a', silent).set('b', silent)
    scene.lots.push(...firstThenSecond)
    const sending = outcome(scene.send())
    await scene.clock.advance(1_100)
    expect(scene.asked()).toEqual(['a', 'b'])
    await scene.clock.advance(28_000)
    expect(scene.clock.pending()).toBe(1)
    await scene.clock.advance(1_000)
    expect(await sending).toBe('origin-timeout')
  })

  it('of a request that is never sent again is the origin’s from the first', async () => {
    const scene = openSet({ ...pair, timeout: '9s', retry: { attemptTimeout: '1s' } })
    scene.behaviours.set('a', silent).set('b', silent)
    const sending = outcome(scene.send({ method: 'POST' }))
    await scene.clock.advance(8_999)
    expect(scene.clock.pending()).toBe(1)
    await scene.clock.advance(1)
    expect(await sending).toBe('origin-timeout')
    expect(scene.asked()).toHaveLength(1)
  })
})
