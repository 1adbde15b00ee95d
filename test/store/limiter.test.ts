import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openPasses, type Passes } from '../../src/store/passes.ts'
import { rarities, type Tally } from '../support/tally.ts'
import { play, stories } from './passes.property.ts'

/** The limiter of a caller who was never here. */
function newLimiter() {
  return env.LIMITER.get(env.LIMITER.idFromName(crypto.randomUUID()))
}

/** Gives the storage of a new limiter to a test. */
function inStorage<T>(run: (storage: DurableObjectStorage) => T): Promise<T> {
  return runInDurableObject(newLimiter(), (_, { storage }) => run(storage))
}

const minuteMs = 60_000

describe('the log of what passed', () => {
  const runs = 300

  it('lets no more pass in any window, and refuses nobody for longer than it says', async () => {
    const tally: Tally = new Map()
    await inStorage(({ sql }) => {
      fc.assert(
        fc.property(stories, (story) => {
          sql.exec('DROP TABLE IF EXISTS passes')
          play(story, () => openPasses(sql), tally)
        }),
        { numRuns: runs },
      )
    })
    const perStory = { passed: 3000, refused: 1000, 'passed again': 500 }
    expect(rarities(tally, runs, perStory)).toEqual([])
  })

  const wrong: Record<string, (sql: SqlStorage) => Passes> = {
    'counts in fixed windows': () => {
      let [windowAt, count] = [0, 0]
      return {
        take(requests, windowMs, nowMs) {
          const current = Math.floor(nowMs / windowMs)
          if (current !== windowAt) [windowAt, count] = [current, 0]
          const passes = count < requests
          if (passes) count += 1
          return { passes, remaining: requests - count, resetMs: windowMs - (nowMs % windowMs) }
        },
        sweep: () => undefined,
      }
    },
    'knows only what it has in memory': (sql) => {
      sql.exec('DROP TABLE IF EXISTS passes')
      return openPasses(sql)
    },
    'lets one more pass': (sql) => {
      const { take, sweep } = openPasses(sql)
      return { take: (requests, ...rest) => take(requests + 1, ...rest), sweep }
    },
    'refuses for too long': (sql) => {
      const { take, sweep } = openPasses(sql)
      return { take: (requests, windowMs, nowMs) => take(requests, windowMs * 1.1, nowMs), sweep }
    },
  }
  it.each(Object.entries(wrong))('would be found out if it %s', async (_, open) => {
    const { failed } = await inStorage(({ sql }) =>
      fc.check(
        fc.property(stories, (story) => {
          sql.exec('DROP TABLE IF EXISTS passes')
          play(story, () => open(sql), new Map())
        }),
        { numRuns: runs },
      ),
    )
    expect(failed).toBe(true)
  })

  it('neither frees a place nor wakes in vain because a clock was set back', async () => {
    const noonMs = 10 * minuteMs
    const [taken, againMs] = await inStorage(({ sql }) => {
      const log = openPasses(sql)
      const passes = [0, 0, -minuteMs / 2, 1, -minuteMs].map(
        (offsetMs) => log.take(3, minuteMs, noonMs + offsetMs).passes,
      )
      return [passes, log.sweep(noonMs + minuteMs / 2)]
    })
    expect(taken).toEqual([true, true, true, false, false])
    expect(againMs).toBe(noonMs + minuteMs)
  })

  it('has a thousand entries or so, however many pass', async () => {
    const rows = await inStorage(({ sql }) => {
      const log = openPasses(sql)
      let passed = 0
      for (let ms = 0; ms < minuteMs; ms += 10) {
        if (log.take(1_000_000, minuteMs, 10 * minuteMs + ms).passes) passed += 1
      }
      return [passed, [...sql.exec('SELECT * FROM passes')].length]
    })
    expect(rows).toEqual([6000, 1001])
  })
})

describe('a limiter', () => {
  it('lets exactly so many of those pass that come at once', async () => {
    const limiter = newLimiter()
    const tallies = await Promise.all(
      Array.from({ length: 500 }, () => limiter.take(100, minuteMs)),
    )
    expect(tallies.filter(({ passes }) => passes)).toHaveLength(100)
    const remaining = tallies.flatMap((one) => (one.passes ? [one.remaining] : []))
    expect(remaining.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })

  it('still knows after it was evicted', async () => {
    const limiter = newLimiter()
    for (const remaining of [2, 1, 0])
      expect(await limiter.take(3, minuteMs)).toMatchObject({ passes: true, remaining })
    await evictDurableObject(limiter)
    expect(await limiter.take(3, minuteMs)).toMatchObject({ passes: false, remaining: 0 })
  })

  it('has an alarm as soon as it counts anything, and keeps it while it does', async () => {
    const limiter = newLimiter()
    const alarm = () => runInDurableObject(limiter, (_, { storage }) => storage.getAlarm())
    await limiter.take(3, minuteMs)
    const first = await alarm()
    expect(first).toBeGreaterThanOrEqual(Date.now() + minuteMs - 10_000)
    expect(await runDurableObjectAlarm(limiter)).toBe(true)
    expect(await alarm()).toBe(first)
    expect(await limiter.take(3, minuteMs)).toMatchObject({ remaining: 1 })
  })

  it('is empty once nothing counts any more, and then counts anew', async () => {
    const limiter = newLimiter()
    const tables = () =>
      runInDurableObject(limiter, async (_, { storage }) => [
        [...storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'passes'")].length,
        await storage.getAlarm(),
      ])
    await runInDurableObject(limiter, async (_, { storage }) => {
      openPasses(storage.sql).take(3, minuteMs, Date.now() - 2 * minuteMs)
      await storage.setAlarm(Date.now() + minuteMs)
    })
    expect(await runDurableObjectAlarm(limiter)).toBe(true)
    expect(await tables()).toEqual([0, null])
    expect(await limiter.take(3, minuteMs)).toMatchObject({ passes: true, remaining: 2 })
    expect(await tables()).toEqual([1, expect.any(Number)])
  })
})
