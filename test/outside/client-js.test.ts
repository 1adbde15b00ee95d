import { describe, expect, it } from 'vitest'
import {
  beganAtMs,
  type ClientMachine,
  openMachine,
  origin,
  planted,
  type Said,
} from './client-machine.ts'

// What the script for pages of origins believes: of cookies, which anybody may have written, and of answers,
// which anybody on the way may have given.

const now = beganAtMs / 1000
const live = { sub: 'user_ada', sid: 'sess_ada', iat: now, exp: now + 60 }
const stale = { ...live, iat: now - 120, exp: now - 60 }
const here: Said = {
  status: 200,
  body: { authenticated: true, user_id: 'user_ada', session_id: 'sess_ada' },
}
const gone: Said = { status: 404, body: { errors: [{ code: 'resource_not_found' }] } }
const noClient: Said = { status: 200, body: { response: null } }
const tokens = 'POST /__clerk/v1/client/sessions/sess_ada/tokens'
const signOut = 'DELETE /__clerk/v1/client/sessions'
const client = 'GET /__clerk/v1/client'

type Answers = Readonly<Record<string, Said>>

/** A page where these are the answers, and all that is not among them is somebody else's. */
function open(claims: object, answers: Answers): ClientMachine {
  return openMachine(planted(claims), (asked) => answers[asked] ?? { status: 404, body: {} })
}

const notOfClerk: readonly (readonly [string, Said])[] = [
  ...[400, 401, 403, 404, 405, 409, 410, 421, 422, 429, 500, 503].map(
    (status) => [`${status} of the gateway`, { status, body: { code: 'host-unknown' } }] as const,
  ),
  ['a page in place of an answer', { status: 200, body: '<p>Pay for this network</p>' }],
  ['a page in place of a refusal', { status: 404, body: '<p>Nothing here</p>' }],
  ['an answer with nothing in it', { status: 200, body: {} }],
  ['an outage of Clerk’s', { status: 500, body: { errors: [{ code: 'internal' }] } }],
]

describe('a planted cookie', () => {
  it.each([
    '../../../../api/transfer?to=mallory&x=',
    'sess_ada/../../../../api/transfer',
    'sess_ada?x=',
    'sess_ada\n',
    'user_ada',
    'sess_',
    '',
    7,
    null,
    ['a', 'b'],
    undefined,
  ])('is no session, and nothing is asked for it: %j', async (sid) => {
    const page = open({ ...stale, sid }, {})
    await page.pass(120)
    expect(page.asked).toEqual([])
    expect(await page.usher.ready).toEqual({ authenticated: false })
  })

  it.each(['../../../../api/transfer', 'sess_other/../../x', 7, null])(
    'is followed to no other path by what is called the last session: %j',
    async (id) => {
      const found: Said = { status: 200, body: { response: { last_active_session_id: id } } }
      const page = open(stale, { [tokens]: gone, [client]: found })
      await page.pass(60)
      expect(page.asked).toEqual([tokens, client])
    },
  )

  it.each([
    [{ iat: undefined, exp: undefined }, 0],
    [{ iat: now, exp: undefined }, 0],
    [{ iat: `${now}`, exp: `${now + 60}` }, 0],
    [{ iat: null, exp: now }, 0],
    [{ iat: now, exp: now + 1e8 }, 0],
    [{ iat: now, exp: now + 1 }, 31],
  ])('makes no storm by its times: %j', async (times, most) => {
    const jwt = planted({ ...live, ...times })
    const page = open(
      { ...live, ...times },
      { [tokens]: { status: 200, body: { jwt } }, 'GET /_usher/me': here },
    )
    let asked = 0
    await page.pass(300)
    for (const one of page.asked) if (one === tokens) asked += 1
    expect(asked).toBeLessThanOrEqual(most)
    expect(page.asked.length).toBeLessThanOrEqual(most + 1)
  })
})

describe('nobody is signed out', () => {
  it.each(notOfClerk)('by %s in place of a token', async (_, said) => {
    const page = open(stale, { [tokens]: said, [client]: noClient })
    await page.pass(30)
    expect(page.cookie()).toBe(planted(stale))
    expect(page.asked).not.toContain(client)
    // It is tried again, ever more slowly, and is well as soon as Clerk is.
    expect(page.asked.length).toBeGreaterThan(1)
    expect(page.asked.length).toBeLessThan(15)
  })

  it.each([...notOfClerk, ['a refusal of Clerk’s', gone] as const])(
    'by %s in place of the client',
    async (_, said) => {
      const page = open(stale, { [tokens]: gone, [client]: said })
      await page.pass(5)
      expect(page.asked).toContain(client)
      expect(page.cookie()).toBe(planted(stale))
    },
  )

  it.each([403, 404, 421, 429, 500])('by a %d of who is here', async (status) => {
    let me: Said = { status, body: { code: 'x' } }
    const token: Said = { status: 200, body: { jwt: planted(live) } }
    const page = openMachine(planted(live), (asked) => (asked === tokens ? token : me))
    await page.pass(10)
    expect(new Set(page.asked)).toEqual(new Set(['GET /_usher/me']))
    me = here
    await page.pass(30)
    expect(await page.usher.ready).toMatchObject({ authenticated: true })
  })

  it.each([401, 404, 422])(
    'but by Clerk: %d with its errors, and no other session',
    async (status) => {
      const page = open(stale, { [tokens]: { ...gone, status }, [client]: noClient })
      await page.pass(5)
      expect(page.cookie()).toBe('')
      expect(await page.usher.ready).toEqual({ authenticated: false })
    },
  )
})

describe('signing out', () => {
  it.each([...notOfClerk, ['another refusal of Clerk’s', { ...gone, status: 422 }] as const])(
    'fails where nobody was signed out: %s',
    async (_, said) => {
      const page = open(live, { [signOut]: said, 'GET /_usher/me': here })
      await expect(page.usher.signOut()).rejects.toThrow()
      expect(page.cookie()).toBe(planted(live))
    },
  )

  it.each([
    ['done', noClient],
    ['nobody there any more', gone],
  ])('is done: %s', async (_, said) => {
    const page = open(live, { [signOut]: said, 'GET /_usher/me': here })
    await page.usher.signOut()
    expect(page.cookie()).toBe('')
  })
})

describe('buttons lead nowhere else', () => {
  const ways: readonly (readonly [string, string])[] = [
    ['javascript:alert(1)', '/home'],
    ['JavaScript:alert(1)', '/home'],
    ['data:text/html,x', '/home'],
    [`blob:${origin}/a`, '/home'],
    ['https://evil.example/', '/home'],
    ['//evil.example', '/home'],
    ['/\\evil.example', '/home'],
    [`${origin}.evil.example/`, '/home'],
    ['http://', '/home'],
    ['/a?b=c#d', '/a?b=c#d'],
    ['b', '/b'],
    [`${origin}/a`, '/a'],
  ]

  it.each(ways)('after signing out: %s leads to %s', async (asked, path) => {
    const page = open(live, { [signOut]: noClient, 'GET /_usher/me': here })
    const [button] = page.show('usher-sign-out-button', { 'redirect-url': asked }).childNodes
    await button?.onclick()
    expect(page.assigned).toEqual([origin + path])
  })

  it.each(ways)('after signing in: %s leads to %s', (asked, path) => {
    const page = open(live, { 'GET /_usher/me': here })
    const [link] = page.show('usher-sign-in-button', { 'redirect-url': asked }).childNodes
    expect(new URL(String(link?.href)).searchParams.get('redirect_url')).toBe(origin + path)
  })
})
