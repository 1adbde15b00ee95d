import { beforeAll, describe, expect, it } from 'vitest'
import { strict } from '../../src/config/relaxations.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

// What of an answer points at its origin, and how it points at the gateway instead.

const origin = 'https://origin.usher.test'
let world: World

beforeAll(async () => {
  const route = (path: string, rest: object = {}) => ({
    path,
    origin: 'api',
    access: 'public' as const,
    ...rest,
  })
  world = await createWorld({
    relaxations: { ...strict, plainAddresses: true },
    config: {
      origins: {
        api: { url: origin },
        based: { url: `${origin}/base/v1` },
        ported: { url: `${origin}:8443` },
        open: { url: 'http://open.usher.test' },
        pair: { members: [{ url: `${origin}/one` }, { url: 'https://other.usher.test' }] },
        bound: { service: 'BOUND' },
      },
      routes: [
        route('/plain/**'),
        route('/api/**', { rewrite: { strip: '/api' } }),
        route('/swap/**', { rewrite: { strip: '/swap', add: '/v2' } }),
        route('/t/:org/**', { rewrite: '/v2/tenants/:org/**' }),
        route('/by/:year/:month', { rewrite: '/archive/:month/caf%C3%A9/:year' }),
        route('/lost/**', { rewrite: '/one' }),
        route('/based/**', { origin: 'based' }),
        route('/deep/**', { origin: 'based', rewrite: { strip: '/deep' } }),
        route('/ported/**', { origin: 'ported' }),
        route('/open/**', { origin: 'open' }),
        route('/pair/**', { origin: 'pair' }),
        route('/bound/**', { origin: 'bound', rewrite: { strip: '/bound', add: '/v2' } }),
      ],
    },
    bindings: { BOUND: { fetch: async () => world.origin(new Request(gatewayUrl)) } },
  })
})

/** What a header of the origin's answer becomes. */
async function passed(path: string, name: string, value: string): Promise<string | null> {
  world.origin = () => new Response(null, { status: 302, headers: { [name]: value } })
  return (await world.get(path)).headers.get(name)
}

describe('a Location at the origin leads to the gateway', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['/plain/x', `${origin}/y`, `${gatewayUrl}/y`],
    ['/plain/x', `${origin}`, `${gatewayUrl}/`],
    ['/plain/x', `${origin}?a=b`, `${gatewayUrl}/?a=b`],
    ['/plain/x', `${origin}/y/?a=b&c=%2F#d`, `${gatewayUrl}/y/?a=b&c=%2F#d`],
    ['/plain/x', `HTTPS://Origin.USHER.test:443/Y`, `${gatewayUrl}/Y`],
    ['/plain/x', '//origin.usher.test/y', `${gatewayUrl}/y`],
    ['/plain/x', '\\\\origin.usher.test\\y', `${gatewayUrl}/y`],
    ['/plain/x', 'https:\\\\origin.usher.test/y', `${gatewayUrl}/y`],
    ['/plain/x', 'https:/origin.usher.test/y', 'https:/origin.usher.test/y'],
    ['/plain/x', 'http:/origin.usher.test/y', `${gatewayUrl}/y`],
    ['/plain/x', `${origin}/../y`, `${gatewayUrl}/y`],
    ['/plain/x', `${origin}//evil.test/y`, `${gatewayUrl}//evil.test/y`],
    ['/plain/x', `${origin}/y?next=${origin}/z`, `${gatewayUrl}/y?next=${origin}/z`],
    ['/plain/x', `${origin}/caf%C3%A9 ü`, `${gatewayUrl}/caf%C3%A9%20%C3%BC`],
    // An origin behind what ends TLS for it may say http of itself.
    ['/plain/x', 'http://origin.usher.test/y?z', `${gatewayUrl}/y?z`],
    ['/plain/x', 'HTTP://origin.usher.test:80', `${gatewayUrl}/`],
    ['/deep/x', 'http://origin.usher.test/base/v1/y', `${gatewayUrl}/deep/y`],
    ['/open/x', 'https://open.usher.test/y', `${gatewayUrl}/y`],
    ['/ported/x', `${origin}:8443/y`, `${gatewayUrl}/y`],
    ['/ported/x', 'http://origin.usher.test:8443/y', `${gatewayUrl}/y`],
    ['/bound/x', 'http://api.usher.test/v2/y', `${gatewayUrl}/bound/y`],
    // With a prefix that is stripped.
    ['/api/x', `${origin}/y`, `${gatewayUrl}/api/y`],
    ['/api/x', '/y', '/api/y'],
    ['/api/x', '/y/?a#b', '/api/y/?a#b'],
    ['/api/x', '/', '/api/'],
    ['/api/a/b', '../../../y', '/api/y'],
    ['/api/x', '/.//evil.test/y', '/api//evil.test/y'],
    // The origin heeded X-Forwarded-Prefix.
    ['/api/x', '/api/y', '/api/y'],
    ['/api/x', `${origin}/api`, `${gatewayUrl}/api`],
    ['/api/x', '/apis', '/api/apis'],
    // With one that is swapped.
    ['/swap/x', '/v2/y', '/swap/y'],
    ['/swap/x', `${origin}/v2`, `${gatewayUrl}/swap`],
    ['/swap/x', '/v2/', '/swap/'],
    // By a template.
    ['/t/acme/x', '/v2/tenants/acme/y/', '/t/acme/y/'],
    ['/t/acme/x', '/v2/tenants/other', '/t/other'],
    ['/t/acme/x', '/%76%32/tenants/a%2Fb/%20', '/t/a%2Fb/%20'],
    ['/t/acme/x', `${origin}/v2/tenants/acme`, `${gatewayUrl}/t/acme`],
    ['/t/acme/x', '?page=2', '?page=2'],
    ['/by/2026/07', '/archive/08/caf%c3%a9/2025', '/by/2025/08'],
    ['/by/2026/07', `../../08/café/2026`, '/by/2026/08'],
    // Below a base path.
    ['/based/x', `${origin}/base/v1/y`, `${gatewayUrl}/y`],
    ['/based/x', `${origin}/base/v1`, `${gatewayUrl}/`],
    ['/based/x', '/base/v1/y', '/y'],
    ['/based/x', '/base/v1//evil.test', `${gatewayUrl}//evil.test`],
    ['/deep/x', '/base/v1/y', '/deep/y'],
    // Of several addresses.
    ['/pair/x', `${origin}/one/y`, `${gatewayUrl}/y`],
    ['/pair/x', 'https://other.usher.test/y', `${gatewayUrl}/y`],
    // A service is asked under the host of the gateway.
    ['/bound/x', `${gatewayUrl}/v2/y`, '/bound/y'],
    ['/bound/x', '/v2/y', '/bound/y'],
  ]
  it.each(cases)('asked for %s it says %s', async (path, given, expected) => {
    expect(await passed(path, 'Location', given)).toBe(expected)
  })

  it('and so does a Content-Location', async () => {
    expect(await passed('/api/x', 'Content-Location', `${origin}/y`)).toBe(`${gatewayUrl}/api/y`)
  })

  // As browsers read it: https://html.spec.whatwg.org/multipage/semantics.html#attr-meta-http-equiv-refresh
  it.each([
    [`5; url=${origin}/y`, `5; url=${gatewayUrl}/api/y`],
    ['0;URL=/y', '0;URL=/api/y'],
    ['0, uRl\t=  /y', '0, uRl\t=  /api/y'],
    ['5 url=/y', '5 url=/api/y'],
    ['.5;url=/y', '.5;url=/api/y'],
    ['1.2.3 ; /y', '1.2.3 ; /api/y'],
    ['0; /next', '0; /api/next'],
    [`0;${origin}/y`, `0;${gatewayUrl}/api/y`],
    [`0; url='${origin}/y'`, `0; url=${gatewayUrl}/api/y`],
    [`0; url="${origin}/y"; x`, `0; url=${gatewayUrl}/api/y`],
    [`0; "${origin}/y`, `0; ${gatewayUrl}/api/y`],
    ["0; '/y'z'", '0; /api/y'],
    ["0; url='/y\"z'", '0; url=/api/y%22z'],
  ])('and so does the Refresh %j', async (given, expected) => {
    expect(await passed('/api/x', 'Refresh', given)).toBe(expected)
  })

  it.each([
    ...['', '5', '5;', '5; url=', '5; url=""', "5; '", 'x; url=/y', '; url=/y', '-1; url=/y'],
    ...['5x url=/y', '5; url=https://evil.test/', "5; url='https://evil.test/y'; x"],
    ...['5; url="https://evil.test/" /y', 'url=/y', '5;; url=/y', '5; url /y', '5; ur=y', '5; u'],
  ])('and the Refresh %j stays byte for byte', async (given) => {
    expect(await passed('/deep/x', 'Refresh', given)).toBe(given)
  })

  it('of http at an origin that asks for https, with it', async () => {
    const respond = (location: string) => () =>
      new Response(null, { status: 302, headers: { location } })
    const asked = async (path: string) =>
      (await world.walk(new Request(`http://api.usher.test${path}`))).headers.get('location')
    world.origin = respond('https://open.usher.test/y')
    expect(await asked('/open/x')).toBe(`${gatewayUrl}/y`)
    world.origin = respond(`${gatewayUrl}/v2/y`)
    expect(await asked('/bound/x')).toBe(`${gatewayUrl}/bound/y`)
    world.origin = respond(`${origin}/y`)
    expect(await asked('/plain/x')).toBe('http://api.usher.test/y')
  })
})

describe('a Location elsewhere stays byte for byte', () => {
  const cases: readonly (readonly [string, string])[] = [
    ...[
      ...['https://evil.test/', '//evil.test/y', '/\\evil.test/y', '\\\\evil.test'],
      ...['https://evil.test/?u=https://origin.usher.test/y'],
      ...['https://evil.test#@origin.usher.test/', 'https://origin.usher.test@evil.test/y'],
      ...['https://evil.test\\@origin.usher.test/y', 'https://origin.usher.test.evil.test/y'],
      ...['https://origin.usher.test./y', 'https://evilorigin.usher.test/y'],
      ...['https://origin.usher.test:8443/y', 'http://origin.usher.test:443/y'],
      ...['http://origin.usher.test:8080/y', 'https://origin.usher.test:80/y'],
      ...['ws://origin.usher.test/y', 'ftp://origin.usher.test/y'],
      ...['javascript:alert(1)//origin.usher.test', 'mailto:a@origin.usher.test'],
      ...['https://user:secret@origin.usher.test/y', 'https://[origin.usher.test]/y', 'https://'],
      ...['https://a b/', '', '/y', 'y', '?a=b', '#c', '/y?next=https://origin.usher.test/z'],
      ...[`${gatewayUrl}/y`, 'https://xn--e1a.test/\xe9'],
    ].map((value) => ['/plain/x', value] as const),
    // A path at the origin to which no path of the route leads.
    ['/t/acme/x', '/y'],
    ['/t/acme/x', '/v2/tenants'],
    ['/t/acme/x', '/v2/tenants//y'],
    ['/t/acme/x', `${origin}/v2/tenant/acme`],
    ['/swap/x', '/v20/y'],
    ['/swap/x', '/'],
    ['/by/2026/07', '/archive/08/cafe/2025'],
    ['/by/2026/07', '/archive/08/caf%C3%A9/2025/x'],
    ['/lost/x', '/one'],
    ['/lost/x', `${origin}/one`],
    ['/based/x', `${origin}/y`],
    ['/based/x', '/base/v10'],
    ['/based/x', `${origin}/base/v10/y`],
    ['/pair/x', `${origin}/two`],
    ['/pair/x', 'https://third.usher.test/y'],
    // Relative, and the same on both sides.
    ['/api/a/b', 'c?d#e'],
    ['/api/a/b', '../c'],
    ['/t/acme/x/y', './z'],
    ['/bound/x', `${gatewayUrl}/y`],
    ['/bound/x', 'https://evil.test/v2/y'],
  ]
  it.each(cases)('asked for %s it says %j', async (path, given) => {
    expect(await passed(path, 'Location', given)).toBe(given.trim())
  })
})

/** The cookies that a client receives of these. */
async function cookies(path: string, ...lines: readonly string[]): Promise<readonly string[]> {
  world.origin = () => {
    const headers = new Headers()
    for (const line of lines) headers.append('Set-Cookie', line)
    return new Response(null, { headers })
  }
  return (await world.get(path)).headers.getSetCookie()
}

describe('a cookie of the origin', () => {
  const expires = 'Expires=Wed, 21 Oct 2026 07:28:00 GMT'
  const cases: readonly (readonly [string, string, string])[] = [
    // A domain of the origin's own is taken away, wherever it stands.
    ['/plain/x', 'a=1; Domain=origin.usher.test; Secure', 'a=1; Secure'],
    ['/plain/x', `a=1;domain=.ORIGIN.usher.test;${expires};HttpOnly`, `a=1;${expires};HttpOnly`],
    ['/plain/x', 'a=1; Domain=x.test; Domain = origin.usher.test ; Path=/p', 'a=1; Path=/p'],
    ['/pair/x', 'a=1; Domain=other.usher.test', 'a=1'],
    // A path at the origin becomes the one outside.
    ['/api/x', `a=1; Path=/y; ${expires}`, `a=1; Path=/api/y; ${expires}`],
    ['/api/x', 'a=1; path= /y/ ; Secure', 'a=1; path=/api/y/; Secure'],
    ['/api/x', 'a=1; Path=/; Path=/z', 'a=1; Path=/api/z; Path=/api/z'],
    ['/api/x', 'a=1; Path=/', 'a=1; Path=/api'],
    ['/swap/x', 'a=1; Path=/', 'a=1; Path=/swap'],
    ['/swap/x', 'a=1; Path=/v2', 'a=1; Path=/swap'],
    ['/swap/x', 'a=1; Path=/v2/', 'a=1; Path=/swap'],
    ['/swap/x', 'a=1; Path=/v2/y', 'a=1; Path=/swap/y'],
    ['/t/acme/x', 'a=1; Path=/v2', 'a=1; Path=/t'],
    ['/t/acme/x', 'a=1; Path=/v2/tenants/acme', 'a=1; Path=/t/acme'],
    ['/lost/x', 'a=1; Path=/one', 'a=1; Path=/lost'],
    ['/based/x', 'a=1; Path=/base', 'a=1; Path=/'],
    ['/based/x', 'a=1; Path=/base/v1/y', 'a=1; Path=/y'],
    ['/deep/x', 'a=1; Path=/base/v1/; Domain=origin.usher.test', 'a=1; Path=/deep'],
  ]
  it.each(cases)('set at %s as %s', async (path, given, expected) => {
    expect(await cookies(path, given)).toEqual([expected])
  })

  it.each([
    ['/plain/x', `a="b; c"; ${expires} ;SameSite=None;Partitioned;  Odd`],
    ['/plain/x', 'a=1; Path=/; Domain=usher.test'],
    ['/plain/x', 'a=1; Domain=api.usher.test'],
    ['/plain/x', 'a=1; Domain=elsewhere.test'],
    ['/plain/x', 'a=1; Domain=origin.usher.test; Domain=usher.test'],
    ['/plain/x', 'a=1; Domain=origin.usher.test; Domain='],
    ['/plain/x', 'a=1; Domain=igin.usher.test'],
    ['/plain/x', 'Domain=origin.usher.test'],
    ['/plain/x', '=1'],
    ['/plain/x', 'a__session=1'],
    ['/plain/x', '__sessions=1'],
    ['/plain/x', '__Host-a=1; Secure; Path=/'],
    ['/api/x', '__Host-a=1; Secure; Path=/'],
    ['/api/x', 'a=1'],
    ['/api/x', 'a=1; Path=y'],
    ['/api/x', 'a=1; Path'],
    ['/api/x', 'a=1; Path=/api'],
    ['/api/x', 'a=1; Path=/api/y'],
    ['/api/x', 'a=Path=/y; Paths=/y'],
    ['/swap/x', 'a=1; Path=/y'],
    ['/based/x', 'a=1; Path=/bas'],
  ])('set at %s stays byte for byte: %s', async (path, given) => {
    expect(await cookies(path, given)).toEqual([given])
  })

  it.each([
    ...['__session=x', '__session_9a8b=x; Path=/', '__client_uat=1', '__client_uat_9a8b=0'],
    ...['__client=x', '__refresh_9a8b=x', '__clerk_db_jwt=x', '__clerk_handshake=x', '__session='],
    ...['__session=; Max-Age=0', ' __session=x', '\t__session =x', '__session', '__session;'],
    ...[
      '__Host-__session=x',
      '__Secure-__session=x',
      '__secure-__client_uat=x',
      '__HOST-__session',
    ],
    // A browser sends one without a name as its value, and the gateway reads a comma as the end.
    ...[
      '=__session=x',
      ' = __session=x',
      '==__session=x',
      'a=1,__session=x',
      'a=1, __client_uat=0',
    ],
    ...['__Host-usher-bookmark=1', '__usher_bookmark=1'],
    ...['__Host-usher-abc=1', '=__Host-usher-abc=1', 'a=b,__Host-usher-abc=1'],
  ])('is not set where it is Clerk’s or Usher’s: %j', async (given) => {
    expect(await cookies('/plain/x', 'a=1', given, 'b=2')).toEqual(['a=1', 'b=2'])
    expect(await cookies('/api/x', given)).toEqual([])
  })
})
