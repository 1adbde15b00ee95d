import { describe, expect, it } from 'vitest'
import { createWorld, gatewayUrl } from '../support/world.ts'
import { cors, openCorsScene, other, page, saidBy } from './cors-scene.ts'

// What pages of other origins may do: the gateway's word, on every answer of a route that has one.

const { world, token, ask, preflight } = await openCorsScene()

const preflightVary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
const exposedAlways =
  'WWW-Authenticate, X-Usher-Request-Id, Retry-After, RateLimit, RateLimit-Policy'
const granted = {
  vary: 'Origin',
  'access-control-allow-origin': page,
  'access-control-expose-headers': `${exposedAlways}, x-total`,
}
const everyMethod = 'GET, HEAD, POST, PUT, PATCH, DELETE'

describe('a preflight', () => {
  it('is answered for the route of the method that it asks about, without a credential', async () => {
    const response = await preflight('/api/x', 'PUT', {
      'access-control-request-headers': 'content-type,authorization , x-forbidden',
    })
    expect([response.status, await response.text(), world.sent.length]).toEqual([204, '', 0])
    expect(saidBy(response)).toEqual({
      vary: preflightVary,
      'access-control-allow-origin': page,
      'access-control-allow-methods': everyMethod,
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
    })
    expect(world.records).toMatchObject([{ route: '/api/**', status: 204 }])
    expect(response.headers.get('x-usher-request-id')).toBe(world.records[0]?.requestId)
  })

  it('says the methods of its route and for how long', async () => {
    expect(saidBy(await preflight('/narrow', 'POST'))).toEqual({
      vary: preflightVary,
      'access-control-allow-origin': page,
      'access-control-allow-methods': 'GET, POST',
      'access-control-max-age': '30',
    })
  })

  it('of every page is granted with a star, and with cookies never', async () => {
    const open = await preflight('/open/x', 'DELETE', { origin: 'null' })
    expect(open.headers.get('access-control-allow-origin')).toBe('*')
    expect(open.headers.has('access-control-allow-credentials')).toBe(false)
    const named = await preflight('/cookie/x', 'DELETE')
    expect(named.headers.get('access-control-allow-origin')).toBe(page)
    expect(named.headers.get('access-control-allow-credentials')).toBe('true')
  })

  it('grants a header that is listed, nothing for a star, and no private network', async () => {
    const asked = {
      'access-control-request-headers': '*, X-Any',
      'access-control-request-private-network': 'true',
    }
    expect(Object.keys(saidBy(await preflight('/api/x', 'PUT', asked)))).toEqual([
      'access-control-allow-methods',
      'access-control-allow-origin',
      'access-control-max-age',
      'vary',
    ])
  })

  it.each([
    other,
    'null',
    '',
    'http://app.usher.test',
    'https://app.usher.test:444',
    'https://app.usher.test/',
    'https://APP.usher.test',
    'https://app.usher.test.evil.test',
    'https://evilapp.usher.test',
    'https://x.app.usher.test',
    `${page}, ${other}`,
    `${page} ${other}`,
    'https://other.usher.test',
  ])('of a page that is not listed (%j) is told nothing', async (origin) => {
    const response = await preflight('/api/x', 'PUT', { origin })
    expect([response.status, await response.text(), world.sent.length]).toEqual([204, '', 0])
    expect(saidBy(response)).toEqual({ vary: preflightVary })
  })

  it('for a method whose route has no cors goes the way of any OPTIONS', async () => {
    const refused = await preflight('/mixed', 'GET')
    expect([refused.status, saidBy(refused)]).toEqual([405, {}])
    expect((await preflight('/mixed', 'PUT')).status).toBe(204)
    await preflight('/plain/x', 'PUT')
    expect(world.sent.map(({ method, url }) => [method, new URL(url).pathname])).toEqual([
      ['OPTIONS', '/plain/x'],
    ])
  })

  it('about a route without cors is granted nothing by the one that takes its OPTIONS', async () => {
    const said = {
      'access-control-allow-methods': 'from the origin',
      'access-control-allow-origin': 'from the origin',
      vary: 'from the origin',
    }
    world.origin = () => new Response(null, { status: 204, headers: said })
    expect(saidBy(await preflight('/two/x', 'DELETE', { origin: other }))).toEqual(said)
    expect(world.sent).toHaveLength(1)
    // One that asks about nothing is an answer of that route, and the page's to read.
    expect(saidBy(await ask('/two/x', { origin: other }, 'OPTIONS'))).toEqual({
      vary: 'from the origin, Origin',
      'access-control-allow-origin': other,
      'access-control-expose-headers': exposedAlways,
    })
  })

  it('grants the headers that carry a credential of its route, and of any on a surface', async () => {
    const wanted = { 'access-control-request-headers': 'authorization, x-api-key, x-other-key' }
    for (const [path, granted] of [
      ['/keyed', 'authorization, x-api-key'],
      ['/_usher/me', 'authorization, x-api-key'],
      ['/api/x', 'authorization'],
    ] as const) {
      const { headers } = await preflight(path, 'GET', wanted)
      expect(headers.get('access-control-allow-headers')).toBe(granted)
    }
  })

  it.each([
    ['without an Origin', { 'access-control-request-method': 'PUT' }],
    ['without a method', { origin: page }],
    ['for no method that there is', { origin: page, 'access-control-request-method': 'GET, PUT' }],
  ])('%s is none', async (name, headers) => {
    expect((await ask('/narrow', headers, 'OPTIONS')).status).toBe(405)
    const refused = await ask('/api/x', headers, 'OPTIONS')
    expect([refused.status, world.sent.length]).toEqual([name.startsWith('for') ? 204 : 401, 0])
  })

  it('that is none is authenticated like any request', async () => {
    const refused = await ask('/api/x', { origin: page }, 'OPTIONS')
    expect([refused.status, world.sent.length]).toEqual([401, 0])
    const authorization = `Bearer ${token}`
    const passed = await ask('/api/x', { origin: page, authorization }, 'OPTIONS')
    expect([passed.status, world.sent.length]).toEqual([200, 1])
  })

  it.each(['TRACE', 'CONNECT', 'TRACK', 'get', 'OPTIONS, PUT', '*'])(
    'for %s is granted by no route that names its methods',
    async (method) => {
      expect(saidBy(await preflight('/narrow', method))).toEqual({})
    },
  )

  it('belongs to nobody where no route is', async () => {
    for (const path of ['/nowhere', '/api/%2e%2e/x', '/_USHER/me']) {
      const response = await preflight(path, 'GET')
      expect([response.status >= 400, saidBy(response)]).toEqual([true, {}])
    }
  })
})

describe('an answer', () => {
  const withToken = () => ({ origin: page, authorization: `Bearer ${token}` })

  it('may be read by a page that is listed, with what it needs of the headers', async () => {
    expect(saidBy(await ask('/api/x', withToken()))).toEqual(granted)
    const open = await ask('/open/x', { origin: other })
    expect(saidBy(open)).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': exposedAlways,
    })
  })

  it('varies with the page even where it is granted nothing, or none asks', async () => {
    expect(saidBy(await ask('/api/x', { ...withToken(), origin: other }))).toEqual({
      vary: 'Origin',
    })
    const { authorization } = withToken()
    expect(saidBy(await ask('/api/x', { authorization }))).toEqual({ vary: 'Origin' })
  })

  it('that is a refusal may be read too', async () => {
    const refused = await ask('/api/x', { origin: page })
    expect([refused.status, saidBy(refused)]).toEqual([401, granted])
    expect(refused.headers.has('www-authenticate')).toBe(true)
    const unreadable = await ask('/api/x', { origin: other })
    expect([unreadable.status, saidBy(unreadable)]).toEqual([401, { vary: 'Origin' }])
  })

  it('that belongs to no route says nothing', async () => {
    expect(saidBy(await ask('/nowhere', { origin: page }))).toEqual({})
    expect(saidBy(await ask('/narrow', { origin: page }, 'PUT'))).toEqual({})
    expect(saidBy(await ask('/api/%zz', { origin: page }))).toEqual({})
  })

  it('has nothing left of what its origin granted', async () => {
    world.origin = () =>
      new Response('', {
        headers: {
          'access-control-allow-origin': '*',
          'access-control-allow-credentials': 'true',
          'Access-Control-Expose-Headers': '*',
          'Access-Control-Allow-Private-Network': 'true',
          'Access-Control-Anything': 'yes',
        },
      })
    expect(saidBy(await ask('/api/x', withToken()))).toEqual(granted)
    expect(saidBy(await ask('/api/x', { ...withToken(), origin: other }))).toEqual({
      vary: 'Origin',
    })
    const untouched = saidBy(await ask('/plain/x', { origin: other }))
    expect(Object.keys(untouched)).toHaveLength(5)
  })

  it.each([
    ['Accept', 'Accept, Origin'],
    ['origin', 'origin'],
    ['Accept-Encoding, ORIGIN', 'Accept-Encoding, ORIGIN'],
    ['*', '*'],
    ['Accept, *', 'Accept, *'],
    ['X-Origin', 'X-Origin, Origin'],
  ])('varies with %j and the page as %j', async (vary, expected) => {
    world.origin = () => new Response('', { headers: { vary } })
    expect((await ask('/api/x', withToken())).headers.get('vary')).toBe(expected)
  })

  it('to a WebSocket says nothing of it', async () => {
    world.origin = () => {
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      return new Response(null, { status: 101, webSocket: client })
    }
    const opened = await ask('/socket', { origin: page, upgrade: 'websocket' })
    expect([opened.status, saidBy(opened)]).toEqual([101, {}])
  })

  it('to a cookie that another origin sends is a refusal for all that changes something', async () => {
    const headers = { origin: page, 'sec-fetch-site': 'cross-site', cookie: `__session=${token}` }
    const refused = await ask('/cookie/x', headers, 'POST')
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { code: 'cross-site-request' },
    ])
    expect(refused.headers.get('access-control-allow-credentials')).toBe('true')
    expect((await ask('/cookie/x', headers)).status).toBe(200)
  })
})

describe('surfaces of Usher itself', () => {
  it('answer preflights, and say on every answer who may read it', async () => {
    for (const [path, method] of [
      ['/_usher/me', 'GET'],
      ['/_usher/token', 'POST'],
    ] as const) {
      const asked = await preflight(path, method)
      expect(asked.headers.get('x-usher-request-id')).toBe(world.records.at(-1)?.requestId)
      expect(saidBy(asked)).toEqual({
        vary: preflightVary,
        'access-control-allow-origin': page,
        'access-control-allow-methods': 'GET, POST',
        'access-control-max-age': '600',
      })
      const { status, headers } = await ask(path, { origin: page }, method)
      expect([status, headers.get('access-control-allow-origin')]).toEqual([
        path === '/_usher/me' ? 200 : 401,
        page,
      ])
      expect(headers.get('cache-control')).toBe('private, no-store')
      expect(saidBy(await ask(path, { origin: other }, method))).toEqual({ vary: 'Origin' })
    }
  })

  it('grant nothing unless the config says so', async () => {
    const silent = await createWorld()
    const headers = { origin: page, 'access-control-request-method': 'GET' }
    const asked = new Request(`${gatewayUrl}/_usher/me`, { method: 'OPTIONS', headers })
    const response = await silent.walk(asked)
    expect([response.status, saidBy(response)]).toEqual([405, {}])
  })

  it('leave the metadata of a resource open to every page', async () => {
    const accepts = ['oauth_token', 'session_token'] as const
    const config = { cors, routes: [{ path: '/mcp', origin: 'api', accepts }] }
    const open = await createWorld({ config })
    const url = `${gatewayUrl}/.well-known/oauth-protected-resource/mcp`
    const asked = { origin: other, 'access-control-request-method': 'GET' }
    for (const method of ['OPTIONS', 'GET']) {
      const { headers } = await open.walk(new Request(url, { method, headers: asked }))
      expect(headers.get('access-control-allow-origin')).toBe('*')
    }
  })
})
