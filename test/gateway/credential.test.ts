import { beforeAll, describe, expect, it } from 'vitest'
import { cookieSuffixOf } from '../../src/clerk/issuer.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

const publishableKey = `pk_test_${btoa('clerk.usher.test$')}`

let world: World
let token: string
let suffix: string
beforeAll(async () => {
  world = await createWorld({ variables: { CLERK_PUBLISHABLE_KEY: publishableKey } })
  token = await world.token()
  suffix = String(await cookieSuffixOf(publishableKey)())
})

async function outcome(headers: Record<string, string>, path = '/api/x', method = 'GET') {
  const response = await world.walk(new Request(`${gatewayUrl}${path}`, { method, headers }))
  if (response.status === 200) return world.sent.at(-1)?.headers.get('x-usher-user-id')
  const { code } = (await response.json()) as { code: string }
  return `${response.status} ${code}`
}

const other = () => world.token({ sub: 'user_grace' })

describe('where a credential may be', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'Bearer  '])('the scheme %j', async (scheme) => {
    expect(await outcome({ authorization: `${scheme} ${token}` })).toBe('user_ada')
  })

  it('the session cookie, plain or with the suffix of this instance', async () => {
    expect(await outcome({ cookie: `a=1; __session=${token}; b=2` })).toBe('user_ada')
    const suffixed = `__session_${suffix}=${token}; __client_uat_${suffix}=1`
    expect(await outcome({ cookie: suffixed })).toBe('user_ada')
    const theirs = await other()
    expect(await outcome({ cookie: `__session=${theirs}; ${suffixed}` })).toBe('user_ada')
  })

  it("another instance's cookie does not count", async () => {
    const cookie = `__session_AAAAAAAA=${token}; __client_uat_AAAAAAAA=1`
    expect(await outcome({ cookie })).toBe('401 token-missing')
  })

  it('the header goes before the cookie', async () => {
    const cookie = `__session=${await other()}`
    expect(await outcome({ authorization: `Bearer ${token}`, cookie })).toBe('user_ada')
  })

  it('another scheme does not hide the cookie', async () => {
    const cookie = `__session=${token}`
    expect(await outcome({ authorization: 'Basic YTpi', cookie })).toBe('user_ada')
  })

  it('cookies do not count at all without authorised parties', async () => {
    const strict = await createWorld({ variables: { AUTHORIZED_PARTIES: '' } })
    const cookie = `__session=${await strict.token()}`
    const request = new Request(`${gatewayUrl}/api/x`, { headers: { cookie } })
    expect((await strict.walk(request)).status).toBe(401)
  })
})

describe('a credential that is there but wrong is never passed over', () => {
  const wrong: [string, () => Record<string, string>, string][] = [
    ['Bearer without a token', () => ({ authorization: 'Bearer' }), '401 token-invalid'],
    [
      'a bearer behind another scheme',
      () => ({ authorization: `Basic x, Bearer ${token}`, cookie: `__session=${token}` }),
      '401 token-ambiguous',
    ],
    ['a bearer behind a comma', () => ({ authorization: ', Bearer x' }), '401 token-ambiguous'],
    ['Bearer with two words', () => ({ authorization: 'Bearer a b' }), '401 token-invalid'],
    [
      'two bearers',
      () => ({ authorization: `Bearer ${token}, Bearer ${token}` }),
      '401 token-ambiguous',
    ],
    [
      'a bad header beside a good cookie',
      () => ({ authorization: 'Bearer x', cookie: `__session=${token}` }),
      '401 token-invalid',
    ],
    [
      'two cookies that differ',
      () => ({ cookie: `__session=${token}; __session=x` }),
      '401 token-ambiguous',
    ],
    [
      'a second cookie line',
      () => ({ cookie: `__session=x, __session=${token}` }),
      '401 token-ambiguous',
    ],
    [
      'a bad cookie under both names',
      () => ({
        cookie: `__session_${suffix}=x; __client_uat_${suffix}=1; __session=x; __client_uat=1`,
      }),
      '401 token-invalid',
    ],
    ['a bad cookie', () => ({ cookie: '__session=x' }), '401 token-invalid'],
  ]
  it.each(wrong)('%s', async (_, headers, expected) => {
    expect(await outcome(headers())).toBe(expected)
    expect(await outcome(headers(), '/optional/x')).toBe(expected)
  })

  it('the same cookie twice is one cookie', async () => {
    expect(await outcome({ cookie: `__session=${token}; __session=${token}` })).toBe('user_ada')
  })

  it('an empty session cookie is none', async () => {
    expect(await outcome({ cookie: '__session=' })).toBe('401 token-missing')
    expect(await outcome({ cookie: '__session=' }, '/optional/x')).toBe('')
  })
})

describe('optional access', () => {
  it('is anonymous when nothing is shown, and knows who shows something', async () => {
    expect(await outcome({}, '/optional/x')).toBe('')
    expect(await outcome({ authorization: `Bearer ${token}` }, '/optional/x')).toBe('user_ada')
  })

  it('forgives an expired cookie on a navigation alone, and records why', async () => {
    const old = await world.token({ exp: Math.floor(world.clock.now() / 1000) - 60 })
    const cookie = `__session=${old}`
    expect(await outcome({ cookie, 'sec-fetch-mode': 'navigate' }, '/optional/x')).toBe('')
    expect(world.records.at(-1)).toMatchObject({ status: 200, reason: 'token-expired' })
    expect(await outcome({ cookie }, '/optional/x')).toBe('401 token-expired')
    const authorization = `Bearer ${old}`
    const header = { authorization, 'sec-fetch-mode': 'navigate' }
    const request = new Request(`${gatewayUrl}/optional/x`, { headers: header })
    expect((await world.walk(request)).status).toBe(401)
  })
})

describe('a cookie authorises no request that another site may have caused', () => {
  const cases: [string, Record<string, string>, boolean][] = [
    ['nothing is said', {}, false],
    ['the same origin', { 'sec-fetch-site': 'same-origin' }, true],
    ['the same site', { 'sec-fetch-site': 'same-site' }, false],
    ['another site', { 'sec-fetch-site': 'cross-site' }, false],
    ['an address that was typed', { 'sec-fetch-site': 'none' }, false],
    ['our Origin', { origin: gatewayUrl }, true],
    ['another Origin', { origin: 'https://evil.test' }, false],
    ['another port', { origin: `${gatewayUrl}:8443` }, false],
    ['an Origin of null', { origin: 'null' }, false],
    [
      'our Origin, but the browser knows better',
      { origin: gatewayUrl, 'sec-fetch-site': 'cross-site' },
      false,
    ],
  ]
  it.each(cases)('%s', async (_, headers, passes) => {
    const cookie = `__session=${token}`
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const expected = passes ? 'user_ada' : '403 cross-site-request'
      expect(await outcome({ ...headers, cookie }, '/api/x', method)).toBe(expected)
    }
    expect(await outcome({ ...headers, cookie })).toBe('user_ada')
    const authorization = `Bearer ${token}`
    expect(await outcome({ ...headers, authorization }, '/api/x', 'POST')).toBe('user_ada')
  })

  it('the origin that counts is the configured one, where one is configured', async () => {
    const own = await createWorld({ config: { canonicalOrigin: 'https://www.usher.test' } })
    const cookie = `__session=${await own.token()}`
    const post = (origin: string) =>
      own.walk(new Request(`${gatewayUrl}/api/x`, { method: 'POST', headers: { cookie, origin } }))
    expect((await post('https://www.usher.test')).status).toBe(200)
    expect((await post(gatewayUrl)).status).toBe(403)
  })

  it('a bad cookie is 401 before it is 403', async () => {
    expect(await outcome({ cookie: '__session=x' }, '/api/x', 'POST')).toBe('401 token-invalid')
  })
})

describe('the suffix of cookies', () => {
  it.each([
    ['pk_live_Y2xlcmsuY2xlcmsuZGV2JA', '1Z8AzTQD'],
    ['pk_test_Y2xlcmsuY2xlcmsuZGV2JA', 'QvfNY2dr'],
  ])("of %s is Clerk's", async (key, expected) => {
    expect(await cookieSuffixOf(key)()).toBe(expected)
  })
})
