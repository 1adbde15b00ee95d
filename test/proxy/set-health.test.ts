import { describe, expect, it } from 'vitest'
import { anonymous } from '../../src/model/principal.ts'
import type { Ending } from '../../src/proxy/move-body.ts'
import {
  answering,
  at,
  type Behaviour,
  dead,
  firstThenSecond,
  openSet,
  outcome,
  type SetScene,
  sendPatiently,
  silent,
} from './set-scene.ts'

const pair = { members: at('a', 'b') } as const

describe('the health of members', () => {
  it('is what requests learn of them: one that fails three times is left alone, then probed', async () => {
    const scene = openSet(pair)
    scene.behaviours.set('a', dead)
    for (let count = 0; count < 40; count += 1) {
      scene.lots.push(...firstThenSecond)
      const sending = scene.send()
      await scene.clock.advance(30)
      expect(await outcome(sending)).toBe(200)
    }
    expect(scene.asked().filter((name) => name === 'a')).toHaveLength(3)
    scene.behaviours.delete('a')
    await scene.clock.advance(10_000)
    scene.lots.push(...firstThenSecond)
    expect(await outcome(scene.send())).toBe(200)
    expect(scene.asked()).toEqual(['a'])
  })

  it('is tried with what can be sent again first, and with the rest where nothing else comes', async () => {
    const scene = openSet({ ...pair, health: { failures: 1, probeAfter: '10s' } })
    const ask = async (method: string) => {
      scene.lots.push(...firstThenSecond)
      await sendPatiently(scene, { method }, { forMs: 30 })
      return scene.asked()
    }
    scene.behaviours.set('a', dead)
    expect(await ask('GET')).toEqual(['a', 'b'])
    await scene.clock.advance(10_000)
    expect(await ask('POST')).toEqual(['b'])
    expect(await ask('GET')).toEqual(['a', 'b'])
    await scene.clock.advance(19_000)
    expect(await ask('POST')).toEqual(['b'])
    await scene.clock.advance(1_000)
    expect(await ask('POST')).toEqual(['a'])
  })

  it.each<[string, Behaviour, number]>([
    ['a 500', answering(500), 6],
    ['a 429', answering(429), 6],
    ['a 502', answering(502), 3],
    ['no answer', dead, 3],
  ])('is hurt by %s or not', async (_, behaviour, asked) => {
    const scene = openSet({ ...pair, retry: false })
    scene.behaviours.set('a', behaviour)
    for (let count = 0; count < 6; count += 1) {
      scene.lots.push(...firstThenSecond)
      await scene.send({ method: 'POST' })
    }
    expect(scene.asked().filter((name) => name === 'a')).toHaveLength(asked)
  })

  it('is hurt by no answer in time', async () => {
    const scene = openSet({ ...pair, timeout: '1s', health: { failures: 1 } })
    scene.behaviours.set('a', silent)
    scene.lots.push(...firstThenSecond)
    expect(await sendPatiently(scene, {}, { forMs: 1_000 })).toBe('origin-timeout')
    scene.lots.push(...firstThenSecond)
    expect(await outcome(scene.send())).toBe(200)
  })

  it('is not hurt by a caller who goes away', async () => {
    const scene = openSet({ ...pair, health: { failures: 1 } })
    const abort = new AbortController()
    scene.behaviours.set('a', () => {
      abort.abort()
      throw new Error('aborted')
    })
    scene.lots.push(...firstThenSecond)
    await scene.send({ signal: abort.signal })
    scene.behaviours.delete('a')
    scene.lots.push(...firstThenSecond)
    await scene.send()
    expect(scene.asked()).toEqual(['a', 'a'])
  })

  describe('is not hurt by a body, of which nobody knows whether it came', () => {
    const headers = { 'content-length': '1' }
    const posted: RequestInit = { method: 'POST', body: 'x', headers }

    it.each<[string, Behaviour, RequestInit]>([
      ['that stalls until the origin is too late', silent, posted],
      ['that breaks, as one in chunks that are none', dead, posted],
      ['that stalls in a PUT', silent, { method: 'PUT', body: 'x', headers }],
    ])('%s', async (_, behaviour, init) => {
      const scene = openSet({ ...pair, timeout: '1s' })
      for (let count = 0; count < 3; count += 1) {
        scene.behaviours.set('a', behaviour)
        scene.lots.push(...firstThenSecond)
        expect(await sendPatiently(scene, init, { forMs: 2_000 })).toMatch(/^origin-/)
      }
      scene.behaviours.delete('a')
      scene.lots.push(...firstThenSecond)
      await scene.send()
      expect(scene.asked()).toEqual(['a', 'a', 'a', 'a'])
    })

    it.each<[string, Behaviour, Ending | undefined]>([
      ['but by none after one that was handed over', dead, 'whole'],
      ['but by an answer that is a failure', answering(502), undefined],
    ])('%s', async (_, behaviour, ending) => {
      const scene = openSet(pair)
      scene.behaviours.set('a', behaviour)
      for (let count = 0; count < 6; count += 1) {
        scene.lots.push(...firstThenSecond)
        await scene.send(posted, anonymous, ending && Promise.resolve(ending))
      }
      expect(scene.asked().filter((name) => name === 'a')).toHaveLength(3)
    })

    it.each<Ending>(['sender-still', 'sender-gone', 'too-large', 'stopped', 'taker-gone'])(
      'nor by one that is known to have ended as %s',
      async (ending) => {
        const scene = openSet({ ...pair, health: { failures: 1 } })
        scene.behaviours.set('a', dead)
        scene.lots.push(...firstThenSecond)
        await scene.send(posted, anonymous, Promise.resolve(ending))
        scene.lots.push(...firstThenSecond)
        await scene.send(posted)
        expect(scene.asked()).toEqual(['a', 'a'])
      },
    )

    it('and is tried again with one only where nothing else comes', async () => {
      const scene = openSet({ ...pair, retry: false, health: { failures: 1 } })
      scene.behaviours.set('a', dead)
      scene.lots.push(...firstThenSecond)
      await scene.send()
      await scene.clock.advance(10_000)
      scene.lots.push(...firstThenSecond)
      await scene.send(posted)
      scene.lots.push(...firstThenSecond)
      await scene.send()
      expect(scene.asked()).toEqual(['a', 'b', 'a'])
    })
  })

  it('never leaves nobody: while all are out, each request still asks one', async () => {
    const scene = openSet({ ...pair, retry: false })
    scene.behaviours.set('a', dead).set('b', dead)
    for (let count = 0; count < 20; count += 1) {
      expect(await outcome(scene.send())).toBe('origin-unreachable')
    }
    expect(scene.asked()).toHaveLength(20)
    scene.behaviours.delete('b')
    const outcomes = [await outcome(scene.send()), await outcome(scene.send())]
    expect(outcomes).toContain(200)
  })

  it('is another isolate’s own affair', async () => {
    const [one, other] = [openSet(pair), openSet(pair)]
    one.behaviours.set('a', dead)
    for (let count = 0; count < 3; count += 1) {
      one.lots.push(...firstThenSecond)
      await sendPatiently(one, {}, { forMs: 30 })
    }
    other.lots.push(...firstThenSecond)
    await other.send()
    expect(other.asked()).toEqual(['a'])
  })
})

/** Sends so many at once and gives what became of them. */
async function burst(scene: SetScene, count: number): Promise<Set<number | string>> {
  const sendings = Array.from({ length: count }, () => outcome(scene.send()))
  await scene.clock.pass(1_000)
  return new Set(await Promise.all(sendings))
}

describe('a member that dies with requests under way', () => {
  it.each<[string, Behaviour]>([
    ['cuts them', dead],
    ['answers 503', answering(503)],
  ])('and %s costs none of them, however little was sent before', async (_, behaviour) => {
    const scene = openSet(pair)
    scene.behaviours.set('a', behaviour)
    expect(await burst(scene, 240)).toEqual(new Set([200]))
    expect(scene.asked()).toHaveLength(480)
  })

  it('and hangs costs none where attempts have a time', async () => {
    const scene = openSet({ ...pair, retry: { attemptTimeout: '500ms' } })
    scene.behaviours.set('a', silent)
    expect(await burst(scene, 240)).toEqual(new Set([200]))
  })

  it('is on the budget where there is no other to go to', async () => {
    const scene = openSet({ url: 'https://a.example.com', retry: true })
    scene.behaviours.set('a', dead)
    await burst(scene, 500)
    expect(scene.asked()).toHaveLength(500 + 100 + 10)
  })
})

describe('an outage of every member', () => {
  const outage = new Set(['origin-unreachable'])

  it('is not multiplied: retries are a fifth of the requests, ten, and once what was under way', async () => {
    const scene = openSet(pair)
    scene.behaviours.set('a', dead).set('b', dead)
    expect(await burst(scene, 500)).toEqual(outage)
    const atFirst = scene.asked().length
    expect(atFirst).toBeGreaterThan(500 + 100 + 10)
    expect(atFirst).toBeLessThanOrEqual(500 + 500 + 100 + 10)
    expect(await burst(scene, 500)).toEqual(outage)
    expect(scene.asked()).toHaveLength(500 + 100)
  })

  it('of five is not multiplied by five', async () => {
    const retry = { attempts: 5 }
    const scene = openSet({ members: at('a', 'b', 'c', 'd', 'e'), retry })
    for (const name of ['a', 'b', 'c', 'd', 'e']) scene.behaviours.set(name, dead)
    expect(await burst(scene, 500)).toEqual(outage)
    expect(scene.asked().length).toBeLessThanOrEqual(500 + 500 + 100 + 10)
  })

  it('that comes on one by one is a fifth, and a few, from the first', async () => {
    const scene = openSet(pair)
    scene.behaviours.set('a', dead).set('b', dead)
    for (let count = 0; count < 50; count += 1) {
      const sending = scene.send()
      await scene.clock.pass(100)
      await sending
    }
    expect(scene.asked().length).toBeLessThanOrEqual(50 + 10 + 10 + 3)
  })
})

describe('a binding that is not there', () => {
  const members = [
    { name: 'a', service: 'A' },
    { name: 'b', url: 'https://b.example.com' },
  ]

  it('sends nothing, so whatever it was goes to another member', async () => {
    const scene = openSet({ members })
    scene.lots.push(...firstThenSecond)
    expect(await outcome(scene.send({ method: 'POST', body: 'x' }))).toBe(200)
    expect(scene.asked()).toEqual(['b'])
  })

  it('is 501 where no other can be asked', async () => {
    const scene = openSet({ members: [{ service: 'A' }, { service: 'B' }] })
    expect(await outcome(scene.send())).toBe('binding-missing')
  })
})
