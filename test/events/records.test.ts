import { beforeEach, describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { answerFrom, everyCredential, opaqueRecords } from '../support/credentials.ts'
import type { World } from '../support/world.ts'
import { type Observed, observe } from './observed.ts'

// What is written down of a request.

const routes: GatewayConfig['routes'] = [
  { path: '/public/**', origin: 'api', access: 'public' },
  { path: '/optional/**', origin: 'api', access: 'optional' },
  { path: '/api/**', origin: 'api', accepts: ['session_token', 'api_key', 'm2m_token'] },
  { path: '/admin/**', origin: 'api', access: { role: 'admin' } },
]

/** The first 16 digits of the SHA-256 of `user_ada`. */
const adaHash = '63ef8539c7e06980'

let seen: Observed
let world: World
beforeEach(async () => {
  seen = await observe({ config: { routes }, variables: everyCredential })
  world = seen.world
  world.backend.answer = answerFrom(opaqueRecords)
})

describe('the line of a request', () => {
  it('says what was asked for, by whom, how it went and how long it took', async () => {
    world.origin = async () => {
      await world.clock.advance(7)
      return new Response('four', { status: 201, headers: { 'content-length': '4' } })
    }
    const init = { method: 'POST', body: '12345678', headers: { 'content-length': '8' } }
    const response = await world.get('/api/x?q=1', await world.token(), init)
    expect(await seen.last()).toEqual({
      requestId: response.headers.get('x-usher-request-id'),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      startedAtMs: world.clock.now() - 7,
      method: 'POST',
      host: 'api.usher.test',
      route: '/api/**',
      outcome: 'passed',
      status: 201,
      user: adaHash,
      durationMs: 7,
      authenticateMs: 0,
      introduceMs: 0,
      originMs: 7,
      keySource: 'network',
      origin: 'api',
      bytesIn: 8,
      bytesOut: 4,
    })
  })

  describe('says how long it took until the headers of the answer', () => {
    const slow = (delayMs: number) => async () => {
      await world.clock.advance(delayMs)
      return new Response('', { status: 500 })
    }

    it.each([
      [
        'of an origin',
        '/public/x',
        { authenticateMs: 0, introduceMs: 0, originMs: 9, durationMs: 9 },
      ],
      ['to who was kept waiting first', '/api/x', { authenticateMs: 5, durationMs: 5 }],
      ["of one of Usher's own surfaces", '/_usher/me', { durationMs: 5 }],
      ['to who did not have to wait', '/nowhere', { durationMs: 0 }],
    ])('%s', async (_, path, line) => {
      world.origin = slow(9)
      world.keyServer.answer = slow(5)
      await world.get(path, await world.token())
      const last = await seen.last()
      expect(last).toMatchObject(line)
      if (!('originMs' in line)) expect(last).not.toHaveProperty('originMs')
    })

    it('of a fault of our own', async () => {
      const faulty = await observe({
        async facts() {
          await faulty.world.clock.advance(3)
          throw new Error('A fault')
        },
      })
      await faulty.world.get('/admin/x', await faulty.world.token())
      await faulty.world.behind()
      expect(JSON.parse(String(faulty.errors))).toMatchObject({ durationMs: 3 })
    })
  })

  it('calls a machine by a pseudonym as it does a person, and nobody by any', async () => {
    await world.get('/api/x', 'mt_good')
    expect(await seen.last()).toMatchObject({ machine: expect.stringMatching(/^[0-9a-f]{16}$/) })
    expect(await seen.last()).not.toHaveProperty('user')
    await world.get('/public/x')
    expect(await seen.last()).not.toHaveProperty('machine')
    expect(await seen.last()).not.toHaveProperty('user')
  })

  it('is written once for each request, whether its caller was seen before or not', async () => {
    for (let time = 0; time < 3; time++) await world.get('/api/x', await world.token())
    await world.behind()
    expect(seen.lines).toHaveLength(3)
    expect(new Set(seen.lines.map((line) => JSON.parse(line).user)).size).toBe(1)
  })

  it.each([
    ['/nowhere/at-all', {}, { reason: 'route-unknown', status: 404, host: 'api.usher.test' }],
    ['/a%2fb', {}, { reason: 'target-has-encoded-separator', status: 400 }],
    ['/api/x', {}, { reason: 'token-missing', status: 401, route: '/api/**' }],
    [
      '/_usher/clerk-test',
      {},
      { reason: 'token-missing', status: 401, route: 'usher /clerk-test' },
    ],
    ['/_usher/no-such-room', {}, { reason: 'route-unknown', status: 404, route: 'usher' }],
    ['/_usher/me', { method: 'PUT' }, { reason: 'method-not-allowed', route: 'usher /me' }],
  ])('says why it was refused: %s', async (path, init, line) => {
    await world.get(path, undefined, init)
    expect(await seen.last()).toMatchObject({ outcome: 'refused', ...line })
    expect(await seen.last()).not.toHaveProperty('path')
  })

  it("names Usher's own surfaces, and who asked them", async () => {
    await world.get('/_usher/me', await world.token())
    const line = { outcome: 'answered', route: 'usher /me', status: 200, user: adaHash }
    expect(await seen.last()).toMatchObject(line)
  })

  it('says that a credential did not count where that refused nothing', async () => {
    const cookie = `__session=${await world.token({ exp: world.clock.now() / 1000 - 60 })}`
    const headers = { cookie, accept: 'text/html', 'sec-fetch-mode': 'navigate' }
    await world.get('/optional/x', undefined, { headers })
    expect(await seen.last()).toMatchObject({ outcome: 'passed', reason: 'token-expired' })
  })

  it('of a fault of our own is an error, and says what and where', async () => {
    const faulty = await observe({
      facts: async () => {
        throw new RangeError('the secret is 42')
      },
    })
    await faulty.world.get('/admin/x', await faulty.world.token())
    await faulty.world.behind()
    expect([faulty.lines.length, faulty.errors.length]).toEqual([0, 1])
    const line = JSON.parse(String(faulty.errors))
    expect(line).toMatchObject({ reason: 'internal-error', outcome: 'refused', status: 500 })
    expect(line.fault).toMatch(/^RangeError at /)
    expect(line.fault).not.toContain('secret')
  })

  it.each([
    ['every', ['passed', 'refused', 'answered']],
    ['refused', ['refused']],
    ['none', []],
  ] as const)('is written as the config says, a fault always: %s', async (records, outcomes) => {
    const facts = () => Promise.reject(new Error('A fault'))
    const chosen = await observe({ config: { observation: { records } }, facts })
    for (const path of ['/public/x', '/api/x', '/_usher/livez']) await chosen.world.get(path)
    await chosen.world.get('/admin/x', await chosen.world.token())
    await chosen.world.behind()
    expect(chosen.lines.map((line) => JSON.parse(line).outcome)).toEqual(outcomes)
    expect(chosen.errors.map((line) => JSON.parse(line).reason)).toEqual(['internal-error'])
  })
})

describe('where the key and the facts came from', () => {
  const sources = async () => {
    const { keySource, factSource } = (await seen.last()) ?? {}
    return [keySource, factSource]
  }

  it('is said of every request that needed them', async () => {
    const token = await world.token()
    await world.get('/public/x', token)
    expect(await sources()).toEqual([undefined, undefined])
    await world.get('/admin/x', token)
    expect(await sources()).toEqual(['network', 'database'])
    await world.get('/admin/x', token)
    expect(await sources()).toEqual(['memory', 'memory'])
    await world.get('/api/x', token)
    expect(await sources()).toEqual(['memory', undefined])
  })

  it('is KV on a cold isolate that finds the keys there', async () => {
    await world.get('/api/x', await world.token())
    await world.behind()
    const cold = world.coldIsolate()
    await cold.get('/api/x', await world.token())
    expect(cold.records.at(-1)).toMatchObject({ keySource: 'kv' })
  })

  it('is said where they could not be had, and of those who are refused', async () => {
    world.keyServer.answer = () => new Response(null, { status: 500 })
    await world.get('/api/x', await world.token())
    expect(await seen.last()).toMatchObject({ reason: 'keys-unavailable', keySource: 'network' })
  })

  it("is Clerk, and then memory, for an opaque credential's verdict", async () => {
    await world.get('/api/x', 'ak_ada')
    expect(await sources()).toEqual(['network', expect.anything()])
    await world.get('/api/x', 'ak_ada')
    expect(await sources()).toEqual(['memory', 'memory'])
  })

  it('is not said of a token that never came to be verified', async () => {
    await world.get('/api/x', 'junk')
    expect(await sources()).toEqual([undefined, undefined])
  })
})

describe('a data point', () => {
  it('tells of a request and of nobody', async () => {
    const token = await world.token()
    await world.get('/api/x', token)
    await world.get('/nowhere')
    expect(seen.points).toEqual([
      {
        indexes: ['/api/**'],
        blobs: ['/api/**', 'passed', 'GET', 'api'],
        doubles: [200, 0, 0, 0, 0],
      },
      { indexes: ['-'], blobs: ['-', 'route-unknown', 'GET', '-'], doubles: [404, 0, 0, 0, 0] },
    ])
  })

  it('has an index of 96 bytes at the most, and of whole characters', async () => {
    const name = `/${'ü'.repeat(60)}/**`
    const config = { routes: [{ path: name, origin: 'api', access: 'public' as const }] }
    const { world: long, points } = await observe({ config })
    await long.get(encodeURI(`/${'ü'.repeat(60)}/x`))
    const [index = ''] = points[0]?.indexes ?? []
    const bytes = new TextEncoder().encode(index).length
    expect(points[0]?.blobs[0]?.startsWith(index)).toBe(true)
    expect(bytes).toBeLessThanOrEqual(96)
    expect(bytes).toBeGreaterThan(90)
    expect(index).not.toContain('\ufffd')
  })

  it('that cannot be written fails no request', async () => {
    const analytics = {
      writeDataPoint() {
        throw new Error('There are too many')
      },
    }
    const { world: full } = await observe({ bindings: { ANALYTICS: analytics } })
    expect((await full.get('/public/x')).status).toBe(200)
  })
})
