import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

// For whom a token was made, and when a cookie may leave that unsaid.

const routes: GatewayConfig['routes'] = [
  { path: '/strict/**', origin: 'api', websocket: true },
  { path: '/lax/**', origin: 'api', cookieAzp: 'missing-ok', websocket: true },
  { path: '/lax-maybe/**', origin: 'api', cookieAzp: 'missing-ok', access: 'optional' },
]

const refused = '401 token-invalid-authorized-parties'
const ownOrigin = { origin: gatewayUrl }
const foreignOrigin = { origin: 'https://evil.test' }
type Headers = Readonly<Record<string, string>>

let world: World
let partyless: string
let foreign: string
beforeAll(async () => {
  world = await createWorld({ config: { routes } })
  partyless = await world.token({ azp: undefined })
  foreign = await world.token({ azp: 'https://evil.test' })
})

async function outcome(path: string, headers: Headers, method = 'GET', where = world) {
  where.sent.length = 0
  const response = await where.walk(new Request(`${gatewayUrl}${path}`, { method, headers }))
  if (response.ok) return where.sent.at(-1)?.headers.get('x-usher-user-id')
  const { code }: { code?: unknown } = await response.json()
  return `${response.status} ${code}`
}

const cookie = (token: string) => ({ cookie: `__session=${token}` })
const fetchSite = (site: string) => ({ 'sec-fetch-site': site })

describe('a session cookie without azp', () => {
  const cases: [string, Headers, boolean][] = [
    ['from the same origin', fetchSite('same-origin'), true],
    ['from no page', fetchSite('none'), true],
    ['from another site', fetchSite('cross-site'), false],
    ['from a sibling domain', fetchSite('same-site'), false],
    ['from somewhere unheard of', fetchSite('SAME-ORIGIN'), false],
    ['with our Origin', ownOrigin, true],
    ['with another Origin', foreignOrigin, false],
    ['with an opaque Origin', { origin: 'null' }, false],
    ['with another scheme', { origin: 'http://api.usher.test' }, false],
    ['with nothing that says where it comes from', {}, false],
    ['from another site, with our Origin', { ...fetchSite('cross-site'), ...ownOrigin }, false],
    [
      'from the same origin, with another Origin',
      { ...fetchSite('same-origin'), ...foreignOrigin },
      true,
    ],
  ]
  it.each(cases)('%s', async (_, headers, passes) => {
    const sent = { ...cookie(partyless), ...headers }
    expect(await outcome('/lax/x', sent)).toBe(passes ? 'user_ada' : refused)
    expect(await outcome('/lax-maybe/x', sent)).toBe(passes ? 'user_ada' : refused)
    expect(await outcome('/strict/x', sent)).toBe(refused)
    expect(await outcome('/_usher/me', sent)).toBe(refused)
  })

  it('changes something from the same origin alone', async () => {
    const sent = cookie(partyless)
    const post = (headers: Headers) => outcome('/lax/x', { ...sent, ...headers }, 'POST')
    expect(await post(fetchSite('same-origin'))).toBe('user_ada')
    expect(await post(ownOrigin)).toBe('user_ada')
    expect(await post(fetchSite('none'))).toBe('403 cross-site-request')
    expect(await post({})).toBe(refused)
  })

  it('opens a WebSocket from our Origin alone', async () => {
    const sent = { ...cookie(partyless), upgrade: 'websocket' }
    expect(await outcome('/lax/x', { ...sent, ...ownOrigin })).toBe('user_ada')
    expect(await outcome('/lax/x', { ...sent, ...foreignOrigin })).toBe(refused)
  })

  it('goes by the configured origin, where one is configured', async () => {
    const own = await createWorld({ config: { routes, canonicalOrigin: 'https://www.usher.test' } })
    const sent = cookie(await own.token({ azp: undefined }))
    const from = (origin: string) => outcome('/lax/x', { ...sent, origin }, 'GET', own)
    expect(await from('https://www.usher.test')).toBe('user_ada')
    expect(await from(gatewayUrl)).toBe(refused)
  })
})

describe('strict is', () => {
  it('every bearer token, wherever it comes from', async () => {
    const headers = { authorization: `Bearer ${partyless}`, ...fetchSite('same-origin') }
    expect(await outcome('/lax/x', headers)).toBe(refused)
    expect(await outcome('/strict/x', headers)).toBe(refused)
  })

  it.each([
    ['another frontend', () => foreign],
    ['nobody, in words', () => world.token({ azp: '' })],
    ['null', () => world.token({ azp: null })],
    ['a list with ours in it', () => world.token({ azp: ['https://app.usher.test'] })],
  ])('whatever names %s', async (_, make) => {
    const token = await make()
    for (const headers of [fetchSite('same-origin'), fetchSite('none'), ownOrigin]) {
      expect(await outcome('/lax/x', { ...cookie(token), ...headers })).toBe(refused)
    }
    expect(await outcome('/lax/x', { authorization: `Bearer ${token}` })).toBe(refused)
  })
})

describe('what is remembered of a token', () => {
  const here = fetchSite('same-origin')

  it('never lets it pass where it did not: let pass once, it is still refused elsewhere', async () => {
    const own = await world.token({ azp: undefined, jti: 'lax first' })
    const sent = { ...cookie(own), ...here }
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await outcome('/lax/x', sent)).toBe('user_ada')
      expect(await outcome('/strict/x', sent)).toBe(refused)
      expect(await outcome('/lax/x', cookie(own))).toBe(refused)
      expect(await outcome('/strict/x', { authorization: `Bearer ${own}` })).toBe(refused)
    }
  })

  it('never keeps it out where it may pass: refused once, it still passes there', async () => {
    const own = await world.token({ azp: undefined, jti: 'strict first' })
    const sent = { ...cookie(own), ...here }
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await outcome('/strict/x', sent)).toBe(refused)
      expect(await outcome('/lax/x', sent)).toBe('user_ada')
    }
  })

  it('costs no second look at the signature', async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify')
    const sent = { ...cookie(await world.token({ azp: undefined, jti: 'seen once' })), ...here }
    for (let turn = 0; turn < 3; turn += 1) expect(await outcome('/lax/x', sent)).toBe('user_ada')
    expect(verify).toHaveBeenCalledTimes(1)
    verify.mockRestore()
  })
})

it('a token that names one of our frontends needs none of this', async () => {
  const ours = await world.token()
  for (const path of ['/strict/x', '/lax/x']) {
    expect(await outcome(path, cookie(ours))).toBe('user_ada')
    expect(await outcome(path, { ...cookie(ours), ...fetchSite('cross-site') })).toBe('user_ada')
  }
})
