import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { settle } from '../support/fake-clock.ts'
import { asksForFacts, databaseThat, type Fault, faults } from '../support/faults.ts'
import { jwks, makeKey } from '../support/tokens.ts'
import { createWorld, type World } from '../support/world.ts'
import { outcomeOf, type Reply, replyOf } from './faults.run.ts'

// What an outage costs: how often the parts are asked meanwhile, and when it is over for callers.

const second = 1000
const minute = 60 * second
const burst = 50
const noKeys = '503 keys-unavailable'
const noFacts = '503 facts-unavailable'
const routes = [
  { path: '/public/**', origin: 'api', access: 'public' },
  { path: '/api/**', origin: 'api' },
  { path: '/admin/**', origin: 'api', access: { role: 'admin' } },
] as const

let world: World
beforeEach(async () => {
  for (const table of ['users', 'role_grants']) await env.DB.exec(`DELETE FROM ${table}`)
  world = await createWorld({ config: { routes } })
  await warmUp()
})

/** Twice: after the first time there is a record of the person, and what was known is read anew. */
async function warmUp(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    expect((await world.get('/admin/x', await world.token())).status).toBe(200)
    await world.behind()
  }
}

function breakPart(part: Fault['part'], way: Fault['way'], at = world): void {
  const fault = faults.find((one) => one.part === part && one.way === way)
  if (fault === undefined) throw new RangeError(`Nothing breaks ${part} that way`)
  if (part === 'd1') at.store.database ??= env.DB
  fault.breaks(at)
}

const readyz = '/_usher/readyz'

/** What comes of a request while the clock moves on by `waitMs`. A probe shows no token. */
async function ask(at: World, path: string, waitMs = 0): Promise<string> {
  const response = at.get(path, path === readyz ? undefined : await at.token())
  await at.clock.pass(waitMs)
  return outcomeOf(await replyOf(await response))
}

/** What comes of fifty requests at once, each with a token of its own. */
async function askAtOnce(at: World, path: string, waitMs = 0): Promise<readonly Reply[]> {
  const tokens = await Promise.all(
    Array.from({ length: burst }, (_, index) => at.token({ jti: `jti_${index}` })),
  )
  const answers = tokens.map((token) => at.get(path, path === readyz ? undefined : token))
  await at.clock.pass(waitMs)
  return Promise.all(answers.map(async (answer) => replyOf(await answer)))
}

const kindsOf = (replies: readonly Reply[]) => [...new Set(replies.map(outcomeOf))]

/** How often KV and the key server were asked since. */
function countFrom({ store, keyServer }: World) {
  const [reads, asked] = [store.reads, keyServer.asked]
  return () => ({ reads: store.reads - reads, asked: keyServer.asked - asked })
}

/** Counts the readings of facts from now on; `answer` stands in for the real D1. */
function countFacts(answer?: () => Promise<never>): () => number {
  let count = 0
  const countAndAnswer = (sql: string, real: () => Promise<unknown>) => {
    if (!asksForFacts(sql)) return real()
    count += 1
    return answer === undefined ? real() : answer()
  }
  world.store.database = databaseThat(countAndAnswer, env.DB)
  return () => count
}

const forever = () => new Promise<never>(() => {})

describe('fifty requests at once in a cold isolate', () => {
  it.each([
    ['slow', 2000],
    ['fails', 0],
    ['nonsense', 0],
  ] as const)('and the key server %s: three fetches at most', async (way, waitMs) => {
    const cold = world.coldIsolate()
    cold.store.values.clear()
    breakPart('keys', way, cold)
    const calls = countFrom(cold)
    const replies = await askAtOnce(cold, '/api/x', waitMs + 25)
    expect(kindsOf(replies)).toEqual([noKeys])
    expect(new Set(replies.map(({ headers }) => headers.get('retry-after')))).toEqual(
      new Set(['2']),
    )
    expect(calls().asked).toBeLessThanOrEqual(3)
    expect(calls().reads).toBeLessThanOrEqual(3)
    await cold.keyServer.publish(world.key)
    await cold.clock.pass(second)
    expect(kindsOf(await askAtOnce(cold, '/api/x', 25))).toEqual(['200'])
    expect(calls().asked).toBeLessThanOrEqual(6)
  })

  it('and KV that never answers: half a second, three fetches at most, and all pass', async () => {
    const cold = world.coldIsolate()
    breakPart('kv', 'slow', cold)
    const calls = countFrom(cold)
    expect(kindsOf(await askAtOnce(cold, '/api/x', 525))).toEqual(['200'])
    expect(calls().reads).toBeLessThanOrEqual(3)
    expect(calls().asked).toBeLessThanOrEqual(3)
  })

  it('and both never answering: 503 for all within two and a half seconds', async () => {
    const cold = world.coldIsolate()
    for (const part of ['kv', 'keys'] as const) breakPart(part, 'slow', cold)
    const calls = countFrom(cold)
    expect(kindsOf(await askAtOnce(cold, '/api/x', 2525))).toEqual([noKeys])
    expect(calls()).toEqual({ reads: 3, asked: 3 })
  })

  it('and D1 that never answers: one reading of facts for each, none twice', async () => {
    const facts = countFacts(forever)
    expect(kindsOf(await askAtOnce(world.coldIsolate(), '/admin/x', 2025))).toEqual([noFacts])
    expect(facts()).toBe(burst)
  })

  it('when all is well: nobody who asks for readiness is told of an outage', async () => {
    const cold = world.coldIsolate()
    const calls = countFrom(cold)
    expect(kindsOf(await askAtOnce(cold, readyz, 100))).toEqual(['200'])
    expect(calls().reads).toBeLessThanOrEqual(2)
  })
})

describe('a warm isolate in an outage', () => {
  it('reads facts that grow old once in two seconds, however many ask', async () => {
    await world.clock.pass(30 * second)
    const facts = countFacts(forever)
    for (let passed = 0; passed < 6; passed++) {
      expect(kindsOf(await askAtOnce(world, '/admin/x'))).toEqual(['200'])
      await world.clock.pass(second)
    }
    expect(facts()).toBe(3)
  })

  it('looks for newer keys once in five minutes, however many ask', async () => {
    await world.clock.pass(60 * minute)
    for (const part of ['kv', 'keys'] as const) breakPart(part, 'slow')
    const calls = countFrom(world)
    for (let passed = 0; passed < 11; passed++) {
      expect(kindsOf(await askAtOnce(world, '/api/x'))).toEqual(['200'])
      await world.clock.pass(minute)
    }
    expect(calls()).toEqual({ reads: 3, asked: 3 })
  })

  it('without any keys asks for them once a second, however many ask', async () => {
    await world.clock.pass(24 * 60 * minute)
    breakPart('keys', 'fails')
    const calls = countFrom(world)
    for (let passed = 0; passed < 50; passed++) {
      expect(await ask(world, '/api/x')).toBe(noKeys)
      await world.clock.pass(100)
    }
    expect(calls().asked).toBe(5)
  })
})

describe('when the fault is over, the next request is answered', () => {
  // [the part, how it was broken, the route, how long after the fault, what comes of it]
  it.each([
    ['keys', 'fails', '/api/x', 999, noKeys],
    ['keys', 'fails', '/api/x', 1000, '200'],
    ['keys', 'nonsense', '/api/x', 999, noKeys],
    ['keys', 'nonsense', '/api/x', 1000, '200'],
    ['keys', 'slow', '/api/x', 0, '200'],
    ['d1', 'fails', '/admin/x', 0, '200'],
    ['d1', 'slow', '/admin/x', 0, '200'],
    ['d1', 'nonsense', '/admin/x', 0, '200'],
    ['origin', 'fails', '/public/x', 0, '200'],
    ['origin', 'slow', '/public/x', 0, '200'],
    ['origin', 'nonsense', '/public/x', 0, '200'],
    ['d1', 'fails', readyz, 4999, '503 not ready'],
    ['d1', 'fails', readyz, 5000, '200'],
  ] as const)('%s %s no more: %s after %i ms: %s', async (part, way, path, ms, outcome) => {
    const cold = world.coldIsolate()
    cold.store.values.clear()
    const { answer } = cold.keyServer
    const { origin } = cold
    breakPart(part, way, cold)
    expect(await ask(cold, path, way === 'slow' ? 30 * second : 0)).not.toBe('200')
    cold.keyServer.answer = answer
    cold.store.database = undefined
    cold.origin = origin
    await cold.clock.pass(ms)
    expect(await ask(cold, path)).toBe(outcome)
  })

  it('a key published late counts after 30 s, also for the token that was refused meanwhile', async () => {
    const late = await makeKey('ins_late')
    const token = await world.token({ exp: world.clock.now() / 1000 + 3600 }, {}, late)
    const outcome = async (shown: string) =>
      outcomeOf(await replyOf(await world.get('/api/x', shown)))
    expect(await outcome(token)).toBe('401 jwk-kid-mismatch')
    await world.keyServer.publish(world.key, late)
    await world.clock.pass(30 * second - 1)
    expect(await outcome(token)).toBe('401 jwk-kid-mismatch')
    await world.clock.pass(1)
    expect(await outcome(token)).toBe('200')
  })
})

describe('a set in KV that is not what the issuer publishes', () => {
  it.each([
    ['of a stranger', 'ins_stranger'],
    ['with another key under the same name', 'ins_usher'],
  ])('%s: the key server has the last word, and its outage is no verdict', async (_, kid) => {
    const stored = JSON.stringify(await jwks(await makeKey(kid)))
    const record = { fetchedAtMs: world.clock.now() - 10 * minute, jwks: stored }
    const [well, ill] = [world.apart(), world.apart()]
    for (const { store } of [well, ill]) store.read = async () => JSON.stringify(record)
    breakPart('keys', 'fails', ill)
    expect(await ask(well, '/api/x')).toBe('200')
    expect(await ask(ill, '/api/x')).toBe(noKeys)
  })
})

describe('an origin that breaks off in the middle of its body', () => {
  it('leaves a broken body: nothing is made up for the rest', async () => {
    world.origin = () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('half')),
        pull: (controller) => controller.error(new Error('reset')),
      })
      return new Response(body)
    }
    const response = await world.get('/public/x')
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
    await settle()
  })
})
