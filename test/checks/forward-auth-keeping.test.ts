import { beforeEach, describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { dialects } from '../../src/model/checks.ts'
import type { Facts } from '../../src/model/facts.ts'
import { ok } from '../../src/model/result.ts'
import { createEdge } from '../gateway/limit-scene.ts'
import { answerFrom, everyCredential, opaqueRecords } from '../support/credentials.ts'
import { everyoneHolds, type World } from '../support/world.ts'
import { callers, checkOf, createChecksWorld, reasonOf } from './forward-auth-scene.ts'

// What a proxy may keep of an answer, and what a check counts.

const routes: GatewayConfig['routes'] = [
  { path: '/public/**', origin: 'elsewhere', access: 'public' },
  {
    path: '/optional/**',
    origin: 'elsewhere',
    access: 'optional',
    carriers: ['bearer', 'x-session'],
  },
  { path: '/api/**', origin: 'elsewhere' },
  { path: '/admin/**', origin: 'elsewhere', access: { role: 'admin' } },
  { path: '/tried/**', origin: 'elsewhere', access: { role: 'owner', mode: 'shadow' } },
  { path: '/fresh/**', origin: 'elsewhere', fresh: true },
  {
    path: '/counted/**',
    origin: 'elsewhere',
    limits: [{ limiter: 'edge', binding: 'BURST', by: 'address', requests: 9, window: '10s' }],
  },
]

let readAgoMs: number | undefined
let world: World
const nobody = { ...everyoneHolds(['admin']) }
const facts = async (): Promise<{ ok: true; value: Facts }> =>
  ok(readAgoMs === undefined ? nobody : { ...nobody, readAtMs: world.clock.now() - readAgoMs })

function open(maxAge: '5s' | '1500ms' | '3s' | undefined) {
  const checks = { callers, ...(maxAge && { maxAge }) }
  return createChecksWorld({ config: { routes, checks }, facts, bindings: { BURST: createEdge() } })
}

beforeEach(async () => {
  readAgoMs = undefined
  world = await open('5s')
})

/** What the answer to ada says of how long it may be kept, with a token that ends so many seconds from now. */
async function keptOf(uri: string, endsIn?: number, within = world): Promise<string | null> {
  const nowSeconds = Math.floor(within.clock.now() / 1000)
  const times = endsIn === undefined ? {} : { iat: nowSeconds - 50, exp: nowSeconds + endsIn }
  const headers = { authorization: `Bearer ${await within.token(times)}` }
  const answer = await within.walk(checkOf('nginx', { uri }, headers))
  expect(answer.status).toBe(200)
  return answer.headers.get('cache-control')
}

const notKept = 'private, no-store'
const keptFor = (seconds: number) => `private, max-age=${seconds}`

describe('a good answer may be kept', () => {
  it('not at all unless the config says so', async () => {
    const strict = await open(undefined)
    expect(await keptOf('/api/x', 10, strict)).toBe(notKept)
    expect(await keptOf('/public/x', 10, strict)).toBe(notKept)
  })

  it('for as long as the config says, in whole seconds', async () => {
    expect(await keptOf('/api/x')).toBe(keptFor(5))
    expect(await keptOf('/public/x')).toBe(keptFor(5))
    expect(await keptOf('/api/x', undefined, await open('1500ms'))).toBe(keptFor(1))
    expect(await keptOf('/api/x', undefined, await open('3s'))).toBe(keptFor(3))
  })

  it.each([
    [10, keptFor(5)],
    [5, keptFor(5)],
    [4, keptFor(4)],
    [1, keptFor(1)],
    [0, notKept],
    [-3, notKept],
  ])('no longer than the token, which ends in %i s, grace aside', async (endsIn, expected) => {
    expect(await keptOf('/api/x', endsIn)).toBe(expected)
  })

  it.each([
    [0, keptFor(5)],
    [55_000, keptFor(5)],
    [55_001, keptFor(4)],
    [57_500, keptFor(2)],
    [59_500, notKept],
    [61_000, notKept],
    [undefined, notKept],
  ])('no longer than facts that were read %s ms ago', async (agoMs, expected) => {
    readAgoMs = agoMs
    expect(await keptOf('/admin/x')).toBe(expected)
  })

  it('not where a ban counts at once, or every request is counted', async () => {
    readAgoMs = 0
    expect(await keptOf('/fresh/x')).toBe(notKept)
    expect(await keptOf('/counted/x')).toBe(notKept)
    expect(await keptOf('/tried/x')).toBe(notKept)
    expect(world.records.at(-1)?.shadow).toEqual({ route: '/tried/**', outcome: 'role-missing' })
  })

  it('not where Clerk alone can say what the credential is worth', async () => {
    const keyed = await createChecksWorld({
      config: {
        routes: [{ path: '/api/**', origin: 'elsewhere', accepts: ['api_key'] }],
        checks: { callers, maxAge: '5s' },
      },
      variables: everyCredential,
    })
    keyed.backend.answer = answerFrom(opaqueRecords)
    const answer = await keyed.walk(checkOf('nginx', {}, { authorization: 'Bearer ak_acme' }))
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, notKept])
  })

  it.each(dialects)('only for what it was decided by: %s', async (dialect) => {
    const check = checkOf(dialect, { uri: '/optional/x' })
    const { headers } = await world.walk(check)
    expect(headers.get('cache-control')).toBe(keptFor(5))
    const varies = (headers.get('vary') ?? '').toLowerCase().split(', ')
    const described = [...check.headers.keys()].filter((name) => name !== 'x-usher-caller')
    const consulted = [
      'authorization',
      'cookie',
      'x-session',
      'origin',
      'sec-fetch-site',
      'sec-fetch-mode',
      'accept',
      'x-usher-caller',
      'sec-websocket-key',
      'upgrade',
    ]
    expect(varies).toEqual(expect.arrayContaining([...described, ...consulted]))
  })

  it.each(dialects)('but never a refusal: %s', async (dialect) => {
    for (const uri of ['/api/x', '/nowhere']) {
      const { headers } = await world.walk(checkOf(dialect, { uri }))
      expect(headers.get('cache-control')).toBe(notKept)
    }
  })
})

describe('a check', () => {
  it('is counted by the described address, and refused when the limit is reached', async () => {
    const burst = createEdge()
    world = await createChecksWorld({
      config: { routes, checks: { callers } },
      facts,
      bindings: { BURST: burst },
    })
    const headers = {
      authorization: `Bearer ${await world.token()}`,
      'cf-connecting-ip': '198.51.100.1',
    }
    for (const address of ['192.0.2.7', '192.0.2.8', '192.0.2.7']) {
      for (const dialect of dialects) {
        const check = checkOf(dialect, { uri: '/counted/x', address }, headers)
        expect((await world.walk(check)).status).toBe(200)
      }
    }
    expect(burst.keys.length).toBe(3 * dialects.length)
    expect(new Set(burst.keys).size).toBe(2)
    burst.answer = async () => ({ success: false })
    for (const dialect of dialects) {
      const answer = await world.walk(checkOf(dialect, { uri: '/counted/x' }, headers))
      const status = dialect === 'nginx' ? 403 : 429
      expect([answer.status, reasonOf(answer)]).toEqual([status, 'too-many-requests'])
      expect(answer.headers.get('retry-after')).not.toBe(null)
    }
  })

  it('is not one of the requests at once: nobody says here when one is over', async () => {
    const limits = [{ concurrent: 1, by: 'address' }] as const
    world = await createChecksWorld({
      config: {
        origins: { api: { url: 'https://origin.usher.test' } },
        routes: [{ path: '/api/**', origin: 'api', access: 'public', limits }],
        checks: { callers },
      },
    })
    const answers = await Promise.all([1, 2, 3].map(() => world.walk(checkOf('nginx'))))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  })
})
