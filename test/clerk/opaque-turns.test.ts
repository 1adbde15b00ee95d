import { beforeEach, describe, expect, it } from 'vitest'
import { apiKey } from '../support/credentials.ts'
import { settle } from '../support/fake-clock.ts'
import { always, type Bench, held, openBench } from './opaque-verifier.ts'

let bench: Bench
beforeEach(() => {
  bench = openBench()
})

/** So many who show the same at once, and what has been told to whom so far. */
function crowd(size: number, token = 'ak_ada', query = {}) {
  const told: string[] = []
  const all = Array.from({ length: size }, async () => {
    told.push(await bench.word(token, query))
  })
  return { told, all: Promise.all(all) }
}

const known = () => Response.json(apiKey({}))

describe('many who show one credential at once', () => {
  it('have Clerk asked three times at most, and all are answered by the first answer', async () => {
    const { answer, waiting } = held()
    bench.answer = answer
    const { told, all } = crowd(100)
    await bench.clock.pass(1000)
    expect([bench.asked.length, told.length]).toEqual([3, 0])
    waiting[1]?.(known())
    await bench.clock.pass(25)
    expect(told).toEqual(new Array(98).fill('user'))
    waiting[0]?.(known())
    waiting[2]?.(known())
    await all
    expect([bench.asked.length, told.length, bench.clock.pending()]).toEqual([3, 100, 0])
  })

  it('learn together that nobody knows it', async () => {
    const { answer, waiting } = held()
    bench.answer = answer
    const { told, all } = crowd(50, 'ak_no')
    await bench.clock.pass(100)
    for (const give of waiting) give(Response.json({ errors: [] }, { status: 404 }))
    await bench.clock.pass(25)
    await all
    expect(told).toEqual(new Array(50).fill('token-unknown'))
    expect(bench.asked).toHaveLength(3)
  })

  it('learn together that Clerk is down, without asking one after the other', async () => {
    const { answer, waiting } = held()
    bench.answer = answer
    const { told, all } = crowd(50)
    await bench.clock.pass(100)
    waiting[0]?.(Response.json({}, { status: 429, headers: { 'retry-after': '9' } }))
    await bench.clock.pass(25)
    expect(told).toEqual(new Array(48).fill('verification-unavailable'))
    waiting[1]?.(known())
    waiting[2]?.(known())
    await all
    expect(told.slice(48)).toEqual(['user', 'user'])
    expect(bench.asked).toHaveLength(3)
  })

  it('get no more turns when one of them failed, nor do others who come', async () => {
    const { answer, waiting } = held()
    bench.answer = answer
    const early = crowd(3)
    await settle()
    waiting[0]?.(Response.json({}, { status: 500 }))
    await settle()
    const late = crowd(10)
    await bench.clock.pass(100)
    expect(bench.asked).toHaveLength(3)
    expect(late.told).toEqual(new Array(10).fill('verification-unavailable'))
    for (const give of waiting) give(known())
    await early.all
    expect(early.told).toEqual(['verification-unavailable', 'user', 'user'])
    expect(await bench.word('ak_ada')).toBe('user')
  })

  it('get three turns again once the failure is over', async () => {
    bench.answer = always(500, {})
    expect(await bench.word('ak_ada')).toBe('verification-unavailable')
    await bench.clock.advance(2000)
    const { answer, waiting } = held()
    bench.answer = answer
    const { told, all } = crowd(10)
    await bench.clock.pass(100)
    expect(waiting).toHaveLength(3)
    for (const give of waiting) give(known())
    await bench.clock.pass(25)
    await all
    expect(told).toEqual(new Array(10).fill('user'))
  })

  it('wait as long as an answer may take, and no longer', async () => {
    bench.answer = () => new Promise(() => {})
    const { told, all } = crowd(20)
    await bench.clock.pass(2999)
    expect(told).toEqual([])
    await bench.clock.pass(26)
    await all
    expect(told).toEqual(new Array(20).fill('verification-unavailable'))
    expect([bench.asked.length, bench.clock.pending()]).toEqual([3, 0])
  })

  it('keep nobody waiting who shows another', async () => {
    const { answer } = held()
    bench.answer = answer
    void crowd(10)
    await settle()
    bench.answer = known
    expect(await bench.word('ak_other')).toBe('user')
  })
})

describe('turns of requests that the runtime ended in the middle', () => {
  it('grow old: once the time-out is over others ask', async () => {
    const { clock } = bench
    let isEnded = true
    // Such a request hears of its answer as little as of its timers.
    const after: typeof clock.after = (delayMs, callback) =>
      isEnded ? () => {} : clock.after(delayMs, callback)
    const own = openBench({ clock: { ...clock, after } })
    own.answer = () => new Promise(() => {})
    for (let turn = 0; turn < 5; turn++) void own.word('ak_ada')
    await settle()
    expect(own.asked).toHaveLength(3)
    isEnded = false
    own.answer = known
    const early = own.word('ak_ada')
    await clock.advance(1000)
    const late = own.word('ak_ada')
    await clock.advance(2000)
    expect(own.asked).toHaveLength(3)
    await clock.advance(25)
    expect(await early).toBe('verification-unavailable')
    expect(await late).toBe('user')
    expect(own.asked).toHaveLength(4)
  })
})

describe('many who must be fresh', () => {
  it('go by no question from before them, and share the next', async () => {
    expect(await bench.word('ak_ada')).toBe('user')
    const first = held()
    bench.answer = first.answer
    const early = crowd(3, 'ak_ada', { mustBeFresh: true })
    await settle()
    const late = crowd(20, 'ak_ada', { mustBeFresh: true })
    await bench.clock.pass(50)
    expect(bench.asked).toHaveLength(4)
    // Clerk answered before the key was revoked: that is no answer for those who came since.
    bench.answer = always(200, apiKey({ revoked: true }))
    for (const give of first.waiting) give(known())
    await early.all
    await bench.clock.pass(50)
    await late.all
    expect(early.told).toEqual(['user', 'user', 'user'])
    expect(late.told).toEqual(new Array(20).fill('token-revoked'))
    expect(bench.asked.length).toBeLessThanOrEqual(7)
  })

  it('share it too when it speaks for the credential', async () => {
    const first = held()
    bench.answer = first.answer
    const early = crowd(3, 'ak_ada', { mustBeFresh: true })
    await settle()
    const late = crowd(50, 'ak_ada', { mustBeFresh: true })
    await bench.clock.pass(50)
    bench.answer = known
    for (const give of first.waiting) give(known())
    await bench.clock.pass(50)
    await Promise.all([early.all, late.all])
    expect(late.told).toEqual(new Array(50).fill('user'))
    expect(bench.asked.length).toBeLessThanOrEqual(6)
    expect(bench.asked.length).toBeGreaterThan(3)
  })
})
