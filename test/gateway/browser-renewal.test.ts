import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cookieSuffixOf } from '../../src/clerk/issuer.ts'
import {
  type BrowserScene,
  closeBrowserScene,
  liveKey,
  noonSeconds,
  openBrowserScene,
  sentTo,
} from './browser-scene.ts'

// Sessions that are renewed, go round in circles, or are from before somebody else signed in; and what of Clerk's
// parameters gets past the gateway, which is nothing.

const before = noonSeconds - 100
const expired = { iat: before, nbf: before, exp: noonSeconds - 30 }

let scene: BrowserScene
beforeEach(async () => {
  scene = await openBrowserScene()
})
afterEach(() => {
  expect(scene.fetched).toEqual([])
  closeBrowserScene()
})

describe('an expired session', () => {
  async function refreshable(): Promise<string> {
    const suffix = await cookieSuffixOf(liveKey)()
    const token = await scene.world.token(expired)
    return `${scene.cookies(token, before)}; __refresh_${suffix}=r1`
  }

  it('is renewed at Clerk behind the request where the browser has a refresh token', async () => {
    const fresh = await scene.world.token()
    const cookies = [`__session=${fresh}; Path=/`, `__client_uat=${before}; Path=/`]
    const suffix = await cookieSuffixOf(liveKey)()
    const both = [...cookies, `__session_${suffix}=${fresh}; Path=/`]
    scene.world.backend.answer = () => Response.json({ object: 'cookies', cookies: both })
    const cookie = await refreshable()
    const response = await scene.page('/app/x', { cookie, 'x-forwarded-host': 'evil.test' })
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toEqual(both)
    const [asked] = scene.world.backend.asked
    expect(asked?.url).toBe(
      'https://api.clerk.com/v1/sessions/sess_ada/refresh?suffixed_cookies=true',
    )
    const body = (await asked?.json()) as Record<string, unknown>
    expect(body).toMatchObject({
      format: 'cookie',
      refresh_token: 'r1',
      request_origin: 'https://api.usher.test',
    })
    expect(JSON.stringify(body.request_headers)).not.toMatch(/evil|theme=dark|authorization/)
  })

  it.each([
    ['refuses', () => Response.json({ errors: [{ code: 'x' }] }, { status: 401 })],
    ['fails', () => Response.json({}, { status: 500 })],
    ['talks nonsense', () => Response.json({ cookies: 'none' })],
  ])('is sent round instead where Clerk %s', async (_case, answer) => {
    scene.world.backend.answer = answer
    const url = sentTo(await scene.page('/app/x', { cookie: await refreshable() }))
    expect(url.searchParams.get('__clerk_hs_reason')).toMatch(/^session-token-expired-refresh-/)
  })

  it('is kept by nobody on the way once it is renewed, whatever the origin says', async () => {
    const fresh = await scene.world.token()
    const suffix = await cookieSuffixOf(liveKey)()
    const cookies = [`__session=${fresh}; Path=/`, `__session_${suffix}=${fresh}; Path=/`]
    scene.world.backend.answer = () => Response.json({ cookies })
    const kept = 'public, max-age=600'
    scene.world.origin = () =>
      new Response('x', {
        headers: {
          ...{ 'cache-control': kept, 'cdn-cache-control': kept, 'surrogate-control': kept },
          'cloudflare-cdn-cache-control': kept,
          'vercel-cdn-cache-control': kept,
          expires: 'Thu, 01 Jan 2099 00:00:00 GMT',
        },
      })
    const { headers } = await scene.page('/app/x', { cookie: await refreshable() })
    const said = [...headers].filter(([name]) => /control|expires/.test(name))
    expect(said).toEqual([['cache-control', 'private, no-store']])
  })

  it('is not renewed for a call of a script', async () => {
    expect((await scene.call('/app/x', { cookie: await refreshable() })).status).toBe(401)
    expect(scene.world.backend.asked).toEqual([])
  })
})

describe('a loop', () => {
  it('ends after three rounds: the page is refused, not sent on', async () => {
    const signedOut = scene.cookies(undefined, before)
    for (const [round, status] of [302, 307, 307, 307].entries()) {
      const count = round === 0 ? 3 : round - 1
      const cookie = `${signedOut}; __clerk_redirect_count=${count}`
      const response = await scene.page('/app/x', { cookie })
      expect([count, response.status]).toEqual([count, status])
      if (status === 302) continue
      expect(response.headers.getSetCookie()).toEqual([
        `__clerk_redirect_count=${count + 1}; SameSite=Lax; HttpOnly; Max-Age=2`,
      ])
    }
  })

  it.each(['4', '100', '9'.repeat(400)])('has ended at %s rounds too', async (count) => {
    const cookie = `${scene.cookies(undefined, before)}; __clerk_redirect_count=${count}`
    const response = await scene.page('/app/x', { cookie })
    expect([response.status, response.headers.getSetCookie()]).toEqual([302, []])
  })

  it.each(['-9', 'x', '2.5', ''])('begins anew where %j is no number of rounds', async (count) => {
    const cookie = `${scene.cookies(undefined, before)}; __clerk_redirect_count=${count}`
    const response = await scene.page('/app/x', { cookie })
    expect(sentTo(response).pathname).toBe('/v1/client/handshake')
    expect(response.headers.getSetCookie().join()).toMatch(/^__clerk_redirect_count=1;/)
  })

  it('of a session from before the last sign-in ends signed out', async () => {
    const stale = await scene.world.token({ iat: noonSeconds - 20 })
    const cookie = `${scene.cookies(stale, noonSeconds - 10)}; __clerk_redirect_count=3`
    expect((await scene.page('/app/x', { cookie })).status).toBe(302)
    expect(scene.world.sent).toEqual([])
  })

  it('of an organisation that cannot be made active ends at the page, which then decides', async () => {
    const config = {
      canonicalOrigin: 'https://api.usher.test',
      routes: [{ path: '/**', origin: 'api', sessions: 'browser' as const }],
      browserSessions: { organizationSync: { organizationPatterns: ['/teams/:slug/**'] } },
    }
    scene = await openBrowserScene({ config })
    const cookie = scene.cookies(await scene.world.token(), before)
    expect((await scene.page('/teams/acme', { cookie })).status).toBe(307)
    expect((await scene.page('/other/acme', { cookie })).status).toBe(200)
    const looped = `${cookie}; __clerk_redirect_count=3`
    expect((await scene.page('/teams/acme', { cookie: looped })).status).toBe(200)
  })
})

describe('a session from before the client last changed', () => {
  let cookie: string
  beforeEach(async () => {
    cookie = scene.cookies(await scene.world.token({ iat: noonSeconds - 20 }), noonSeconds - 10)
  })

  it('counts nothing for a call: it may be of whoever was signed in before', async () => {
    expect((await scene.call('/app/x', { cookie })).status).toBe(401)
    const form = { cookie, origin: 'https://api.usher.test', 'sec-fetch-site': 'same-origin' }
    expect((await scene.call('/app/x', form, { method: 'POST' })).status).toBe(401)
    expect(scene.world.sent).toEqual([])
  })

  it('is refused where one may be anonymous: nothing that somebody does is taken for nobody', async () => {
    const form = { cookie, origin: 'https://api.usher.test', 'sec-fetch-site': 'same-origin' }
    const document = { ...form, 'sec-fetch-dest': 'document', accept: 'application/json' }
    const answers = [
      await scene.call('/open/x', { cookie }),
      await scene.call('/open/x', form, { method: 'POST' }),
      await scene.call('/open/x', document, { method: 'POST' }),
    ]
    for (const answer of answers) {
      expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'token-expired' }])
    }
    expect(sentTo(await scene.page('/open/x', { cookie })).pathname).toBe('/v1/client/handshake')
    expect(scene.world.sent).toEqual([])
  })

  it('counts as before on a route that is not for browsers', async () => {
    expect((await scene.call('/plain/x', { cookie })).status).toBe(200)
  })
})

describe('parameters of Clerk', () => {
  const query =
    '?a=b&__session=t&__clerk_db_jwt=d&%5F_dev_session=s&__clerk_handshake=h&__clerk_synced=true&c=%2F'

  it('never reach an origin or a record with a call', async () => {
    const cookie = scene.cookies(await scene.world.token(), before)
    for (const init of [{}, { method: 'PUT' }]) {
      const headers = { cookie, 'sec-fetch-site': 'same-origin' }
      expect((await scene.call(`/app/x${query}`, headers, init)).status).toBe(200)
    }
    expect(scene.world.sent.map(({ url }) => new URL(url).search)).toEqual([
      '?a=b&c=%2F',
      '?a=b&c=%2F',
    ])
    expect(JSON.stringify(scene.world.records)).not.toContain('__')
  })

  it('leave the address of a page, and of the bookmark that somebody makes of it', async () => {
    const cookie = scene.cookies(await scene.world.token(), before)
    const response = await scene.page(`/app/x${query}`, { cookie })
    expect(sentTo(response).href).toBe('https://api.usher.test/app/x?a=b&c=%2F')
    expect(scene.world.sent).toEqual([])
  })

  it('that say that a satellite is in step stay for whoever is signed out, or it would ask for ever', async () => {
    const satellite = { domain: 'usher.test', autoSync: true }
    const config = {
      canonicalOrigin: 'https://api.usher.test',
      signInUrl: 'https://primary.test/sign-in',
      browserSessions: { satellite },
    }
    scene = await openBrowserScene({
      config: {
        ...config,
        routes: [{ path: '/**', origin: 'api', sessions: 'browser', access: 'optional' }],
      },
    })
    const response = await scene.page('/x?__clerk_synced=true')
    expect(response.status).toBe(200)
    expect(scene.world.sent.map(({ url }) => new URL(url).search)).toEqual([''])
  })

  it('that bring somebody by an invitation are shown to the page where one signs in, and to no origin', async () => {
    const ticket = '?__clerk_ticket=t.t.t&__clerk_status=sign_up&a=b'
    const response = await scene.page(`/app/x${ticket}`)
    const url = new URL(String(response.headers.get('location')))
    expect(url.pathname).toBe('/_usher/sign-in')
    expect([...url.searchParams]).toEqual([
      ['__clerk_ticket', 't.t.t'],
      ['__clerk_status', 'sign_up'],
      ['redirect_url', 'https://api.usher.test/app/x?a=b'],
    ])
    expect((await scene.page(`/open/x${ticket}`)).status).toBe(200)
    expect(scene.world.sent.map(({ url: sent }) => new URL(sent).search)).toEqual(['?a=b'])
  })

  it('are those of an origin on a route that is not for browsers, but for credentials', async () => {
    const authorization = `Bearer ${await scene.world.token()}`
    const kept = '?b&__clerk_synced=true&__clerk_ticket=t&a__b=%5F&c=%2F'
    const secret = ['handshake', 'handshake_nonce', 'help', 'db_jwt'].map(
      (one) => `__clerk_${one}=s`,
    )
    const all = [kept, ...secret, '__session=s', '__session_abc=s', '%5F_dev_session=s'].join('&')
    for (const query of [kept, all, '?__session=s', '?', '']) {
      await scene.call(`/plain/x${query}`, { authorization })
    }
    expect(scene.world.sent.map(({ url }) => new URL(url).search)).toEqual([kept, kept, '', '', ''])
  })
})

describe('whoever is signed out', () => {
  it('is sent to where one signs in, and an optional page is shown to them', async () => {
    expect((await scene.page('/app/x')).headers.get('location')).toBe(
      'https://api.usher.test/_usher/sign-in?redirect_url=https%3A%2F%2Fapi.usher.test%2Fapp%2Fx',
    )
    expect((await scene.page('/open/x')).status).toBe(200)
    expect(scene.world.backend.asked).toEqual([])
  })

  it('of a satellite comes back from signing in elsewhere with a word that it must ask', async () => {
    scene = await openBrowserScene({
      config: {
        canonicalOrigin: 'https://api.usher.test',
        signInUrl: 'https://primary.test/sign-in',
        browserSessions: { satellite: { domain: 'usher.test' } },
      },
    })
    const response = await scene.page('/app/x?a=b')
    expect(response.headers.get('location')).toBe(
      'https://primary.test/sign-in?redirect_url=https%3A%2F%2Fapi.usher.test%2Fapp%2Fx%3Fa%3Db%26__clerk_synced%3Dfalse',
    )
  })

  it('and shows a key in a header of the route is judged by it alone', async () => {
    const headers = { cookie: scene.cookies(undefined, before), 'x-key': 'a.b.c' }
    expect((await scene.page('/keyed/x', headers)).status).toBe(401)
  })
})
