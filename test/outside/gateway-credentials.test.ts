import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openScene, rawRequest, type Scene } from '../support/gateway.ts'
import { headerValues, sendRaw, status } from '../support/raw.ts'
import { base64url } from '../support/tokens.ts'

// A credential of Clerk's ends at the gateway; what belongs to the origin passes untouched.

let scene: Scene
let ada: string

beforeAll(async () => {
  scene = await openScene()
  ada = await scene.gateway.token()
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

/** The values of a header that arrive at the origin. */
async function arriving(name: string, target: string, headerLines: readonly string[]) {
  expect(status(await scene.gateway.get(target, headerLines))).toBe(200)
  return headerValues(scene.arrived(), name)
}

describe("of the cookies, Clerk's are removed and the others stay as they are", () => {
  const cases: readonly (readonly [lines: readonly string[], arrives: readonly string[]])[] = [
    [['__session=T'], []],
    [['__session=T; a=1'], ['a=1']],
    [['a=1; __session=T'], ['a=1']],
    [['a=1; __session=T; b=2'], ['a=1; b=2']],
    [['a=1;__session=T;b=2'], ['a=1;b=2']],
    [['a=1, __session=T'], ['a=1']],
    [['a=1, __session=T; b=2'], ['a=1; b=2']],
    [['a=1', '__session=T'], ['a=1']],
    [['__session=T', 'a=1'], ['a=1']],
    [['a=1', 'b=2'], ['a=1, b=2']],
    [['a=1; __client_uat=1; __session=T; __client_uat_Xy=2; b=2'], ['a=1; b=2']],
    [['__session_Ab1=T; a=1'], ['a=1']],
    [['__clerk_db_jwt=T; __clerk_handshake=T; __refresh_Ab=T; __client=T; a=1'], ['a=1']],
    [['__Host-usher-bookmark=0-0; a=1; __usher_bookmark=0-0'], ['a=1']],
    [[' __session = T ; a=1'], ['a=1']],
    [['\t__session=T; a=1'], ['a=1']],
    [['a=1; __session'], ['a=1']],
    [['a="x; __session=T"; b=2'], ['a="x; b=2']],
    [['__sessions=mine; a__session=1; __Host-x=2'], ['__sessions=mine; a__session=1; __Host-x=2']],
    [['a=__session; b="c, d"; e==f='], ['a=__session; b="c, d"; e==f=']],
  ]
  it.each(cases)('%j', async (lines, arrives) => {
    const headerLines = lines.map((line) => `Cookie: ${line.replaceAll('T', 'x.y.z')}`)
    expect(await arriving('cookie', '/public/x', headerLines)).toEqual(arrives)
  })

  it('also when one of them was the credential', async () => {
    const lines = [`Cookie: a=1; __session=${ada}; b=2`]
    expect(await arriving('cookie', '/api/x', lines)).toEqual(['a=1; b=2'])
    expect(headerValues(scene.arrived(), 'x-usher-user-id')).toEqual(['user_ada'])
    expect(scene.arrived().headerLines.join('\n')).not.toContain(ada)
  })
})

describe('the Authorization header', () => {
  it.each(['Bearer', 'bearer', 'BEARER'])(
    'with the token that counted, as %s, is removed',
    async (scheme) => {
      for (const target of ['/api/x', '/optional/x', '/admin/x']) {
        scene.clear()
        const arrived = await arriving('authorization', target, [`Authorization: ${scheme} ${ada}`])
        expect(arrived).toEqual([])
        expect(scene.arrived().headerLines.join('\n')).not.toContain(ada)
      }
    },
  )

  it.each(['Basic dXNlcjpwYXNz', 'Digest a="b", c=d', 'Bearer some-other-token', 'Bearer a.b.c'])(
    '%s belongs to the origin of a public route',
    async (value) => {
      const lines = [`Authorization: ${value}`]
      expect(await arriving('authorization', '/public/x', lines)).toEqual([value])
    },
  )

  const oauth = [{ typ: 'at+jwt' }, { iss: 'https://other.test' }, 's']
    .map((part) => base64url(new TextEncoder().encode(JSON.stringify(part))))
    .join('.')
  it.each([
    ['a session token', () => `Bearer ${ada}`],
    ['a session token in another scheme', () => `Token ${ada}`],
    ['a session token without a scheme', () => ada],
    ['a session token beside another', () => `Bearer x, Bearer ${ada}`],
    ['an API key', () => 'Bearer ak_live_1234'],
    ['a machine token', () => 'Bearer mt_1234'],
    ['an opaque OAuth token', () => 'bearer oat_1234'],
    ['an OAuth access token', () => `Bearer ${oauth}`],
  ])('with %s is kept from the origin of a public route', async (_, value) => {
    const lines = [`Authorization: ${value()}`]
    expect(await arriving('authorization', '/public/x', lines)).toEqual([])
  })

  it('in two lines is refused where a credential counts, and never half believed', async () => {
    const answer = await scene.gateway.get('/api/x', [bearer(ada), bearer('x.y.z')])
    expect(status(answer)).toBe(401)
    expect(answer.body).toContain('token-ambiguous')
    expect(scene.origin.requests).toEqual([])
  })
})

describe('a header that carries a credential', () => {
  const spellings = ['X-Api-Key', 'x-api-key', 'X_API_KEY', 'X.Api.Key', 'X-Api_Key', 'X--API--KEY']
  it.each(spellings)('as %s never arrives, whoever decided', async (name) => {
    const lines = [bearer(ada), `${name}: forged`, `${name}: forged too`]
    expect(status(await scene.gateway.get('/keyed/x', lines))).toBe(200)
    expect(scene.arrived().headerLines.join('\n')).not.toContain('forged')
    expect(headerValues(scene.arrived(), 'x-usher-user-id')).toEqual(['user_ada'])
  })

  it.each(spellings.slice(2))('as %s never arrives when nobody came', async (name) => {
    expect(status(await scene.gateway.get('/keyed/x', [`${name}: forged`]))).toBe(200)
    expect(scene.arrived().headerLines.join('\n')).not.toContain('forged')
    expect(headerValues(scene.arrived(), 'x-usher-authenticated')).toEqual(['0'])
  })

  it('counts in its one spelling, and ends here', async () => {
    expect(await arriving('x-api-key', '/keyed/x', [`X-API-Key: ${ada}`])).toEqual([])
    expect(headerValues(scene.arrived(), 'x-usher-user-id')).toEqual(['user_ada'])
    expect(scene.arrived().headerLines.join('\n')).not.toContain(ada)
  })

  it('in two lines is refused', async () => {
    const answer = await scene.gateway.get('/keyed/x', [`X-Api-Key: ${ada}`, 'X-Api-Key: x.y.z'])
    expect(status(answer)).toBe(401)
    expect(answer.body).toContain('token-ambiguous')
    expect(scene.origin.requests).toEqual([])
  })

  it('is the origin’s own on a route that looks for none there', async () => {
    expect(await arriving('x-api-key', '/public/x', ['X-Api-Key: theirs'])).toEqual(['theirs'])
  })
})

describe('a credential that is there and does not count', () => {
  it.each([
    ['a bearer token beside a good cookie', () => ['Authorization: Bearer x.y.z', cookie()]],
    ['an empty bearer beside a good cookie', () => ['Authorization: Bearer', cookie()]],
    ['a machine token', () => ['Authorization: Bearer mt_1234']],
    ['two cookies that differ', () => [`${cookie()}; __session=x.y.z`]],
    ['two lines of cookies that differ', () => [cookie(), 'Cookie: __session=x.y.z']],
  ])('%s is 401 on every route that looks', async (_, lines) => {
    for (const target of ['/api/x', '/optional/x', '/admin/x']) {
      expect(status(await scene.gateway.get(target, lines()))).toBe(401)
    }
    expect(scene.origin.requests).toEqual([])
  })

  const cookie = () => `Cookie: __session=${ada}`
})

describe('a cookie changes nothing for another site', () => {
  const post = (headerLines: readonly string[]) =>
    sendRaw(
      scene.gateway.port,
      rawRequest('POST', '/api/x', {
        headerLines: [`Cookie: __session=${ada}`, ...headerLines],
        body: 'x',
      }),
    )

  it.each([
    [[]],
    [['Origin: https://usher.test']],
    [['Origin: http://usher.test:81']],
    [['Origin: null']],
    [['Origin: http://evil.test', 'Origin: http://usher.test']],
    [['Sec-Fetch-Site: same-site']],
    [['Sec-Fetch-Site: cross-site', 'Origin: http://usher.test']],
    [['Sec-Fetch-Site: none', 'Origin: http://usher.test']],
    [['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site']],
  ])('a POST with %j is 403', async (lines) => {
    expect(status(await post(lines))).toBe(403)
    expect(scene.origin.requests).toEqual([])
  })

  it.each([[['Origin: http://usher.test']], [['Sec-Fetch-Site: same-origin']]])(
    'a POST with %j passes',
    async (lines) => {
      expect(status(await post(lines))).toBe(200)
      expect(scene.arrived().body).toBe('x')
    },
  )
})
