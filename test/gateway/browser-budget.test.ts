import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cookieSuffixOf } from '../../src/clerk/issuer.ts'
import { inVainMax } from '../../src/clerk/session-calls.ts'
import { mint, sessionHeader } from '../support/tokens.ts'
import {
  answerNonce,
  type BrowserScene,
  closeBrowserScene,
  liveKey,
  noonSeconds,
  openBrowserScene,
  sentTo,
} from './browser-scene.ts'

// What anyone can make a gateway do by cookies that are made up: so many calls of Clerk's, and nothing in a log. And
// what an origin is shown of cookies that last.

const before = noonSeconds - 100
const expired = { iat: before, nbf: before, exp: noonSeconds - 30 }
const unknown = () => Response.json({ errors: [{ code: 'x' }] }, { status: 401 })

let scene: BrowserScene
let suffix: string
beforeEach(async () => {
  scene = await openBrowserScene()
  suffix = String(await cookieSuffixOf(liveKey)())
})
afterEach(() => {
  expect(scene.fetched).toEqual([])
  closeBrowserScene()
})

describe('a renewal', () => {
  interface Shown {
    readonly sid: string
    readonly secret: string
    readonly from: string
  }

  async function ask({ sid, secret, from }: Shown): Promise<Response> {
    const token = await scene.world.token({ ...expired, sid })
    const cookie = `${scene.cookies(token, before)}; __refresh_${suffix}=${secret}`
    return scene.page('/app/x', { cookie, 'cf-connecting-ip': from })
  }

  const calls = () => scene.world.backend.asked.length

  it('that is made up costs Clerk twenty calls a minute for each address; then one goes round instead', async () => {
    scene.world.backend.answer = unknown
    for (let turn = 0; turn < 40; turn++) {
      const response = await ask({ sid: `sess_${turn}`, secret: 'r', from: '203.0.113.7' })
      expect(sentTo(response).pathname).toBe('/v1/client/handshake')
    }
    expect(calls()).toBe(20)
    await ask({ sid: 'sess_elsewhere', secret: 'r', from: '203.0.113.8' })
    expect(calls()).toBe(21)
    await scene.world.clock.advance(60_000)
    await ask({ sid: 'sess_later', secret: 'r', from: '203.0.113.7' })
    expect(calls()).toBe(22)
  })

  it('of one session is tried in vain five times a minute, wherever it comes from', async () => {
    scene.world.backend.answer = unknown
    for (let turn = 0; turn < 2 * inVainMax; turn++) {
      await ask({ sid: 'sess_ada', secret: `r${turn}`, from: `203.0.113.${turn}` })
    }
    expect(calls()).toBe(inVainMax)
  })

  it('that is good costs nothing', async () => {
    const fresh = await scene.world.token()
    const cookies = [`__session=${fresh}; Path=/`, `__session_${suffix}=${fresh}; Path=/`]
    scene.world.backend.answer = () => Response.json({ cookies })
    for (let turn = 0; turn < 30; turn++) {
      expect((await ask({ sid: 'sess_ada', secret: 'r', from: '203.0.113.7' })).status).toBe(200)
    }
    expect(calls()).toBe(30)
  })

  it('is not tried by anybody for as long as Clerk wants to be left alone', async () => {
    scene.world.backend.answer = () =>
      new Response('', { status: 429, headers: { 'retry-after': '7' } })
    const turn = (one: number) => ask({ sid: `sess_${one}`, secret: 'r', from: `203.0.113.${one}` })
    expect((await turn(1)).status).toBe(307)
    expect((await turn(2)).status).toBe(307)
    await scene.world.clock.advance(6_999)
    expect((await turn(3)).status).toBe(307)
    expect(calls()).toBe(1)
    await scene.world.clock.advance(1)
    await turn(4)
    expect(calls()).toBe(2)
  })
})

it('one nonce shown again and again costs Clerk five calls a minute', async () => {
  scene.world.backend.answer = () => Response.json({}, { status: 404 })
  const statuses: number[] = []
  for (let turn = 0; turn < 2 * inVainMax; turn++) {
    const cookie = `${scene.cookies(undefined, before)}; __clerk_handshake_nonce=n1`
    statuses.push((await scene.page('/app/x', { cookie })).status)
  }
  expect(statuses).toEqual([...Array(inVainMax).fill(307), ...Array(inVainMax).fill(429)])
  expect(scene.world.backend.asked).toHaveLength(inVainMax)
})

describe('nobody can write to the console', () => {
  let written: string[]
  beforeEach(() => {
    written = []
    for (const level of ['log', 'warn', 'error'] as const) {
      vi.spyOn(console, level).mockImplementation((...words) => void written.push(words.join(' ')))
    }
  })
  afterEach(() => {
    vi.restoreAllMocks()
    expect(written).toEqual([])
  })

  async function handshake(claims: object): Promise<string> {
    const { key } = scene.world
    const lines = [`__session=${await scene.world.token(claims)}; Path=/`, '__client_uat=1; Path=/']
    return mint({ key, header: sessionHeader(key), claims: { handshake: lines } })
  }

  it.each([
    ['has expired', expired],
    ['is of another application', { azp: 'https://evil.test' }],
  ])('by a handshake with a session that %s, which is forgotten', async (_case, claims) => {
    const signed = await handshake(claims)
    const response = await scene.page('/app/x', { cookie: `__clerk_handshake=${signed}` })
    expect(response.headers.getSetCookie()).toEqual(['__clerk_handshake=; Path=/; Max-Age=0'])
    expect(response.status).toBe(302)
  })

  it('by a nonce that is worth such a session', async () => {
    answerNonce(scene.world, 'n1', [`__session=${await scene.world.token(expired)}; Path=/`])
    const beside = `${await handshake(expired)}; __clerk_handshake_nonce=n1`
    const response = await scene.page('/app/x', { cookie: `__clerk_handshake=${beside}` })
    expect(response.headers.getSetCookie().toSorted()).toEqual([
      '__clerk_handshake=; Path=/; Max-Age=0',
      '__clerk_handshake_nonce=; Path=/; Max-Age=0',
    ])
  })

  it('by a loop', async () => {
    const cookie = `${scene.cookies(undefined, before)}; __clerk_redirect_count=3`
    expect((await scene.page('/app/x', { cookie })).status).toBe(302)
  })

  it('by a loop of an organisation', async () => {
    closeBrowserScene()
    const organizationSync = { organizationPatterns: ['/teams/:slug/**'] }
    scene = await openBrowserScene({ config: { browserSessions: { organizationSync } } })
    const token = await scene.world.token()
    const cookie = `${scene.cookies(token, before)}; __clerk_redirect_count=7`
    expect((await scene.page('/teams/acme/x', { cookie })).status).toBe(200)
  })
})

it('Clerk is shown of a page that somebody comes from its origin alone', async () => {
  scene.world.backend.answer = unknown
  const token = await scene.world.token(expired)
  const cookie = `${scene.cookies(token, before)}; __refresh_${suffix}=r`
  await scene.page('/app/x', { cookie, referer: 'https://other.test/reset?token=secret' })
  const asked = await scene.world.backend.asked[0]?.text()
  expect(asked).toContain('"referer":["https://other.test/"]')
  expect(asked).not.toContain('secret"')
})

it('an origin that sees credentials sees the session, and nothing of Clerk that lasts', async () => {
  const token = await scene.world.token()
  const lasting = [
    ...['__client=c', `__client_${suffix}=c`, `__refresh_${suffix}=r`, '__refresh=r'],
    ...['__clerk_handshake_other=h', '__clerk_db_jwt=d', `__clerk_db_jwt_${suffix}=d`],
    ...['__clerk_redirect_count=1', '__Host-usher-api=m'],
    ...['__Host-usher-bookmark=0-0', '__usher_bookmark=0-0'],
  ]
  const shown = `${scene.cookies(token, before)}; __sessions=mine`
  const response = await scene.page('/shown/x', { cookie: [shown, ...lasting].join('; ') })
  expect(response.status).toBe(200)
  expect(scene.world.sent.map(({ headers }) => headers.get('cookie'))).toEqual([shown])
})
