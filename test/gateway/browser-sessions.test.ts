import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sessionCallLimits } from '../../src/clerk/session-calls.ts'
import { settle } from '../support/fake-clock.ts'
import { makeKey, mint, sessionHeader } from '../support/tokens.ts'
import {
  answerNonce,
  type BrowserScene,
  closeBrowserScene,
  noonSeconds,
  openBrowserScene,
  sentTo,
  testKey,
} from './browser-scene.ts'

// What browsers bring back from Clerk, and what comes of it: cookies that the gateway verifies like any others.

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

/** The lines that a handshake comes to for somebody who is signed in. */
function signingIn(token: string): readonly string[] {
  return [
    `__session=${token}; Path=/; SameSite=Lax; Max-Age=60`,
    `__client_uat=${before}; Path=/; Domain=usher.test`,
    '__clerk_handshake_nonce=; Path=/; Max-Age=0',
  ]
}

const signingOut = ['__session=; Path=/; Max-Age=0', '__client_uat=0; Path=/']

async function codeOf(response: Response): Promise<unknown> {
  return /code>\d+ ([\w-]+)</.exec(await response.text())?.[1]
}

describe('somebody who is signed in', () => {
  it('is shown the page, and Clerk is not asked', async () => {
    const cookie = scene.cookies(await scene.world.token(), before)
    const response = await scene.page('/app/x?a=b', { cookie })
    expect(await response.text()).toBe('from the origin')
    expect(response.headers.getSetCookie()).toEqual([])
    expect(scene.world.backend.asked).toEqual([])
    expect(scene.world.sent[0]?.headers.get('cookie')).toBe('theme=dark')
  })

  it.each([
    ['from a page of here', { referer: 'https://api.usher.test/other' }, ''],
    ['from nowhere', {}, ''],
    ['from no address', { referer: 'nonsense' }, ''],
    ['sent round just now', { referer: 'https://other.test/' }, '; __clerk_redirect_count=1'],
  ])('is sent nowhere when they come %s', async (_case, headers, beside) => {
    const cookie = scene.cookies(await scene.world.token(), before) + beside
    expect((await scene.page('/app/x', { cookie, ...headers })).status).toBe(200)
  })

  it('is sent nowhere on a route that is not for browsers', async () => {
    const cookie = scene.cookies(await scene.world.token(expired), before)
    expect((await scene.page('/plain/x', { cookie })).status).toBe(401)
  })
})

describe('a nonce', () => {
  it('is worth a session, which is verified again and set in the browser', async () => {
    const token = await scene.world.token({ sub: 'user_grace', sid: 'sess_grace' })
    answerNonce(scene.world, 'n1', signingIn(token))
    const cookie = `${scene.cookies(undefined, before)}; __clerk_handshake_nonce=n1`
    const response = await scene.page('/app/x', { cookie })
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toEqual(signingIn(token))
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    const [sent] = scene.world.sent
    expect(sent?.headers.get('x-usher-user-id')).toBe('user_grace')
    expect(sent?.headers.get('cookie')).toBe('theme=dark')
    expect(scene.world.records).toMatchObject([{ userId: 'user_grace', status: 200 }])
    const [asked] = scene.world.backend.asked
    expect(asked?.headers.get('authorization')).toBe('Bearer sk_live_never_shown')
    expect(scene.fetched).toEqual([])
  })

  it('is shown to an origin that sees credentials, as the browser will from now on', async () => {
    const token = await scene.world.token()
    answerNonce(scene.world, 'n1', signingIn(token))
    await scene.page('/shown/x', { cookie: 'theme=dark; __clerk_handshake_nonce=n1' })
    expect(scene.world.sent[0]?.headers.get('cookie')).toBe(
      `theme=dark; __session=${token}; __client_uat=${before}`,
    )
  })

  it('keeps its cookies off what is not Clerk own', async () => {
    const lines = [...signingIn(await scene.world.token()), 'theme=light', '__Host-usher-api=1']
    answerNonce(scene.world, 'n1', lines)
    const response = await scene.page('/app/x', { cookie: '__clerk_handshake_nonce=n1' })
    expect(response.headers.getSetCookie()).toHaveLength(3)
  })

  it('that means signed out signs the browser out, and leads to where one signs in', async () => {
    answerNonce(scene.world, 'n1', signingOut)
    const old = await scene.world.token(expired)
    const cookie = `${scene.cookies(old, before)}; __clerk_handshake_nonce=n1`
    const response = await scene.page('/app/x?a=b', { cookie })
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe(
      'https://api.usher.test/_usher/sign-in?redirect_url=https%3A%2F%2Fapi.usher.test%2Fapp%2Fx%3Fa%3Db',
    )
    expect(response.headers.getSetCookie()).toEqual([
      ...signingOut,
      '__clerk_handshake_nonce=; Path=/; Max-Age=0',
    ])
  })

  it.each([
    ['of another application', { azp: 'https://evil.test' }],
    ['of another instance', { iss: 'https://clerk.other.test' }],
    ['that has expired', expired],
  ])('worth a session %s admits nobody', async (_case, claims) => {
    const token = await scene.world.token(claims)
    answerNonce(scene.world, 'n1', signingIn(token))
    const cookie = `${scene.cookies(undefined, before)}; __clerk_handshake_nonce=n1`
    const response = await scene.page('/app/x', { cookie })
    expect(response.status).not.toBe(200)
    expect(scene.world.sent).toEqual([])
  })

  it('worth a session that somebody else signed admits nobody', async () => {
    const key = await makeKey('ins_usher')
    answerNonce(scene.world, 'n1', signingIn(await scene.world.token({}, {}, key)))
    const response = await scene.page('/app/x', { cookie: '__clerk_handshake_nonce=n1' })
    expect([200, 307]).not.toContain(response.status)
    expect(scene.world.sent).toEqual([])
  })

  it.each([
    ['that Clerk does not know', 'unknown', 1],
    ['that cannot be one', 'no/nonce', 0],
    ['that is far too long', 'n'.repeat(513), 0],
  ])('%s is forgotten, and the browser is asked anew', async (_case, nonce, calls) => {
    const cookie = `${scene.cookies(undefined, before)}; __clerk_handshake_nonce=${nonce}`
    const response = await scene.page('/app/x', { cookie })
    expect(sentTo(response).searchParams.get('__clerk_hs_reason')).toBe(
      'client-uat-but-no-session-token',
    )
    expect(response.headers.getSetCookie()).toContain('__clerk_handshake_nonce=; Path=/; Max-Age=0')
    expect(scene.world.backend.asked).toHaveLength(calls)
  })

  it('that is unknown does not sign out who is signed in', async () => {
    const signedIn = scene.cookies(await scene.world.token(), before)
    const cookie = `${signedIn}; __clerk_handshake_nonce=used`
    const response = await scene.page('/app/x', { cookie })
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toEqual(['__clerk_handshake_nonce=; Path=/; Max-Age=0'])
  })

  it('in an address is worth nothing where the instance is live: it would be the nonce of who made the link', async () => {
    answerNonce(scene.world, 'n1', signingIn(await scene.world.token()))
    const response = await scene.page('/app/x?a=b&__clerk_handshake_nonce=n1')
    expect(sentTo(response).href).toBe('https://api.usher.test/app/x?a=b')
    expect(response.headers.getSetCookie()).toEqual([])
    expect(scene.world.backend.asked).toEqual([])
  })

  it('in an address works in development, and is gone before the origin sees it', async () => {
    scene = await openBrowserScene({ publishableKey: testKey })
    const token = await scene.world.token()
    answerNonce(scene.world, 'n1', signingIn(token))
    const response = await scene.page('/app/x?a=b&__clerk_db_jwt=d&__clerk_handshake_nonce=n1&c')
    expect(sentTo(response).href).toBe('https://api.usher.test/app/x?a=b&c')
    expect(response.headers.getSetCookie()).toEqual(signingIn(token))
    expect(scene.world.sent).toEqual([])
  })

  it.each([
    ['fails', () => Response.json({}, { status: 500 }), '2'],
    [
      'is overloaded',
      () => new Response('', { status: 429, headers: { 'retry-after': '7' } }),
      '7',
    ],
    ['refuses the key', () => Response.json({}, { status: 401 }), '2'],
    ['talks nonsense', () => new Response('<html>', { status: 200 }), '2'],
    ['leaves the cookies out', () => Response.json({ directives: [1] }), '2'],
    ['cannot be reached', () => Promise.reject(new Error('ECONNREFUSED')), '2'],
  ])('is 503 where Clerk %s: nobody is signed out by an outage', async (_case, answer, seconds) => {
    scene.world.backend.answer = answer
    const cookie = `${scene.cookies(undefined, before)}; __clerk_handshake_nonce=n1`
    const response = await scene.page('/app/x', { cookie })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, seconds])
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await codeOf(response)).toBe('verification-unavailable')
  })

  it('is 503 where Clerk is too slow', async () => {
    scene.world.backend.answer = () => new Promise(() => {})
    const asked = scene.page('/app/x', { cookie: '__clerk_handshake_nonce=n1' })
    await settle()
    await scene.world.clock.advance(sessionCallLimits.limitMs)
    expect((await asked).status).toBe(503)
  })

  it('costs a call, so an address may make up only so many', async () => {
    const ask = (nonce: number) =>
      scene.page('/app/x', {
        cookie: `__clerk_handshake_nonce=n${nonce}`,
        'cf-connecting-ip': '203.0.113.7',
      })
    for (let nonce = 0; nonce < 20; nonce++) expect((await ask(nonce)).status).toBe(302)
    expect((await ask(20)).status).toBe(429)
    expect(scene.world.backend.asked).toHaveLength(20)
  })
})

describe('a handshake token', () => {
  const handshakeOf = async (directives: unknown, header = {}, key = scene.world.key) =>
    mint({ key, header: { ...sessionHeader(key), ...header }, claims: { handshake: directives } })

  it('is worth what it says, without asking Clerk', async () => {
    const token = await scene.world.token()
    const handshake = await handshakeOf(signingIn(token))
    const response = await scene.page('/app/x', { cookie: `__clerk_handshake=${handshake}` })
    expect([response.status, scene.world.backend.asked.length]).toEqual([200, 0])
    expect(response.headers.getSetCookie()).toEqual(signingIn(token))
  })

  it.each([
    ['is signed by somebody else', {}, true],
    ['is a token of a template', { cat: 'cl_B7d4PD222AAA' }, false],
    ['is a token of a machine', { cat: 'cl_B7d4PD333AAA' }, false],
    ['has no signature', { alg: 'none' }, false],
  ])('that %s is forgotten', async (_case, header, isForeign) => {
    const key = isForeign ? await makeKey('ins_usher') : scene.world.key
    for (const publishableKey of [undefined, testKey]) {
      if (publishableKey) scene = await openBrowserScene({ publishableKey })
      const handshake = await handshakeOf(signingIn(await scene.world.token()), header, key)
      const response = await scene.page('/app/x', { cookie: `__clerk_handshake=${handshake}` })
      expect(response.status).not.toBe(200)
      expect(response.headers.getSetCookie()).toContain('__clerk_handshake=; Path=/; Max-Age=0')
      expect(response.headers.getSetCookie().join()).not.toContain('eyJ')
    }
  })
})
