import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, converse, openScene, rawRequest, type Scene } from '../support/gateway.ts'
import { headerValues, rawGet, sendRaw, status } from '../support/raw.ts'

// A gateway in trouble: a wrong configuration, a loop, and requests that are out of all proportion.

let scene: Scene
let broken: Scene

beforeAll(async () => {
  scene = await openScene()
  broken = await openScene({
    BROKEN: '1',
    CLERK_JWT_KEY: 'no key',
    CLERK_SECRET_KEY: 'no key either',
    AUTHORIZED_PARTIES: '*',
  })
})
afterAll(() => Promise.all([scene.close(), broken.close()]))
beforeEach(() => {
  scene.clear()
  broken.clear()
})

describe('a configuration with five errors', () => {
  it.each([
    '/',
    '/public/x',
    '/api/x',
    '/_usher/readyz',
    '/_usher/me',
    '/_usher/jwks.json',
    '/__clerk',
  ])('answers %s with 503 and one fixed sentence', async (target) => {
    const response = await broken.gateway.get(target, [bearer(await broken.gateway.token())])
    expect(status(response)).toBe(503)
    expect(JSON.parse(response.body)).toMatchObject({
      code: 'gateway-misconfigured',
      title: 'This gateway is not configured correctly.',
    })
    expect(broken.origin.requests).toEqual([])
  })

  it('is alive all the same', async () => {
    const response = await broken.gateway.get('/_usher/livez')
    expect(status(response)).toBe(200)
    expect(response.body).toContain('alive')
  })

  it.each(['h x', 'h:99999', 'h@evil', 'h/_usher/livez', '[::1', '%'])(
    'answers Host: %s with 503 too, never with 500',
    async (host) => {
      expect(status(await broken.gateway.get('/x', [`Host: ${host}`]))).toBe(503)
    },
  )

  it('lists every problem in the log with its place, and names none in an answer', async () => {
    const { problems } = await broken.gateway.notes()
    const places = problems.map((line) => line.split(':', 1).join())
    const kinds = places.map((place) => place.replace(/^routes\[\d+\]/, 'route'))
    expect(kinds.sort()).toEqual([
      'AUTHORIZED_PARTIES',
      'CLERK_JWT_KEY',
      'CLERK_SECRET_KEY',
      'route.origin',
      'route.path',
    ])
    const text = await converse(broken.gateway.port, rawGet('/x'))
    expect(places.filter((place) => text.includes(place))).toEqual([])
  })
})

describe('a route to the gateway’s own host', () => {
  it.each(['/self/x', '/self/members/x'])(
    '%s that comes back is a loop: 508, once round',
    async (target) => {
      const host = `Host: 127.0.0.1:${scene.gateway.port}`
      const token = bearer(await scene.gateway.token())
      await scene.gateway.notes()
      const response = await scene.gateway.get(target, [host, token])
      expect(status(response)).toBe(508)
      expect(response.body).toContain('loop-detected')
      expect((await scene.gateway.notes()).records).toHaveLength(2)
    },
  )
})

describe('what is out of all proportion', () => {
  const kibibyte = 1024
  it.each([
    ['8 KiB', 8, 401],
    ['64 KiB', 64, 401],
    ['200 KiB', 200, 401],
    ['1 MiB', 1024, 431],
  ])('a token of dots of %s is a refusal', async (_, size, expected) => {
    const response = await scene.gateway.get('/api/x', [bearer('.'.repeat(size * kibibyte))])
    expect(status(response)).toBe(expected)
    expect(scene.origin.requests).toEqual([])
  })

  it.each([
    ['a header of 1 MiB', () => rawGet('/public/x', [`X-Big: ${'a'.repeat(1024 * kibibyte)}`])],
    ['a target of 1 MiB', () => rawGet(`/public/${'a'.repeat(1024 * kibibyte)}`)],
    ['a target of 9 KiB', () => rawGet(`/public/${'a'.repeat(9 * kibibyte)}`)],
    ['a query of 9 KiB', () => rawGet(`/public/x?${'a'.repeat(9 * kibibyte)}`)],
    ['400 segments', () => rawGet(`/public${'/a'.repeat(400)}`)],
    ['8,000 dot segments', () => rawGet(`/public${'/.'.repeat(4000)}`)],
    ['an escape encoded 1,000 times', () => rawGet(`/public/%${'25'.repeat(1000)}61`)],
  ])('%s is a refusal of the client', async (_, bytes) => {
    const answered = status(await sendRaw(scene.gateway.port, bytes()))
    expect(answered).toBeGreaterThanOrEqual(400)
    expect(answered).toBeLessThan(500)
    expect(scene.origin.requests).toEqual([])
  })

  it('a cookie header of 100 KiB in 10,000 pieces passes without Clerk’s, in reasonable time', async () => {
    const crumbs = Array.from({ length: 10_000 }, (_, index) => `c${index}=1`)
    const line = `Cookie: ${[...crumbs, '__session=x.y.z'].join('; ')}`
    const startedAtMs = performance.now()
    expect(status(await scene.gateway.get('/public/x', [line]))).toBe(200)
    expect(headerValues(scene.arrived(), 'cookie')).toEqual([crumbs.join('; ')])
    expect(performance.now() - startedAtMs).toBeLessThan(2_000)
  })

  it('a thousand headers pass, each once', async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => `X-Mine-${index}: ${index}`)
    const bytes = rawRequest('GET', '/public/x', { headerLines: lines })
    expect(status(await sendRaw(scene.gateway.port, bytes))).toBe(200)
    const mine = scene.arrived().headerLines.filter((line) => line.startsWith('X-Mine-'))
    expect(mine.sort()).toEqual(lines.sort())
  })
})
