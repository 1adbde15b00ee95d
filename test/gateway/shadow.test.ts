import { describe, expect, it } from 'vitest'
import type { RouteConfig } from '../../src/config/define.ts'
import type { Facts } from '../../src/model/facts.ts'
import { everyCredential } from '../support/credentials.ts'
import { everyoneHolds, type World } from '../support/world.ts'
import { factsInHand, fate, shadow, worldOf } from './shadow-scene.ts'
import { openSocket } from './socket-scene.ts'

// What is in shadow is tried on the requests that pass, and refuses nobody.

describe('a condition in shadow', () => {
  const routes: RouteConfig[] = [
    { path: '/admin', origin: 'api', access: { role: 'admin', ...shadow } },
    { path: '/orgs/:id', origin: 'api', access: { org: ':id', ...shadow } },
    {
      path: '/both',
      origin: 'api',
      access: { role: 'reader', all: [{ role: 'admin', ...shadow }] },
    },
    { path: '/fresh', origin: 'api', fresh: true, access: { role: 'admin', ...shadow } },
    { path: '/plain', origin: 'api' },
  ]
  const acme = { v: 2, o: { id: 'org_acme', slg: 'acme' } }

  it.each([
    ['/admin', {}, ['origin', 'user_ada', '/admin: role-missing']],
    ['/orgs/org_acme', acme, ['origin', 'user_ada', '/orgs/:id: passed']],
    ['/orgs/org_other', acme, ['origin', 'user_ada', '/orgs/:id: organization-mismatch']],
    ['/both', {}, ['origin', 'user_ada', '/both: role-missing']],
    ['/plain', {}, ['origin', 'user_ada', undefined]],
  ])('on %s is recorded and lets pass', async (path, claims, expected) => {
    const world = await worldOf(
      routes,
      factsInHand(() => ({})),
    )
    expect(await fate(world, path, await world.token(claims))).toEqual(expected)
  })

  it('is not tried on whom what is in force keeps out', async () => {
    const { facts } = factsInHand(() => everyoneHolds(['admin']))
    const world = await worldOf(routes, { facts })
    const kept = await fate(world, '/both', await world.token())
    expect(kept).toEqual(['403 role-missing', undefined, undefined])
    expect(await fate(world, '/admin')).toEqual(['401 token-missing', undefined, undefined])
    expect(world.sent).toEqual([])
  })

  it.each([
    ['unreadable', '/admin: facts-unavailable'],
    ['broken', '/admin: internal-error'],
    [{ status: 'banned' }, '/admin: user-banned'],
    [{ endedSessions: ['sess_ada'] }, '/admin: session-ended'],
    [everyoneHolds(['admin']), '/admin: passed'],
  ] as const)(
    'has the facts read that it needs, and refuses nobody by them: %j',
    async (told, tried) => {
      const { facts, asked } = factsInHand(() => told)
      const world = await worldOf(routes, { facts })
      expect(await fate(world, '/admin', await world.token())).toEqual([
        'origin',
        'user_ada',
        tried,
      ])
      expect(asked).toHaveLength(1)
      await fate(world, '/plain', await world.token())
      expect(asked).toHaveLength(1)
    },
  )

  it('asks nothing again that was asked for what is in force', async () => {
    const { facts, asked } = factsInHand(() => ({}))
    const world = await worldOf(routes, { facts })
    for (const path of ['/fresh', '/both']) {
      const [, , tried] = await fate(world, path, await world.token())
      expect(tried).toBe(`${path}: role-missing`)
    }
    expect(asked.map(({ mustBeFresh }) => mustBeFresh)).toEqual([true, false])

    const unread = factsInHand(() => 'unreadable')
    const access = {
      any: [{ role: 'reader' }, { plan: 'pro' }],
      all: [{ role: 'admin', ...shadow }],
    }
    const other = await worldOf([{ path: '/any', origin: 'api', access }], unread)
    const [, , tried] = await fate(other, '/any', await other.token({ pla: 'u:pro' }))
    expect([tried, unread.asked.length]).toEqual(['/any: facts-unavailable', 1])
  })

  it('closes no WebSocket', async () => {
    let told = everyoneHolds(['admin'])
    const config = { path: '/live', origin: 'api', websocket: true }
    const access = { role: 'reader', all: [{ role: 'admin', ...shadow }] }
    const { facts, asked } = factsInHand(() => told)
    told = everyoneHolds(['admin', 'reader'])
    const world = await worldOf([{ ...config, access }], { facts })
    const socket = await openSocket(world, '/live', await world.token())
    told = everyoneHolds(['reader'])
    await world.clock.advance(90_000)
    expect(asked.length).toBeGreaterThan(2)
    expect(await socket.passes()).toEqual({ up: true, down: true })
    told = everyoneHolds([])
    await world.clock.advance(30_000)
    expect(socket.client.closed).toBe('4403 role-missing')
  })
})

describe('a route in shadow where another one takes the request', () => {
  const routes: RouteConfig[] = [
    { path: '/api/**', origin: 'api' },
    { path: '/api/keys', origin: 'tried', accepts: ['api_key'], ...shadow },
    { path: '/api/admin/**', origin: 'tried', access: { role: 'admin' }, ...shadow },
    { path: '/api/admin/audit', origin: 'api', access: { role: 'reader' } },
    { path: '/open/**', origin: 'api', access: 'public' },
    { path: '/open/admin', origin: 'tried', access: { role: 'admin' }, ...shadow },
    { path: '/open/**', origin: 'tried', ...shadow },
    { path: '/deep/**', origin: 'tried', ...shadow },
    { path: '/deep/a/**', origin: 'tried', access: { role: 'admin' }, ...shadow },
  ]
  const cases: [string, boolean, unknown[]][] = [
    ['/api/x', true, ['origin', 'user_ada', undefined]],
    ['/api/keys', true, ['origin', 'user_ada', '/api/keys: token-type-mismatch']],
    ['/api/admin/x', true, ['origin', 'user_ada', '/api/admin/**: role-missing']],
    ['/api/admin/x', false, ['401 token-missing', undefined, undefined]],
    // What is more specific yet is in force, and would be.
    ['/api/admin/audit', true, ['origin', 'user_ada', undefined]],
    // A public route verifies nothing, and tells its origin of nobody, whatever is tried.
    ['/open/x', true, ['origin', '', '/open/**: passed']],
    ['/open/x', false, ['origin', '', '/open/**: token-missing']],
    ['/open/admin', true, ['origin', '', '/open/admin: role-missing']],
    // Of two in shadow the more specific one would take it.
    ['/deep/a/b', true, ['tried', 'user_ada', '/deep/a/**: role-missing']],
    ['/deep/b', true, ['tried', 'user_ada', '/deep/**: passed']],
  ]
  it.each(cases)('%s (signed in: %s)', async (path, isSignedIn, expected) => {
    const world = await worldOf(
      routes,
      factsInHand(() => ({})),
    )
    const token = isSignedIn ? await world.token() : undefined
    expect(await fate(world, path, token)).toEqual(expected)
  })

  it('is what a public request waited for, where it waited', async () => {
    const world = await worldOf(routes)
    const answer = world.keyServer.answer
    world.keyServer.answer = async () => {
      await world.clock.advance(5)
      return answer()
    }
    await fate(world, '/open/x', await world.token())
    expect(world.records.at(-1)).toMatchObject({ authenticateMs: 5, originMs: 0 })
  })

  it('passes on what a request with a broken credential would have met', async () => {
    const world = await worldOf(routes)
    world.keyServer.answer = () => new Response(null, { status: 500 })
    const down = await fate(world, '/open/x', await world.token())
    expect(down).toEqual(['origin', '', '/open/**: keys-unavailable'])
    expect(world.records.at(-1)).toMatchObject({ outcome: 'passed', status: 200 })
  })
})

describe('a route in shadow that nothing else takes the request from', () => {
  const page = 'https://app.usher.test'
  const variables = { ...everyCredential, AUTHORIZED_PARTIES: page }
  const routes: RouteConfig[] = [
    {
      path: '/**',
      origin: 'tried',
      access: { role: 'reader' },
      carriers: ['bearer', 'cookie'],
      ...shadow,
    },
    { path: '/posts', origin: 'api', methods: ['GET'], access: 'public' },
    { path: '/posts', origin: 'tried', methods: ['POST'], cors: { origins: [page] }, ...shadow },
    { path: '/a/b', origin: 'api' },
    { path: '/keys', origin: 'tried', accepts: ['api_key'], carriers: ['x-api-key'], ...shadow },
    {
      path: '/limited',
      origin: 'tried',
      limits: [{ limiter: 'edge', by: 'address', binding: 'B', requests: 1, window: '10s' }],
      ...shadow,
    },
  ]

  interface Case {
    readonly token?: (world: World) => string | Promise<string>
    readonly told?: Partial<Facts> | 'unreadable' | 'broken'
    readonly isDown?: boolean
    readonly user?: string
    readonly tried: string
    /** What is none of our credentials is its origin's, as on a public route. */
    readonly isShown?: boolean
  }
  const ada = (world: World) => world.token()
  const long = (world: World) => world.token({ exp: world.clock.now() / 1000 + 3600 })
  const foreign = (world: World) => world.token({ iss: 'https://x.test' })
  const user = 'user_ada'
  const cases: Record<string, Case> = {
    'with a good credential': { token: ada, user, tried: 'passed' },
    'without the role': { token: ada, told: everyoneHolds([]), user, tried: 'role-missing' },
    'without facts': { token: ada, told: 'unreadable', user, tried: 'facts-unavailable' },
    'with nothing': { tried: 'token-missing' },
    'with something': { token: () => 'junk', tried: 'token-invalid', isShown: true },
    'with an old token': { token: (world) => world.token({ exp: 1 }), tried: 'token-expired' },
    'with a foreign token': { token: foreign, tried: 'token-invalid-issuer', isShown: true },
    'with a key': { token: () => 'ak_ada', tried: 'token-type-mismatch' },
    'when banned': { token: ada, told: { status: 'banned' }, tried: 'user-banned' },
    'for long, without facts': { token: long, told: 'unreadable', tried: 'facts-unavailable' },
    'by a fault of our own': { token: ada, told: 'broken', tried: 'internal-error' },
    'without keys': { token: ada, isDown: true, tried: 'keys-unavailable' },
  }
  it.each(Object.entries(cases))('sends it to its own origin: %s', async (_, one) => {
    const { told = {}, isDown = false, user = '', tried, isShown = false } = one
    const world = await worldOf(routes, { variables, ...factsInHand(() => told) })
    if (isDown) world.keyServer.answer = () => new Response(null, { status: 500 })
    const token = await one.token?.(world)
    expect(await fate(world, '/x', token)).toEqual(['tried', user, `/**: ${tried}`])
    const headers = world.sent[0]?.headers
    expect(headers?.get('x-usher-authenticated')).toBe(user === '' ? '0' : '1')
    expect(headers?.get('x-usher-assertion') === '').toBe(user === '')
    expect(headers?.get('authorization')).toBe(isShown ? `Bearer ${token}` : null)
    expect(world.records.at(-1)).toMatchObject({ outcome: 'passed', status: 200 })
  })

  it('knows nobody by a cookie that another site had sent', async () => {
    const world = await worldOf(routes, { variables })
    const headers = { cookie: `__session=${await world.token()}`, 'sec-fetch-site': 'cross-site' }
    const found = await fate(world, '/x', undefined, { method: 'POST', headers })
    expect(found).toEqual(['tried', '', '/**: cross-site-request'])
    expect(world.sent[0]?.headers.has('cookie')).toBe(false)
  })

  it('takes no method that another one refuses, and answers no preflight about it', async () => {
    const world = await worldOf(routes, { variables })
    expect(await fate(world, '/posts')).toEqual(['origin', '', undefined])
    const posted = await fate(world, '/posts', undefined, { method: 'POST' })
    expect(posted).toEqual(['405 method-not-allowed', undefined, undefined])
    const headers = { origin: page, 'access-control-request-method': 'POST' }
    const asked = await world.get('/posts', undefined, { method: 'OPTIONS', headers })
    expect([asked.status, asked.headers.has('access-control-allow-origin')]).toEqual([405, false])
  })

  it('withholds the credential that was not looked at', async () => {
    const world = await worldOf(routes, { variables })
    const headers = { 'x-api-key': 'nonsense' }
    expect(await fate(world, '/keys', undefined, { headers })).toEqual([
      'tried',
      '',
      expect.anything(),
    ])
    expect(world.sent[0]?.headers.has('x-api-key')).toBe(false)
  })

  it.each([
    ['/a%2Fb', {}, 'target-has-encoded-separator'],
    ['/x', { headers: { upgrade: 'websocket' } }, 'upgrade-not-allowed'],
    ['/_usher/nothing', {}, 'route-unknown'],
    ['/__clerk/x', {}, 'route-unknown'],
    ['/a/b', {}, 'token-missing'],
    ['/limited', {}, 'binding-missing'],
  ])('leaves in force what is no policy, and what is another’s: %s', async (path, init, code) => {
    const world = await worldOf(routes, { variables })
    const [found] = await fate(world, path, undefined, init)
    expect([path, found]).toEqual([path, expect.stringMatching(`^[45]\\d\\d ${code}$`)])
    expect(world.sent).toEqual([])
  })

  it('answers preflights itself where it owns CORS, and tries nothing on them', async () => {
    const line = { path: '/x', origin: 'tried', cors: { origins: [page] }, ...shadow }
    const world = await worldOf([line])
    const headers = { origin: page, 'access-control-request-method': 'GET' }
    const response = await world.get('/x', undefined, { method: 'OPTIONS', headers })
    expect(response.headers.get('access-control-allow-origin')).toBe(page)
    expect(world.records.at(-1)?.shadow).toBeUndefined()
    expect(world.sent).toEqual([])
  })

  it('is none on a host that is not served', async () => {
    const config = { hosts: ['other.usher.test'] }
    const world = await worldOf(routes, { variables, config })
    expect(await fate(world, '/x')).toEqual(['421 host-unknown', undefined, undefined])
  })
})
