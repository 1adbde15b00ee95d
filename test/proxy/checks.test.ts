import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { defineGateway } from '../../src/config/define.ts'
import type { OriginConfig, SetOrigin } from '../../src/config/origins.ts'
import { frontDoor } from '../../src/front-door.ts'
import { createMemberHealth } from '../../src/store/member-health.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { makeSigningKeys } from '../support/signing-keys.ts'
import {
  answering,
  at,
  type Behaviour,
  dead,
  firstThenSecond,
  openSet,
  outcome,
  silent,
} from './set-scene.ts'

// The handler that the platform calls once a minute, over the real KV, and what requests make of what it found.

const signingKey = await makeSigningKeys()
const pair: SetOrigin = { members: at('a', 'b'), health: { check: { path: '/healthz' } } }

interface Cron {
  readonly clock: FakeClock
  readonly behaviours: Map<string, Behaviour>
  readonly calls: Request[]
  readonly counts: { reads: number; writes: number }
  readonly run: () => Promise<void>
}

function openCron(origins: Record<string, OriginConfig>): Cron {
  const clock = createFakeClock()
  const behaviours = new Map<string, Behaviour>()
  const calls: Request[] = []
  const counts = { reads: 0, writes: 0 }
  const routes = Object.keys(origins).flatMap((origin) =>
    [origin, `${origin}-too`].map((path) => ({ path: `/${path}/**`, origin })),
  )
  const door = frontDoor(() => ({
    definition: defineGateway(() => ({ origins, routes, hosts: ['usher.test'] })),
    app: () => Promise.reject(new Error('Nobody asked for a page')),
    clock,
    async fetch(input, init) {
      const request = new Request(input, init)
      calls.push(request)
      const member = new URL(request.url).hostname.split('.')[0] ?? ''
      return behaviours.get(member)?.(request) ?? new Response('well')
    },
    log: { log: () => undefined, warn: () => undefined, error: () => undefined },
  }))
  const kv = new Proxy(env.KV, {
    get(real, name) {
      if (name === 'get') counts.reads += 1
      if (name === 'put') counts.writes += 1
      const member: unknown = Reflect.get(real, name)
      return typeof member === 'function' ? member.bind(real) : member
    },
  })
  const bindings = {
    ...{ KV: kv, DB: env.DB, USHER_SIGNING_KEY: signingKey },
    CLERK_PUBLISHABLE_KEY: `pk_test_${btoa('clerk.usher.test$')}`,
  }
  return { clock, behaviours, calls, counts, run: () => door.scheduled(bindings) }
}

const down = async (origin = 'api') => [...(await createMemberHealth(env.KV).read(origin))]

beforeEach(async () => {
  for (const { name } of (await env.KV.list({ prefix: 'health:' })).keys) await env.KV.delete(name)
})

describe('checks', () => {
  it('ask each member once for the path below its address, as nobody', async () => {
    const members = [{ url: 'https://a.example.com/v1' }, { url: 'https://b.example.com' }]
    const cron = openCron({ api: { ...pair, members } })
    await cron.run()
    expect(
      cron.calls.map(({ method, url, redirect, cache }) => [method, url, redirect, cache]),
    ).toEqual([
      ['GET', 'https://a.example.com/v1/healthz', 'manual', 'no-store'],
      ['GET', 'https://b.example.com/healthz', 'manual', 'no-store'],
    ])
    expect([...(cron.calls[0]?.headers ?? [])]).toEqual([['user-agent', 'usher-health-check']])
  })

  it('show the secret by which the origin knows Usher', async () => {
    const secret = { header: 'X-Gateway-Secret', value: 'open sesame' }
    const cron = openCron({ api: { ...pair, secret } })
    await cron.run()
    expect(cron.calls.map(({ headers }) => headers.get('x-gateway-secret'))).toEqual(
      cron.calls.map(() => 'open sesame'),
    )
  })

  it('write nothing while all is well, and read no more than one value for a set', async () => {
    const cron = openCron({ api: pair })
    for (let count = 0; count < 3; count += 1) await cron.run()
    expect(cron.counts).toEqual({ reads: 3, writes: 0 })
  })

  it('write once when a member goes and once when it comes back', async () => {
    const cron = openCron({ api: pair })
    cron.behaviours.set('b', answering(500))
    for (let count = 0; count < 3; count += 1) await cron.run()
    expect([cron.counts.writes, await down()]).toEqual([1, ['b']])
    cron.behaviours.clear()
    for (let count = 0; count < 3; count += 1) await cron.run()
    expect([cron.counts.writes, await down()]).toEqual([2, []])
  })

  it.each<[string, Behaviour]>([
    ['cannot be reached', dead],
    ['redirects', answering(302, { headers: { location: 'https://elsewhere.test/' } })],
    ['answers 404', answering(404)],
    ['answers 503', answering(503)],
  ])('find a member down that %s, asked twice', async (_, behaviour) => {
    const cron = openCron({ api: pair })
    cron.behaviours.set('a', behaviour)
    await cron.run()
    expect(await down()).toEqual(['a'])
    expect(cron.calls.filter(({ url }) => url.startsWith('https://a.'))).toHaveLength(2)
  })

  it('find a member down that does not answer within 5 s, twice', async () => {
    const cron = openCron({ api: pair })
    cron.behaviours.set('a', silent)
    const run = cron.run()
    await cron.clock.advance(10_000)
    await run
    expect(await down()).toEqual(['a'])
  })

  it('forgive one bad answer', async () => {
    const cron = openCron({ api: pair })
    cron.behaviours.set('a', () => {
      cron.behaviours.delete('a')
      return new Response(null, { status: 500 })
    })
    await cron.run()
    expect(await down()).toEqual([])
  })

  it('are each set’s own', async () => {
    const other = { ...pair, members: at('c', 'd') }
    const cron = openCron({ api: pair, other })
    cron.behaviours.set('a', dead).set('d', dead)
    await cron.run()
    expect([await down('api'), await down('other')]).toEqual([['a'], ['d']])
  })

  it('ask nothing of anyone where no set wants them', async () => {
    const cron = openCron({
      single: { url: 'https://a.example.com', retry: true },
      set: { members: at('a', 'b') },
    })
    await cron.run()
    expect([cron.calls, cron.counts]).toEqual([[], { reads: 0, writes: 0 }])
  })

  it('are skipped in a house that is shut', async () => {
    const cron = openCron({ api: { ...pair, members: [] } })
    await expect(cron.run()).resolves.toBeUndefined()
    expect(cron.calls).toEqual([])
  })
})

describe('what is kept of checks', () => {
  it('is forgotten after an hour unless a check confirms it', async () => {
    const written: unknown[] = []
    const put = async (...given: unknown[]) => void written.push(given)
    const kv = { get: env.KV.get.bind(env.KV), put }
    await createMemberHealth(kv).write('api', new Set(['b', 'a']))
    expect(written).toEqual([['health:api', '["a","b"]', { expirationTtl: 3600 }]])
  })

  it.each([
    '',
    'x',
    '{}',
    'null',
    '"a"',
    '[1,null,{}]',
    `[${Array.from({ length: 33 }, () => '"a"')}]`,
  ])('accuses nobody where it is %j', async (text) => {
    await env.KV.put('health:api', text)
    expect(await down()).toEqual([])
  })
})

describe('what checks found', () => {
  it('is read behind a request, at most every 30 s, and is never waited for', async () => {
    const scene = openSet(pair)
    let reads = 0
    scene.readChecks = () => {
      reads += 1
      return new Promise(() => undefined)
    }
    expect(await outcome(scene.send())).toBe(200)
    await scene.clock.advance(29_999)
    await scene.send()
    expect(reads).toBe(1)
    await scene.clock.advance(1)
    await scene.send()
    expect(reads).toBe(2)
  })

  it('keeps requests from a member, once it is read', async () => {
    const scene = openSet(pair)
    scene.readChecks = async () => new Set(['a'])
    scene.lots.push(...firstThenSecond)
    await scene.send()
    await scene.behind()
    for (let count = 0; count < 5; count += 1) {
      scene.lots.push(...firstThenSecond)
      await scene.send()
    }
    expect(scene.asked()).toEqual(['a', 'b', 'b', 'b', 'b', 'b'])
  })

  it.each([
    ['when it cannot be read', 30_000, () => Promise.reject(new Error('KV is down'))],
    ['when nobody has read it for two minutes', 120_000, () => new Promise<never>(() => undefined)],
  ])('is forgotten %s', async (_, afterMs, readChecks) => {
    const scene = openSet(pair)
    scene.readChecks = async () => new Set(['a'])
    await scene.send()
    await scene.behind()
    await scene.clock.advance(afterMs)
    scene.readChecks = readChecks
    await scene.send()
    await scene.clock.advance(0)
    scene.asked()
    scene.lots.push(...firstThenSecond)
    await scene.send()
    expect(scene.asked()).toEqual(['a'])
  })

  it('is not read where no check is asked for', async () => {
    const scene = openSet({ members: at('a', 'b') })
    scene.readChecks = () => Promise.reject(new Error('This was not asked for'))
    await scene.send()
    await expect(scene.behind()).resolves.toBeUndefined()
  })
})
