import { beforeEach, describe, expect, it } from 'vitest'
import { upstreamUrl } from '../../src/proxy/attempt.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await createWorld()
})

describe('every request that leaves', () => {
  it('is kept out of caches and follows no redirect, whoever it is for', async () => {
    await world.get('/api/style.css', await world.token())
    await world.get('/public/x')
    await world.walk(new Request(`${gatewayUrl}/public/x`, { method: 'POST', body: 'x' }))
    expect(world.sent).toHaveLength(3)
    for (const request of world.sent) {
      expect([request.cache, request.redirect]).toEqual(['no-store', 'manual'])
    }
  })

  it('to the key server too', async () => {
    await world.get('/api/x', await world.token())
    expect(world.asked.map(({ cache, redirect }) => [cache, redirect])).toEqual([
      ['no-store', 'manual'],
    ])
    expect(world.asked[0]?.url).toBe('https://clerk.usher.test/.well-known/jwks.json')
  })

  it('when warm, is the only thing that Usher asks of anyone', async () => {
    await world.get('/admin/x', await world.token())
    await world.behind()
    const before = [world.keyServer.asked, world.store.reads, world.store.writes, world.sent.length]
    await world.get('/admin/x', await world.token())
    await world.get('/api/x', await world.token())
    await world.get('/public/x')
    await world.get('/api/x')
    await world.behind()
    const after = [world.keyServer.asked, world.store.reads, world.store.writes, world.sent.length]
    expect(after).toEqual([before[0], before[1], before[2], (before[3] ?? 0) + 3])
  })

  it('goes to the canonical path and query of its origin', async () => {
    await world.get('/public//%61/./b?x=1&y=%2F')
    expect(world.sent.at(-1)?.url).toBe('https://origin.usher.test/public/a/b?x=1&y=%2F')
  })

  it('carries method and body', async () => {
    const bodies: string[] = []
    world.origin = async (request) => {
      bodies.push(`${request.method} ${await request.text()}`)
      return new Response(null, { status: 204 })
    }
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const request = new Request(`${gatewayUrl}/public/x`, { method, body: `body of ${method}` })
      expect((await world.walk(request)).status).toBe(204)
    }
    expect(bodies).toEqual(['POST', 'PUT', 'PATCH', 'DELETE'].map((m) => `${m} body of ${m}`))
  })
})

describe('a service binding', () => {
  it('is called by its name with the address that the client used', async () => {
    const seen: string[] = []
    const binding = {
      async fetch(input: string | Request, init?: RequestInit) {
        const request = new Request(input, init)
        seen.push(`${request.method} ${request.url} ${request.cache} ${request.redirect}`)
        return new Response('from the service')
      },
    }
    const own = await createWorld({
      config: {
        origins: { billing: { service: 'BILLING' } },
        routes: [{ path: '/**', origin: 'billing', access: 'public' }],
      },
      bindings: { BILLING: binding },
    })
    expect(await (await own.get('/a/%62?c=1')).text()).toBe('from the service')
    expect(seen).toEqual([`GET ${gatewayUrl}/a/b?c=1 no-store manual`])
    expect(own.sent).toEqual([])
  })

  it('is told what the platform knows of the client, with a body and without', async () => {
    const seen: unknown[] = []
    const fetch = async (input: string | Request, init?: RequestInit) => {
      seen.push(typeof input === 'string' ? input : input.cf)
      return new Response(new Request(input, init).body)
    }
    const own = await createWorld({
      config: {
        origins: { billing: { service: 'BILLING' } },
        routes: [{ path: '/**', origin: 'billing', access: 'public' }],
      },
      bindings: { BILLING: { fetch } },
    })
    const cf = { country: 'NL' } as RequestInitCfProperties
    await own.walk(new Request(`${gatewayUrl}/a`, { cf }))
    await own.walk(new Request(`${gatewayUrl}/a`, { cf, method: 'POST', body: 'x' }))
    expect(seen).toMatchObject([cf, cf])
  })

  it('that is not bound is 501 with its name, and the rest goes on', async () => {
    const config = {
      origins: { billing: { service: 'BILLING' }, api: { url: 'https://origin.usher.test' } },
      routes: [
        { path: '/bills/**', origin: 'billing', access: 'public' },
        { path: '/**', origin: 'api', access: 'public' },
      ],
    } as const
    const own = await createWorld({ config })
    const response = await own.get('/bills/1')
    const body = await response.json()
    expect([response.status, body]).toMatchObject([501, { binding: 'BILLING' }])
    expect((await own.get('/x')).status).toBe(200)
  })
})

describe('an origin', () => {
  it('that cannot be reached is 502', async () => {
    world.origin = () => Promise.reject(new Error('connection refused'))
    const response = await world.get('/public/x')
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      502,
      'origin-unreachable',
    ])
  })

  it.each([
    ['a length', { 'content-length': String(60 * 64 * 1024) }, 90_000],
    ['no length', {}, 630_000],
  ])('has as much longer as a body with %s may take to get there', async (_, headers, lateMs) => {
    world.origin = () => new Promise<Response>(() => {})
    const body = new ReadableStream()
    const request = new Request(`${gatewayUrl}/public/x`, { method: 'POST', headers, body })
    let status: number | undefined
    const response = world.walk(request).then((answer) => {
      status = answer.status
    })
    await world.clock.advance(lateMs - 1)
    expect(status).toBeUndefined()
    await world.clock.advance(1)
    await response
    expect(status).toBe(504)
  })

  it('that does not answer in its time is 504', async () => {
    world.origin = () => new Promise(() => {})
    let isAnswered = false
    const response = world.get('/public/x')
    response.then(() => {
      isAnswered = true
    })
    await world.clock.advance(29_999)
    expect(isAnswered).toBe(false)
    await world.clock.advance(1)
    expect((await response).status).toBe(504)
  })

  it('that has answered is given all the time it wants for its body', async () => {
    await world.get('/public/x')
    expect(world.clock.pending()).toBe(0)
  })

  it('is told apart from the gateway: its own errors pass as they are', async () => {
    for (const status of [400, 401, 403, 404, 418, 500, 502, 503]) {
      world.origin = () => new Response('mine', { status })
      const response = await world.get('/public/x')
      expect([response.status, await response.text()]).toEqual([status, 'mine'])
    }
  })

  it('may not set what is only Usher’s to say', async () => {
    world.origin = () =>
      new Response('x', {
        headers: {
          'X-Usher-User-Id': 'user_forged',
          X_Usher_Authenticated: '1',
          'Service-Worker-Allowed': '/',
          Connection: 'x-private',
          'X-Private': '1',
          'X-Kept': '1',
        },
      })
    const { headers } = await world.get('/public/x')
    expect([...headers.keys()].sort()).toEqual(['content-type', 'x-kept', 'x-usher-request-id'])
  })

  it('whose redirect leads elsewhere is not followed there', async () => {
    world.origin = () =>
      new Response(null, { status: 302, headers: { location: 'https://evil.test/' } })
    const response = await world.get('/api/x', await world.token())
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://evil.test/'])
    expect(world.sent).toHaveLength(1)
  })
})

describe('a fault of our own', () => {
  it('is a 500 that says nothing of itself, and is recorded by its kind and place', async () => {
    const faulty = await createWorld({
      facts: async () => {
        throw new RangeError('the secret is 42')
      },
    })
    const response = await faulty.get('/admin/x', await faulty.token())
    const body = await response.text()
    expect([response.status, body.includes('secret')]).toEqual([500, false])
    expect(faulty.records.at(-1)).toMatchObject({ reason: 'internal-error' })
    expect(faulty.records.at(-1)?.fault).toMatch(/^RangeError at /)
    expect(faulty.records.at(-1)?.fault).not.toContain('secret')
  })
})

describe('the record of a request', () => {
  it('has its id, route, person, outcome and time, and no query', async () => {
    await world.get('/api/x?secret=1', await world.token())
    expect(world.records.at(-1)).toEqual({
      requestId: world.sent.at(-1)?.headers.get('x-usher-request-id'),
      traceId: world.sent.at(-1)?.headers.get('traceparent')?.split('-')[1],
      startedAtMs: world.clock.now(),
      durationMs: 0,
      method: 'GET',
      host: 'api.usher.test',
      path: '/api/x',
      route: '/api/**',
      userId: 'user_ada',
      outcome: 'passed',
      status: 200,
      authenticateMs: 0,
      introduceMs: 0,
      originMs: 0,
      keySource: 'network',
      origin: 'api',
    })
  })

  it('is written for every request, refused or not', async () => {
    for (const path of ['/api/x', '/nowhere', '/a%2fb', '/_usher/livez', '/public/x'])
      await world.get(path)
    expect(world.records.map(({ status, reason }) => [status, reason])).toEqual([
      [401, 'token-missing'],
      [404, 'route-unknown'],
      [400, 'target-has-encoded-separator'],
      [200, undefined],
      [200, undefined],
    ])
  })
})

describe('a route elsewhere', () => {
  const own = { legacy: 'elsewhere' } as const
  const routes = [
    { path: '/public/**', origin: 'elsewhere', access: 'public' },
    { path: '/**', origin: 'legacy', websocket: true },
  ] as const

  it.each([
    ['/public/x', 'GET', {}],
    ['/x', 'GET', {}],
    ['/x', 'POST', {}],
    ['/x', 'GET', { upgrade: 'websocket' }],
  ])('leads nowhere by itself: %s by %s with %j', async (path, method, headers) => {
    const world = await createWorld({ config: { origins: own, routes } })
    const response = await world.get(path, await world.token(), { method, headers })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ code: 'route-unknown' })
    expect([world.sent, world.keyServer.asked]).toEqual([[], 0])
  })
})

describe('the address at the origin', () => {
  const target = {
    scheme: 'https' as const,
    host: 'api.usher.test',
    segments: [],
    escapes: [],
    query: '',
    url: '',
    isPlain: false,
  }
  const origin = { kind: 'url' as const, base: 'https://origin.test/v1', certificate: undefined }

  it('is the base and exactly the path', () => {
    expect(upstreamUrl(origin, { ...target, path: '/a%2Fb/', query: '?x=%zz' })).toBe(
      'https://origin.test/v1/a%2Fb/?x=%zz',
    )
  })

  it.each(['/../x', '/%2e%2e/x', '\\x', '@evil.test/', '/a b', '/a#b', '/a?b', '.evil.test/x'])(
    'is none when a parser would read another: %s',
    (path) => {
      const bare = { ...origin, base: 'https://origin.test' }
      expect(upstreamUrl(bare, { ...target, path })).toBeUndefined()
    },
  )
})
