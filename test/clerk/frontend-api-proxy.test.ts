import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bodyMaxBytes } from '../../src/clerk/frontend-api-proxy.ts'
import {
  codeOf,
  here,
  openProxyScene,
  type ProxyScene,
  proxyVariables,
  secretKey,
} from './frontend-api-scene.ts'

// Where Clerk's Frontend API is on the gateway's own domain, and what of a client's request Clerk is shown there.

let scene: ProxyScene
beforeEach(async () => {
  scene = await openProxyScene()
})
afterEach(() => void vi.unstubAllGlobals())

describe('where it is', () => {
  it('is asked below /__clerk, path and query as they are, and recorded by its own name', async () => {
    const response = await scene.ask('/__clerk/v1/client?__clerk_api_version=2026-05-12&a=b')
    expect(await response.text()).toBe('from Clerk')
    expect(scene.sent.map(({ url, method }) => `${method} ${url}`)).toEqual([
      'GET https://frontend-api.clerk.dev/v1/client?__clerk_api_version=2026-05-12&a=b',
    ])
    expect(scene.world.records).toMatchObject([
      { route: 'clerk proxy', path: '/__clerk/v1/client', outcome: 'answered', status: 200 },
    ])
    expect(JSON.stringify(scene.world.records)).not.toContain('2026-05-12')
  })

  it('is at another address where CLERK_FAPI_URL says so, with its base path', async () => {
    scene = await openProxyScene({
      ...proxyVariables,
      CLERK_FAPI_URL: 'https://fapi.usher.test/base',
    })
    await scene.ask('/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js')
    expect(scene.sent[0]?.url).toBe(
      'https://fapi.usher.test/base/npm/@clerk/clerk-js@6/dist/clerk.browser.js',
    )
  })

  it.each([
    ['another host', 'https://api.usher.test/__clerk/v1/client'],
    ['upper case', `${here}/__Clerk/v1/client`],
    ['a path parameter', `${here}/__clerk;x/v1/client`],
    ['an escaped slash', `${here}/__clerk%2Fv1/client`],
    ['fullwidth letters', `${here}/${encodeURIComponent('__ｃlerk')}/v1/client`],
    ['a dot at its end', `${here}/__clerk./v1/client`],
    ['a blank at its end', `${here}/__clerk%20/v1/client`],
    ['nothing below it', `${here}/__clerk`],
    ['nothing but a slash below it', `${here}/__clerk/`],
    ['the prefix of Usher before it', `${here}/_usher/__clerk/v1/client`],
    ['the name of its surface', `${here}/_usher/clerk%20proxy`],
    ['a file in the API', `${here}/__clerk/v1/client/x.js`],
    ['a file as an API', `${here}/__clerk/v1/x.css`],
  ])('reaches neither Clerk nor an origin with %s', async (_case, url) => {
    const open = { origins: { api: { url: 'https://o.usher.test' } }, routes: [] }
    scene = await openProxyScene(proxyVariables, {
      ...open,
      routes: [{ path: '/**', origin: 'api', access: 'public' }],
    })
    const response = await scene.world.walk(new Request(url))
    expect([400, 404]).toContain(response.status)
    expect(scene.sent).toEqual([])
    expect(scene.world.sent).toEqual([])
  })

  it.each(['/npm', '/npm/', '/npm/evil@1/x.js', '/npm/@evil/x@1/x.js', '/NPM/x.js'])(
    'serves no script that is not of a package of Clerk: %s',
    async (path) => {
      expect([400, 404]).toContain((await scene.ask(`/__clerk${path}`)).status)
      expect(scene.sent).toEqual([])
      await scene.ask('/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js')
      expect(scene.sent).toHaveLength(1)
    },
  )

  it('lets no escape through that a route lets through', async () => {
    scene = await openProxyScene(proxyVariables, {
      routes: [{ path: '/**', origin: 'api', access: 'public', escapes: ['%2F'] }],
    })
    expect((await scene.ask('/__clerk/v1/a%2F..%2Fb')).status).toBe(400)
    expect((await scene.ask('/__clerk/v1/a%2Fb')).status).toBe(404)
    expect((await scene.ask('/x/a%2Fb')).status).toBe(200)
    expect(scene.sent).toEqual([])
    expect(scene.world.sent).toHaveLength(1)
  })

  it('resolves dots before it looks, so nothing climbs out of it or into it', async () => {
    await scene.ask('/public/../__clerk/v1/../v1/client')
    expect(scene.sent.map(({ url }) => url)).toEqual(['https://frontend-api.clerk.dev/v1/client'])
    await scene.ask('/__clerk/../public/x')
    expect(scene.sent).toHaveLength(1)
    expect(scene.world.sent.map(({ url }) => url)).toEqual(['https://origin.usher.test/public/x'])
  })

  it('is nowhere where the config says so, or where the secret key is missing', async () => {
    scene = await openProxyScene(proxyVariables, { clerkProxy: false })
    expect((await scene.ask('/__clerk/v1/client')).status).toBe(404)
    const { CLERK_SECRET_KEY: _, ...keyless } = proxyVariables
    scene = await openProxyScene(keyless)
    expect((await scene.ask('/__clerk/v1/client')).status).toBe(404)
    expect(scene.sent).toEqual([])
  })
})

describe('what Clerk is shown', () => {
  it('is the place and the client as the gateway knows them, whatever the client writes', async () => {
    await scene.ask('/__clerk/v1/client', {
      headers: {
        'cf-connecting-ip': '203.0.113.7',
        'clerk-proxy-url': 'https://evil.test/__clerk',
        'clerk-secret-key': 'sk_live_other',
        connection: 'clerk-secret-key, clerk-proxy-url, cookie',
        forwarded: 'host=evil.test',
        'x-forwarded-for': '198.51.100.1',
        'x-forwarded-host': 'evil.test',
        'x-forwarded-proto': 'http',
        'x-original-host': 'evil.test',
        'x-real-ip': '198.51.100.2',
        'x-usher-user-id': 'user_evil',
        cookie: '__client=c.s',
      },
    })
    const [{ headers = new Headers() } = {}] = scene.sent
    expect(Object.fromEntries(headers)).toEqual({
      'accept-encoding': 'identity',
      'clerk-proxy-url': 'https://app.usher.test/__clerk',
      'clerk-secret-key': secretKey,
      cookie: '__client=c.s',
      host: 'frontend-api.clerk.dev',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': 'app.usher.test',
      'x-forwarded-proto': 'https',
    })
  })

  it.each([
    ['https://app.usher.test/reset?token=secret', 'https://app.usher.test/'],
    ['android-app://com.example/', null],
    ['nonsense', null],
  ])('is of the page %s no more than %s', async (referer, shown) => {
    await scene.ask('/__clerk/v1/client', { headers: { referer } })
    expect(scene.sent[0]?.headers.get('referer')).toBe(shown)
  })

  it('is no address where the edge says none, though the client does', async () => {
    await scene.ask('/__clerk/v1/client', { headers: { 'x-real-ip': '198.51.100.2' } })
    expect(scene.sent[0]?.headers.has('x-forwarded-for')).toBe(false)
  })

  it('is Clerk own cookies and no others, and no Authorization', async () => {
    await scene.ask('/__clerk/v1/client', {
      headers: {
        authorization: 'Bearer a.b.c',
        cookie:
          'theme=dark; __client=c.s; __Host-usher-api=1; __client_uat_1Z8AzTQD=5; __session=t; ' +
          '__refresh_1Z8AzTQD=r; __clerk_db_jwt=d; __cf_bm=x; session=mine; ' +
          '__Host-usher-bookmark=0-0; __usher_bookmark=0-0',
      },
    })
    expect(scene.sent[0]?.headers.get('cookie')).toBe(
      '__client=c.s; __client_uat_1Z8AzTQD=5; __session=t; __refresh_1Z8AzTQD=r; __clerk_db_jwt=d',
    )
    expect(scene.sent[0]?.headers.has('authorization')).toBe(false)
    await scene.ask('/__clerk/v1/client', { headers: { cookie: 'theme=dark' } })
    expect(scene.sent[1]?.headers.has('cookie')).toBe(false)
  })

  it('is the body with its type', async () => {
    const body = 'strategy=password&password=x'
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(body.length),
      origin: here,
    }
    await scene.ask('/__clerk/v1/client/sign_ins?_method=PATCH', { method: 'POST', body, headers })
    expect(scene.sent).toMatchObject([{ method: 'POST', body }])
    expect(scene.sent[0]?.headers.get('content-type')).toBe('application/x-www-form-urlencoded')
    expect(scene.sent[0]?.headers.get('origin')).toBe(here)
  })

  it.each(['HEAD', 'OPTIONS', 'PROPFIND'])('is no request by %s', async (method) => {
    const response = await scene.ask('/__clerk/v1/client', { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, POST, PUT, PATCH, DELETE')
    expect(scene.sent).toEqual([])
  })

  it('is no WebSocket, and nobody who asks for checks', async () => {
    const upgrade = await scene.ask('/__clerk/v1/client', { headers: { upgrade: 'websocket' } })
    expect([upgrade.status, await codeOf(upgrade)]).toEqual([400, 'upgrade-not-allowed'])
    const check = await scene.ask('/__clerk/v1/client', { headers: { 'x-usher-caller': 'secret' } })
    expect(await codeOf(check)).toBe('check-misdirected')
    expect(scene.sent).toEqual([])
  })

  it.each([
    ['is too long', { 'content-length': String(bodyMaxBytes + 1) }],
    ['does not say how long it is', {}],
  ])('is no body that %s', async (_case, headers: Record<string, string>) => {
    const response = await scene.ask('/__clerk/v1/me/profile_image', {
      method: 'POST',
      body: 'x',
      headers,
    })
    expect([response.status, await codeOf(response)]).toEqual([413, 'body-too-large'])
    expect(scene.sent).toEqual([])
  })
})
