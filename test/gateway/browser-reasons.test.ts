import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type BrowserScene,
  closeBrowserScene,
  navigation,
  noonSeconds,
  openBrowserScene,
  type SceneOptions,
  sentTo,
  testKey,
} from './browser-scene.ts'

// Every reason for which Clerk's SDK sends a browser to Clerk, and that nothing but a page is ever sent there.

interface Case {
  readonly reason: string
  readonly path?: string
  readonly session?: object
  readonly updatedAt?: number
  /** Further cookies. */
  readonly beside?: string
  readonly headers?: Record<string, string>
  readonly options?: SceneOptions
  /** What of the answer for a script; signed out when not given. */
  readonly called?: number
}

const before = noonSeconds - 100
const signInUrl = 'https://primary.test/sign-in'
const satellite: SceneOptions['config'] = {
  signInUrl,
  browserSessions: { satellite: { domain: 'usher.test', autoSync: true } },
}

const cases: readonly Case[] = [
  {
    reason: 'session-token-expired-refresh-non-eligible-no-refresh-cookie',
    session: { iat: before, exp: noonSeconds - 30, nbf: before },
    updatedAt: before,
  },
  { reason: 'session-token-nbf', session: { nbf: noonSeconds + 60 }, updatedAt: before },
  {
    reason: 'session-token-iat-in-the-future',
    session: { iat: noonSeconds + 60, exp: noonSeconds + 120 },
    updatedAt: before,
  },
  {
    reason: 'session-token-iat-before-client-uat',
    session: { iat: noonSeconds - 20 },
    updatedAt: noonSeconds - 10,
  },
  { reason: 'client-uat-but-no-session-token', updatedAt: before },
  // An API client that shows a session alone is let in.
  { reason: 'session-token-but-no-client-uat', session: {}, called: 200 },
  { reason: 'satellite-needs-syncing', options: { config: satellite } },
  {
    reason: 'satellite-needs-syncing',
    path: '/app/x?__clerk_synced=false',
    session: {},
    updatedAt: before,
    options: { config: { ...satellite, browserSessions: { satellite: { domain: 'usher.test' } } } },
    called: 200,
  },
  {
    reason: 'primary-domain-cross-origin-sync',
    session: {},
    updatedAt: before,
    headers: { referer: 'https://elsewhere.test/' },
    called: 200,
  },
  {
    reason: 'active-organization-mismatch',
    path: '/teams/acme/x',
    session: { o: { id: 'org_1', slg: 'other', rol: 'admin' } },
    updatedAt: before,
    options: {
      config: {
        browserSessions: { organizationSync: { organizationPatterns: ['/teams/:slug/**'] } },
      },
    },
    called: 200,
  },
  {
    reason: 'active-organization-mismatch',
    path: '/me/x',
    session: { o: { id: 'org_1', slg: 'other', rol: 'admin' } },
    updatedAt: before,
    options: {
      config: { browserSessions: { organizationSync: { personalAccountPatterns: ['/me/**'] } } },
    },
    called: 200,
  },
  {
    reason: 'dev-browser-missing',
    session: {},
    updatedAt: before,
    options: { publishableKey: testKey },
    called: 200,
  },
  {
    reason: 'dev-browser-sync',
    path: '/app/x?__clerk_db_jwt=other',
    session: {},
    updatedAt: before,
    beside: '__clerk_db_jwt=mine',
    options: { publishableKey: testKey },
    called: 200,
  },
]

let scene: BrowserScene
let cookie: string
afterEach(closeBrowserScene)

async function open({ session, updatedAt, beside, options = {} }: Case): Promise<void> {
  scene = await openBrowserScene(options)
  const token = session && (await scene.world.token(session))
  cookie = [scene.cookies(token, updatedAt), ...(beside ? [beside] : [])].join('; ')
}

describe.each(cases)('$reason', (one) => {
  const { path = '/app/x?a=b', headers = {}, called = 401 } = one
  beforeEach(() => open(one))

  it('sends a page to Clerk and back, without a token in the address', async () => {
    const response = await scene.page(path, { cookie, ...headers })
    const url = sentTo(response)
    expect(url.searchParams.get('__clerk_hs_reason')).toBe(one.reason)
    expect(`${url.origin}${url.pathname}`).toMatch(
      /^https:\/\/clerk\.usher\.test\/v1\/client\/handshake$/,
    )
    expect(url.href).not.toMatch(/__session|eyJ/)
    const back = new URL(String(url.searchParams.get('redirect_url')))
    expect(back.origin).toBe('https://api.usher.test')
    expect(`${back.pathname}${back.search}`).toBe(path.replace(/\?__clerk_db_jwt.*/, ''))
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(response.headers.getSetCookie()).toEqual([
      '__clerk_redirect_count=1; SameSite=Lax; HttpOnly; Max-Age=2',
    ])
    expect(scene.world.sent).toEqual([])
    expect(scene.fetched).toEqual([])
    expect(JSON.stringify(scene.world.records)).not.toMatch(/eyJ|__clerk/)
  })

  it('sends it to the same place whatever host it claims to be for', async () => {
    const plain = sentTo(await scene.page(path, { cookie, ...headers }))
    const forged = await scene.page(path, {
      cookie,
      ...headers,
      forwarded: 'host=evil.test',
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'http',
      'cloudfront-forwarded-proto': 'http',
    })
    expect(sentTo(forged).href).toBe(plain.href)
    const asked = { headers: { ...navigation, cookie, ...headers } }
    const other = await scene.world.walk(new Request(`http://other.test${path}`, asked))
    expect(sentTo(other).href).toBe(plain.href)
  })

  it('sends nothing but a page anywhere', async () => {
    const shown = { cookie, ...headers }
    const form = { ...shown, origin: 'https://api.usher.test', 'sec-fetch-dest': 'document' }
    const asked: readonly (readonly [string, () => Promise<Response>])[] = [
      ['a call', () => scene.call(path, shown)],
      ['a picture', () => scene.call(path, { ...shown, 'sec-fetch-dest': 'image' })],
      ['a frame', () => scene.call(path, { ...shown, 'sec-fetch-dest': 'iframe' })],
      ['a form', () => scene.call(path, form, { method: 'POST' })],
      ['HEAD', () => scene.call(path, { ...form, accept: 'text/html' }, { method: 'HEAD' })],
    ]
    for (const [kind, ask] of asked) expect([kind, (await ask()).status]).toEqual([kind, called])
    expect(scene.world.backend.asked).toEqual([])
  })

  it('sends nobody anywhere who shows a credential of their own', async () => {
    const authorization = `Bearer ${await scene.world.token({ sub: 'user_grace' })}`
    const response = await scene.page(path, { cookie, ...headers, authorization })
    expect(response.status).toBe(200)
    const wrong = await scene.page(path, { cookie, ...headers, authorization: 'Bearer a.b.c' })
    expect(wrong.status).toBe(401)
    expect(scene.world.backend.asked).toEqual([])
  })
})

describe('the way round of an instance in development', () => {
  beforeEach(() => open({ reason: '', options: { publishableKey: testKey } }))

  const asked = (page: string) => `/app/x?__clerk_redirect_url=${encodeURIComponent(page)}`

  it('ends at a page of the instance, which is told the token of the browser', async () => {
    const response = await scene.page(asked('https://app.usher.test/y?a=b'), {
      cookie: '__clerk_db_jwt=mine',
    })
    expect(sentTo(response).href).toBe(
      'https://app.usher.test/y?a=b&__clerk_db_jwt=mine&__clerk_synced=true',
    )
  })

  it.each(['https://evil.test/', 'javascript:alert(1)', '/x', 'https://app.usher.test.evil.test'])(
    'does not end at %s',
    async (page) => {
      const response = await scene.page(asked(page), { cookie: '__clerk_db_jwt=mine' })
      expect(response.status).toBe(302)
      expect(response.headers.get('location')).toMatch(
        /^https:\/\/api\.usher\.test\/_usher\/sign-in\?redirect_url=https%3A%2F%2Fapi\.usher\.test%2Fapp%2Fx$/,
      )
    },
  )

  it('takes nothing along in the address that is a credential', async () => {
    const response = await scene.page('/app/x?a=b&__session=t&__dev_session=s&__clerk_help=h')
    const url = sentTo(response)
    expect(url.searchParams.get('redirect_url')).toBe('https://api.usher.test/app/x?a=b')
    expect(url.searchParams.get('__clerk_hs_reason')).toBe('dev-browser-missing')
  })

  it('leads from a satellite to where one signs in', async () => {
    const satelliteKey = { publishableKey: testKey, config: satellite }
    await open({ reason: '', options: satelliteKey })
    const url = sentTo(await scene.page('/app/x'))
    expect(`${url.origin}${url.pathname}`).toBe(signInUrl)
    expect(url.searchParams.get('__clerk_redirect_url')).toBe('https://api.usher.test/app/x')
  })
})
