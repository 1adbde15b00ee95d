import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, converse, openScene, type Scene } from '../support/gateway.ts'
import { headerValues, rawGet, sendRaw, status } from '../support/raw.ts'

// A gateway in trouble: a wrong configuration, a loop, and requests that are out of all proportion.

let scene: Scene
let broken: Scene
/** Whose headers may be as large as a config can say. */
let lenient: Scene

beforeAll(async () => {
  scene = await openScene()
  broken = await openScene({
    BROKEN: '1',
    CLERK_JWT_KEY: 'no key',
    CLERK_SECRET_KEY: 'no key either',
    AUTHORIZED_PARTIES: '*',
  })
  lenient = await openScene({ HEADER_LIMITS: JSON.stringify({ count: 1_000, bytes: '128KiB' }) })
})
afterAll(() => Promise.all([scene, broken, lenient].map((one) => one.close())))
beforeEach(() => {
  scene.clear()
  broken.clear()
  lenient.clear()
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
    ['24 KiB', 24, 401],
    ['64 KiB', 64, 431],
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
    expect(status(await lenient.gateway.get('/public/x', [line]))).toBe(200)
    expect(headerValues(lenient.arrived(), 'cookie')).toEqual([crumbs.join('; ')])
    expect(performance.now() - startedAtMs).toBeLessThan(2_000)
  })
})

/** So many headers with names of their own; `Host` and `Connection` come with each request. */
const lines = (count: number) =>
  Array.from({ length: count - 2 }, (_, index) => `X-Mine-${index}: ${index}`)
/** One header, so that all of them have so many bytes on the wire. */
function filling(sizeBytes: number): readonly string[] {
  const others = 'Host: usher.test\r\nConnection: close\r\nX-Big: \r\n'.length
  return [`X-Big: ${'a'.repeat(sizeBytes - others)}`]
}

describe('the headers of a request', () => {
  it.each([
    ['100', () => scene, lines(100)],
    ['32 KiB', () => scene, filling(32 * 1024)],
    ['a thousand, where the config lets them', () => lenient, lines(1_000)],
    ['128 KiB, where the config lets them', () => lenient, filling(128 * 1024)],
  ] as const)('may be %s, and each arrives once', async (_, where, mine) => {
    expect(status(await where().gateway.get('/public/x', mine))).toBe(200)
    const arrived = where()
      .arrived()
      .headerLines.filter((line) => /^X-(Mine|Big)/.test(line))
    expect(arrived.sort()).toEqual([...mine].sort())
  })

  it.each([
    ['101', '/public/x', () => scene, lines(101)],
    ['more than 32 KiB', '/api/x', () => scene, filling(32 * 1024 + 1)],
    [
      'more than 32 KiB in many',
      '/public/x',
      () => scene,
      lines(90).map((line) => line + 'a'.repeat(400)),
    ],
    ['1,001 for a surface', '/_usher/livez', () => lenient, lines(1_001)],
    ['more than 128 KiB', '/nobody/x', () => lenient, filling(128 * 1024 + 1)],
  ] as const)(
    'may not be %s: 431, before anything else is looked at',
    async (_, target, where, mine) => {
      const response = await where().gateway.get(target, mine)
      expect([status(response), response.body]).toEqual([
        431,
        expect.stringContaining('headers-too-large'),
      ])
      expect(where().origin.requests).toEqual([])
    },
  )
})
