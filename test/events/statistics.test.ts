import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { RequestRecord } from '../../src/events/record.ts'
import {
  type AddCounts,
  type Count,
  createStatistics,
  heldRowsMax,
  spreadMs,
} from '../../src/events/statistics.ts'
import { momentAlone } from '../../src/model/clock.ts'
import { openDatabase } from '../../src/store/database.ts'
import { addCounts } from '../../src/store/statistics.ts'
import { createFakeClock, type FakeClock, noonMs, settle } from '../support/fake-clock.ts'
import { observe } from './observed.ts'

// Requests are counted in memory, and the counts are written together.

const noonMinute = noonMs / 60_000
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** When the last isolate of all writes what was counted in the minute before. */
const dueMs = minuteMs + spreadMs.most

/** What the database holds, the oldest minute first. */
async function rows(): Promise<readonly Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(
    'SELECT * FROM statistics ORDER BY minute, route, outcome',
  ).all()
  return results
}

const toD1: AddCounts = (counts, keptFrom) => addCounts(openDatabase(env.DB), counts, keptFrom)

function recordAt(startedAtMs: number, changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    requestId: 'r',
    startedAtMs,
    durationMs: 20,
    method: 'GET',
    route: '/api/**',
    outcome: 'passed',
    status: 200,
    originMs: 15,
    bytesIn: 1,
    bytesOut: 100,
    ...changes,
  }
}

/** An isolate that counts at one clock, and what it began behind its requests. */
function openIsolate(clock: FakeClock, add: AddCounts, chance = 0) {
  const take = createStatistics({ add, clock, random: () => chance })
  let behind: Promise<unknown>[] = []
  return {
    count(changes?: Partial<RequestRecord>, times = 1) {
      for (let time = 0; time < times; time++) {
        const record = recordAt(clock.now() - 20, changes)
        take(record, {
          ...momentAlone(clock.now()),
          waitUntil: (work) => void behind.push(work),
        })
      }
    },
    async settled(): Promise<number> {
      const begun = behind
      behind = []
      await Promise.all(begun)
      return begun.length
    },
  }
}

let clock: FakeClock
beforeEach(async () => {
  await env.DB.prepare('DELETE FROM statistics').run()
  clock = createFakeClock()
})

describe('counts', () => {
  it('of many isolates are added up, by minute, route and outcome', async () => {
    const isolates = [openIsolate(clock, toD1), openIsolate(clock, toD1)]
    for (const isolate of isolates) {
      isolate.count({}, 4)
      isolate.count({ outcome: 'refused', reason: 'token-missing', status: 401 })
      isolate.count({ outcome: 'refused', reason: 'route-unknown', route: undefined })
      isolate.count({ route: '/other', outcome: 'answered' })
    }
    await clock.advance(dueMs)
    for (const isolate of isolates) {
      isolate.count()
      await isolate.settled()
    }
    const some = { duration_ms: 40, origin_ms: 30, bytes_in: 2, bytes_out: 200, requests: 2 }
    const four = { duration_ms: 160, origin_ms: 120, bytes_in: 8, bytes_out: 800, requests: 8 }
    const noon = [
      { minute: noonMinute, route: '-', outcome: 'route-unknown', ...some },
      { minute: noonMinute, route: '/api/**', outcome: 'passed', ...four },
      { minute: noonMinute, route: '/api/**', outcome: 'token-missing', ...some },
      { minute: noonMinute, route: '/other', outcome: 'answered', ...some },
    ]
    expect(await rows()).toEqual(noon)
    await clock.advance(minuteMs)
    for (const isolate of isolates) {
      isolate.count()
      await isolate.settled()
    }
    const next = { minute: noonMinute + 1, route: '/api/**', outcome: 'passed', ...some }
    expect(await rows()).toEqual([...noon, next])
  })

  it.each([
    ['many requests', 5000],
    ['one request every 11 seconds', 11_000],
    ['one request every 50 seconds', 50_000],
  ])('are written once a minute at most, never by the first request: %s', async (_, everyMs) => {
    const writtenAt: number[] = []
    const isolate = openIsolate(clock, async () => void writtenAt.push(clock.now()), 0.5)
    isolate.count()
    expect(await isolate.settled()).toBe(0)
    for (let atMs = 0; atMs < 5 * minuteMs; atMs += everyMs) {
      await clock.advance(everyMs)
      isolate.count({}, 3)
      await isolate.settled()
    }
    const minutes = writtenAt.map((atMs) => Math.floor(atMs / minuteMs))
    expect(minutes.length).toBeGreaterThanOrEqual(3)
    expect(new Set(minutes).size).toBe(minutes.length)
  })

  it.each([
    [0, spreadMs.least],
    [0.5, (spreadMs.least + spreadMs.most) / 2],
    [0.999_999, spreadMs.most],
  ])('are written so long after the minute as chance says: %d', async (chance, delayMs) => {
    const isolate = openIsolate(clock, toD1, chance)
    isolate.count()
    await clock.advance(minuteMs + delayMs - 1)
    isolate.count()
    expect(await isolate.settled()).toBe(0)
    await clock.advance(1)
    isolate.count()
    expect(await isolate.settled()).toBe(1)
    isolate.count()
    expect(await isolate.settled()).toBe(0)
  })

  it('are of the minute in which the answer was there', async () => {
    const isolate = openIsolate(clock, toD1)
    await clock.advance(minuteMs + 10)
    isolate.count()
    await clock.advance(dueMs)
    isolate.count()
    await isolate.settled()
    expect(await rows()).toMatchObject([{ minute: noonMinute + 1, requests: 1 }])
  })

  it('are kept where they cannot be written, and written in a later minute', async () => {
    let isDown = true
    const isolate = openIsolate(clock, (counts, keptFrom) =>
      isDown ? Promise.reject(new Error('D1 is down')) : toD1(counts, keptFrom),
    )
    isolate.count({}, 5)
    await clock.advance(dueMs)
    isolate.count()
    expect(await isolate.settled()).toBe(1)
    expect(await rows()).toEqual([])
    isDown = false
    await clock.advance(minuteMs)
    isolate.count()
    await isolate.settled()
    expect((await rows()).map(({ requests }) => requests)).toEqual([5, 1])
  })

  it.each([
    ['goes on for ever', () => new Promise<void>(() => {}), 1],
    ['comes to pass too late', () => new Promise<void>((done) => clock.after(6000, done)), 1],
    ['comes to pass', () => Promise.resolve(), 0],
  ])('are held until their writing has come to pass: it %s', async (_, first, again) => {
    const written: (readonly Count[])[] = []
    const isolate = openIsolate(clock, (counts) => {
      written.push(counts)
      return written.length === 1 ? first() : Promise.resolve()
    })
    isolate.count({}, 5)
    await clock.advance(dueMs)
    isolate.count()
    await settle()
    await clock.advance(minuteMs)
    expect(await isolate.settled()).toBe(1)
    isolate.count()
    await isolate.settled()
    const noon = written.map((counts) => counts.filter(({ minute }) => minute === noonMinute))
    expect(noon.flat().map(({ requests }) => requests)).toEqual(again ? [5, 5] : [5])
    expect(written).toHaveLength(2)
  })

  it('are of so many kinds at the most while they cannot be written', async () => {
    const written: (readonly Count[])[] = []
    let isDown = true
    const isolate = openIsolate(clock, async (counts) => {
      if (isDown) throw new Error('D1 is down')
      written.push(counts)
    })
    for (let kind = 0; kind < heldRowsMax + 500; kind++) isolate.count({ route: `/${kind}` })
    isolate.count({ route: '/0' }, 2)
    await clock.advance(dueMs)
    isolate.count({ route: '/0' })
    await isolate.settled()
    isDown = false
    await clock.advance(minuteMs)
    isolate.count()
    await isolate.settled()
    const [all = []] = written
    expect(all).toHaveLength(heldRowsMax)
    expect(all.find(({ route }) => route === '/0')?.requests).toBe(3)
    isolate.count({ route: '/new' })
    await clock.advance(minuteMs)
    isolate.count()
    await isolate.settled()
    expect(written.at(-1)?.map(({ route }) => route)).toEqual(['/new'])
  })

  it('are all written at once, however many they are', async () => {
    const isolate = openIsolate(clock, toD1)
    for (let kind = 0; kind < heldRowsMax; kind++) isolate.count({ route: `/'"\u{1f600}${kind}` })
    await clock.advance(dueMs)
    isolate.count()
    await isolate.settled()
    expect(await rows()).toHaveLength(heldRowsMax)
  })

  it('are removed after thirty days, which an isolate does once a day', async () => {
    const removals: (number | undefined)[] = []
    const isolate = openIsolate(clock, async (counts, keptFrom) => {
      removals.push(keptFrom)
      await toD1(counts, keptFrom)
    })
    const countAfter = async (delayMs: number) => {
      await clock.advance(delayMs)
      isolate.count()
      await isolate.settled()
    }
    await countAfter(0)
    await countAfter(dueMs)
    await countAfter(28 * dayMs)
    await countAfter(minuteMs)
    expect((await rows())[0]).toMatchObject({ minute: noonMinute })
    await countAfter(2 * dayMs)
    expect((await rows()).map(({ minute }) => minute)).toEqual([
      noonMinute + 28 * 24 * 60 + 1,
      noonMinute + 28 * 24 * 60 + 2,
    ])
    expect(removals.map((keptFrom) => keptFrom !== undefined)).toEqual([true, true, false, true])
  })
})

describe('of the requests of a gateway', () => {
  const counted = async (seen: Awaited<ReturnType<typeof observe>>) =>
    (await seen.statistics()).map(({ route, outcome, requests }) => [route, outcome, requests])

  it('those that ask whether Usher is alive are not counted, and those without a route are of few kinds', async () => {
    const seen = await observe()
    for (const path of ['/nowhere/1', '/nowhere/2', '/_usher/livez', '/_usher/1', '/_usher/2']) {
      await seen.world.get(path)
    }
    await seen.world.get('/a%2fb')
    expect(await counted(seen)).toEqual([
      ['-', 'route-unknown', 2],
      ['-', 'target-has-encoded-separator', 1],
      ['usher', 'route-unknown', 2],
    ])
  })

  it('none is counted where the config says so', async () => {
    const seen = await observe({ config: { observation: { statistics: false } } })
    await seen.world.get('/public/x')
    expect(await counted(seen)).toEqual([])
    expect(seen.points).not.toEqual([])
  })

  it('what a client says of its body counts for those alone that passed', async () => {
    const seen = await observe()
    const init = { method: 'POST', body: 'four', headers: { 'content-length': '99999999999' } }
    seen.world.origin = ({ url }) => {
      if (url.endsWith('/broken')) throw new TypeError('No connection')
      return new Response('from the origin')
    }
    for (const path of ['/public/x', '/public/broken', '/api/x', '/nowhere']) {
      await seen.world.get(path, undefined, init)
    }
    const sums = (await seen.statistics()).map((row) => [row.outcome, row.bytes_in])
    expect(Object.fromEntries(sums)).toEqual({
      passed: 99_999_999_999,
      'origin-unreachable': 0,
      'token-missing': 0,
      'route-unknown': 0,
    })
  })
})
