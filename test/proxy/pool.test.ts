import { describe, expect, it } from 'vitest'
import type { Member } from '../../src/model/origin.ts'
import { type Draw, drawAtRandom, drawFor } from '../../src/proxy/draw.ts'
import { createPool } from '../../src/proxy/pool.ts'
import { createRetryBudget, floor, windowMs } from '../../src/proxy/retry-budget.ts'
import { chance, health, membersOf } from './members.ts'

const attemptLastsMs = 30_000
const nobody: ReadonlySet<Member> = new Set()

function open(weights: Record<string, number>) {
  const members = membersOf(weights)
  const pool = createPool({ members, health }, attemptLastsMs)
  const draw = drawAtRandom(chance(1))
  const named = (name: string) => {
    const member = members.find((one) => one.name === name)
    if (member === undefined) throw new Error(name)
    return member
  }
  function pick(nowMs: number, tried: readonly string[] = [], by: Draw = draw): string {
    return pool.choose({ draw: by, tried: new Set(tried.map(named)), isPoorProbe: false, nowMs })
      .name
  }
  function fail(name: string, nowMs: number, times = 1): void {
    for (let count = 0; count < times; count += 1) pool.failed(named(name), nowMs)
  }
  return {
    pick,
    fail,
    succeed: (name: string) => pool.succeeded(named(name)),
    noteDown: pool.noteDown,
    hasBetter: (name: string, tried: readonly string[]) =>
      pool.hasBetter(named(name), new Set(tried.map(named))),
  }
}

/** How often each is picked of so many. */
function picks(pool: ReturnType<typeof open>, count: number, nowMs: number) {
  const tally: Record<string, number> = {}
  for (let index = 0; index < count; index += 1) {
    const name = pool.pick(nowMs)
    tally[name] = (tally[name] ?? 0) + 1
  }
  return tally
}

describe('weights', () => {
  it.each([
    [{ a: 1, b: 1 }],
    [{ a: 3, b: 1 }],
    [{ a: 1, b: 2, c: 7 }],
    [{ a: 1000, b: 500, c: 500 }],
  ])(
    'of %j are the shares of many requests, within two percent',
    (weights: Record<string, number>) => {
      const tally = picks(open(weights), 10_000, 0)
      const sum = Object.values(weights).reduce((left, right) => left + right)
      for (const [name, weight] of Object.entries(weights)) {
        expect(Math.abs((tally[name] ?? 0) / 10_000 - weight / sum)).toBeLessThan(0.02)
      }
    },
  )

  it('of 0 are never picked while another is left', () => {
    expect(picks(open({ a: 1, b: 1, backup: 0 }), 1_000, 0)).not.toHaveProperty('backup')
  })

  it('of 0 are picked when every other is out, or was asked already', () => {
    const pool = open({ a: 1, b: 1, backup: 0 })
    expect(pool.pick(0, ['a', 'b'])).toBe('backup')
    pool.fail('a', 0, 3)
    pool.fail('b', 0, 3)
    expect(picks(pool, 100, 0)).toEqual({ backup: 100 })
  })

  it('of whoever is out fall to the others by their own', () => {
    const pool = open({ a: 6, b: 3, c: 1 })
    pool.fail('a', 0, 3)
    const tally = picks(pool, 4_000, 0)
    expect(tally).not.toHaveProperty('a')
    expect(Math.abs((tally.b ?? 0) / 4_000 - 0.75)).toBeLessThan(0.03)
  })
})

describe('a member', () => {
  it('is left alone after so many failures in a row, and not before', () => {
    const pool = open({ a: 1, b: 1 })
    pool.fail('a', 0, 2)
    expect(picks(pool, 100, 0)).toHaveProperty('a')
    pool.fail('a', 0)
    expect(picks(pool, 100, 0)).toEqual({ b: 100 })
    expect(picks(pool, 100, 9_999)).toEqual({ b: 100 })
  })

  it('that answers between two failures starts anew', () => {
    const pool = open({ a: 1, b: 1 })
    pool.fail('a', 0, 2)
    pool.succeed('a')
    pool.fail('a', 0, 2)
    expect(picks(pool, 100, 0)).toHaveProperty('a')
  })

  it('is probed by one request at a time once it has rested, and returns by its answer', () => {
    const pool = open({ a: 1, b: 1 })
    pool.fail('a', 0, 3)
    expect(picks(pool, 1_000, 10_000).a).toBe(1)
    expect(picks(pool, 1_000, 39_999)).toEqual({ b: 1_000 })
    pool.succeed('a')
    expect(picks(pool, 1_000, 39_999).a).toBeGreaterThan(400)
  })

  it('whose probe fails rests again', () => {
    const pool = open({ a: 1, b: 1 })
    pool.fail('a', 0, 3)
    expect(picks(pool, 1_000, 10_000).a).toBe(1)
    pool.fail('a', 10_100)
    expect(picks(pool, 1_000, 20_099)).toEqual({ b: 1_000 })
    expect(picks(pool, 1_000, 20_100).a).toBe(1)
  })

  it('whose probe was cut off in the middle is probed again once an attempt would be over', () => {
    const pool = open({ a: 1, b: 1 })
    pool.fail('a', 0, 3)
    expect(picks(pool, 1_000, 10_000).a).toBe(1)
    expect(picks(pool, 1_000, 40_000).a).toBe(1)
  })

  it('that failed its check is left alone until the check says otherwise', () => {
    const pool = open({ a: 1, b: 1 })
    pool.noteDown(new Set(['a', 'nobody']))
    expect(picks(pool, 100, 1e9)).toEqual({ b: 100 })
    pool.noteDown(new Set())
    expect(picks(pool, 100, 1e9)).toHaveProperty('a')
  })
})

describe('there is always a member', () => {
  it('when all are out: the one that failed least', () => {
    const pool = open({ a: 1, b: 1, c: 0 })
    pool.fail('a', 0, 5)
    pool.fail('b', 0, 3)
    pool.fail('c', 0, 4)
    expect(picks(pool, 50, 0)).toEqual({ b: 50 })
    pool.fail('b', 0, 2)
    expect(picks(pool, 50, 0)).toEqual({ c: 50 })
  })

  it('when all are out: each is asked in the course of time', () => {
    const pool = open({ a: 1, b: 1, c: 1 })
    for (const name of ['a', 'b', 'c']) pool.fail(name, 0, 3)
    const asked = new Set<string>()
    for (let count = 0; count < 3; count += 1) {
      const name = pool.pick(0)
      asked.add(name)
      pool.fail(name, 0)
    }
    expect(asked.size).toBe(3)
  })

  it('when checks accuse every one of them', () => {
    const pool = open({ a: 1, b: 1 })
    pool.noteDown(new Set(['a', 'b']))
    expect(Object.keys(picks(pool, 100, 0)).sort()).toEqual(['a', 'b'])
  })

  it('when one request has been to all of them', () => {
    const pool = open({ a: 1, b: 1 })
    expect(['a', 'b']).toContain(pool.pick(0, ['a', 'b']))
  })

  it('that is another one first, unless that one is out', () => {
    const pool = open({ a: 1, b: 1 })
    for (let count = 0; count < 50; count += 1) expect(pool.pick(0, ['a'])).toBe('b')
    pool.fail('b', 0, 3)
    expect(pool.pick(0, ['a'])).toBe('a')
  })
})

describe('a member that has been asked', () => {
  type Pool = ReturnType<typeof open>
  it.each<[boolean, string, (pool: Pool) => void, string[]]>([
    [false, 'is well', () => {}, ['a']],
    [false, 'has failed once', (pool) => pool.fail('a', 0), ['a']],
    [true, 'is left alone', (pool) => pool.fail('a', 0, 3), ['a']],
    [true, 'failed its check', (pool) => pool.noteDown(new Set(['a'])), ['a']],
    [false, 'is left alone, as is the other', (pool) => failBoth(pool), ['a']],
    [false, 'is left alone, and the other was asked', (pool) => pool.fail('a', 0, 3), ['a', 'b']],
    [
      false,
      'is left alone, and the other failed its check',
      (pool) => {
        pool.fail('a', 0, 3)
        pool.noteDown(new Set(['b']))
      },
      ['a'],
    ],
  ])('knows a better one: %s, where it %s', (expected, _, happen, tried) => {
    const pool = open({ a: 1, b: 0 })
    happen(pool)
    expect(pool.hasBetter('a', tried)).toBe(expected)
  })

  function failBoth(pool: Pool): void {
    for (const name of ['a', 'b']) pool.fail(name, 0, 3)
  }
})

describe('a caller who is led by who they are', () => {
  const callers = Array.from({ length: 4_000 }, (_, index) => `user_${index}`)

  it('always comes to the same member, in every isolate', () => {
    const [first, second] = [open({ a: 1, b: 1, c: 2 }), open({ a: 1, b: 1, c: 2 })]
    for (const caller of callers.slice(0, 200)) {
      const name = first.pick(0, [], drawFor(caller))
      expect(first.pick(5, [], drawFor(caller))).toBe(name)
      expect(second.pick(0, [], drawFor(caller))).toBe(name)
    }
  })

  it('comes to members by their weights, within three percent', () => {
    const pool = open({ a: 1, b: 2, c: 5 })
    const tally = new Map<string, number>()
    for (const caller of callers) {
      const name = pool.pick(0, [], drawFor(caller))
      tally.set(name, (tally.get(name) ?? 0) + 1)
    }
    for (const [name, share] of [
      ['a', 1 / 8],
      ['b', 2 / 8],
      ['c', 5 / 8],
    ] as const) {
      expect(Math.abs((tally.get(name) ?? 0) / callers.length - share)).toBeLessThan(0.03)
    }
  })

  it('goes elsewhere only if it is their own member that is out, and then comes back', () => {
    const pool = open({ a: 1, b: 1, c: 1 })
    const before = callers.map((caller) => pool.pick(0, [], drawFor(caller)))
    pool.fail('b', 0, 3)
    const during = callers.map((caller) => pool.pick(0, [], drawFor(caller)))
    const moved = during.filter((name, index) => name !== before[index])
    expect(moved).toHaveLength(before.filter((name) => name === 'b').length)
    expect(new Set(moved)).toEqual(new Set(['a', 'c']))
    pool.succeed('b')
    expect(callers.map((caller) => pool.pick(0, [], drawFor(caller)))).toEqual(before)
  })
})

describe('the retry budget', () => {
  const taken = (budget: ReturnType<typeof createRetryBudget>, nowMs: number) => {
    let count = 0
    while (budget.take(nowMs)) count += 1
    return count
  }

  it('has a small floor without any request', () => {
    expect(taken(createRetryBudget(20), 0)).toBe(floor)
  })

  it.each([
    [20, 1_000, 200],
    [1, 1_000, 10],
    [100, 50, 50],
  ])('of %d percent grants of %d requests %d beside the floor', (percent, requests, granted) => {
    const budget = createRetryBudget(percent)
    for (let count = 0; count < requests; count += 1) budget.count(0)
    expect(taken(budget, 0)).toBe(granted + floor)
    expect([budget.hasRoom(0), budget.take(0)]).toEqual([false, false])
  })

  it('forgets requests and retries after one to two windows', () => {
    const budget = createRetryBudget(50)
    for (let count = 0; count < 100; count += 1) budget.count(0)
    expect(taken(budget, 0)).toBe(50 + floor)
    expect(taken(budget, windowMs)).toBe(0)
    expect(taken(budget, 2 * windowMs)).toBe(floor)
    expect(taken(budget, 10 * windowMs)).toBe(floor)
  })
})

it('of no members there is none, which no config gets to', () => {
  const pool = createPool({ members: [], health }, attemptLastsMs)
  expect(() => pool.choose({ draw: () => 0, tried: nobody, isPoorProbe: false, nowMs: 0 })).toThrow(
    TypeError,
  )
})
