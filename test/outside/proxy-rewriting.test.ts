import { type Arbitrary, assert, asyncProperty, nat, sample, tuple } from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { canonicalize } from '../../src/gateway/canonical.ts'
import { bearer, openScene, targetOf as reachedTarget, type Scene } from '../support/gateway.ts'
import { headerValues, type RawMessage, status } from '../support/raw.ts'
import {
  anyAsk,
  anyRoute,
  type DrawnRoute,
  pathAtOrigin,
  targetOf,
} from '../support/rewrite-grammar.ts'

// What reaches an origin by a rewrite, and what comes back of its answers, byte by byte.

const routesDrawn = 40
const asksDrawn = 300

let scene: Scene
let token: string
let drawn: readonly DrawnRoute[]

const written = [
  { path: '/strip/**', rewrite: { strip: '/strip' } },
  { path: '/swap/**', rewrite: { strip: '/swap', add: '/v2' } },
  { path: '/t/:org/**', rewrite: '/v2/tenants/:org/**', escapes: ['%2F'] },
  { path: '/deep/**', origin: 'based', rewrite: { strip: '/deep' } },
  {
    path: '/changed/**',
    requestHeaders: {
      set: { 'X-Api-Key': 'of the gateway', Authorization: 'Basic dXNoZXI6eA==' },
      remove: ['X-Debug', 'Accept-Language'],
    },
    responseHeaders: { preset: 'page', hstsDays: 1, remove: ['Server', 'X-Powered-By'] },
  },
  {
    path: '/member/**',
    access: 'signed-in',
    rewrite: { strip: '/member' },
    requestHeaders: { set: { Authorization: 'Bearer of-the-gateway' } },
  },
]

beforeAll(async () => {
  drawn = sample(tuple(...Array.from({ length: routesDrawn }, (_, at) => anyRoute(at))), 1)[0] ?? []
  const routes = [
    ...written,
    ...drawn.map(({ escapes, ...one }) => (escapes.length > 0 ? { ...one, escapes } : one)),
  ]
  scene = await openScene({
    ROUTES: JSON.stringify(routes.map((one) => ({ origin: 'api', access: 'public', ...one }))),
  })
  token = bearer(await scene.gateway.token())
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

/** What arrives at the origin of a GET for a target. */
async function arrival(target: string, lines: readonly string[] = []): Promise<RawMessage> {
  scene.clear()
  expect([target, status(await scene.gateway.get(target, lines))]).toEqual([target, 200])
  return scene.arrived()
}

describe('what arrives at the origin', () => {
  it.each([
    ['/strip', '/'],
    ['/strip/', '/'],
    ['/strip/x/', '/x/'],
    ['/strip/strip/x?a=/strip', '/strip/x?a=/strip'],
    ['//strip/./x/../y', '/y'],
    ['/%73trip/caf%c3%a9', '/caf%C3%A9'],
    ['/swap/x?y', '/v2/x?y'],
    ['/swap/', '/v2/'],
    ['/t/acme/users/7', '/v2/tenants/acme/users/7'],
    ['/t/a%2Fb/x', '/v2/tenants/a%2Fb/x'],
    ['/t/a%20%22b/x', '/v2/tenants/a%20%22b/x'],
    ['/t/:org/**', '/v2/tenants/:org/**'],
    ['/deep/x', '/base/x'],
    ['/deep', '/base/'],
  ])('of %s is %s', async (target, reached) => {
    expect((await arrival(target)).startLine).toBe(`GET ${reached} HTTP/1.1`)
  })

  it.each([
    ['/t/../x', 404],
    ['/t/%2e%2e/x', 400],
    ['/t/..%2Fx/y', 400],
    ['/t/%2F../x', 400],
    ['/t/..;/x', 400],
    ['/t/a%2525b/x', 400],
    ['/strip/_usher/me', 404],
    ['/strip/%5Fusher/me', 404],
    ['/strip/_USHER/me', 404],
    ['/strip//_usher', 404],
    ['/strip/__clerk/v1', 404],
    [`/t/a/${'x'.repeat(8_183)}`, 400],
  ])('of %s is nothing', async (target, expected) => {
    expect([status(await scene.gateway.get(target)), scene.origin.requests]).toEqual([expected, []])
  })

  it('is what the config says, for random routes and targets', async () => {
    const pick: Arbitrary<readonly [number, Parameters<typeof targetOf>[1]]> = tuple(
      nat({ max: routesDrawn - 1 }),
      anyAsk,
    )
    const letThrough = new Set(drawn.flatMap((route) => [...(route.escapes ?? [])]))
    let sent = 0
    const law = asyncProperty(pick, async ([at, ask]) => {
      const route = drawn[at]
      if (route === undefined) throw new Error('There is no such route')
      // Only what can stand on a request line.
      const target = encodeURI(targetOf(route, ask)).replaceAll('%25', '%').replace(/^\/+/, '/')
      scene.clear()
      const answered = status(await scene.gateway.get(target))
      const url = `http://usher.test${target}`
      // What one route lets through may stand before dots that take it away again on another.
      const canonical = canonicalize({ url, headers: new Headers() }, letThrough)
      const [reached] = scene.origin.requests.map(reachedTarget)
      if (reached === undefined) {
        if (answered !== 400 && answered !== 404) throw new Error(`${target}: ${answered}`)
        return
      }
      const { path, query } = canonical.ok ? canonical.value : { path: '', query: '' }
      const expected = pathAtOrigin(route, path) + query
      sent += 1
      if (reached !== expected) throw new Error(`${target} reached ${reached}, not ${expected}`)
    })
    await assert(law, { numRuns: asksDrawn })
    expect(sent).toBeGreaterThan(asksDrawn / 4)
  })

  it('says whose host it is, the client’s, and what was stripped', async () => {
    const forged = ['X-Forwarded-Prefix: /forged', 'X_Forwarded_Prefix: /forged']
    const of = async (target: string) => {
      const message = await arrival(target, forged)
      expect(message.headerLines.join('\n')).not.toContain('forged')
      const [prefix] = headerValues(message, 'x-forwarded-prefix')
      return [
        ...headerValues(message, 'host'),
        ...headerValues(message, 'x-forwarded-host'),
        prefix,
      ]
    }
    const host = scene.origin.url.replace('http://', '')
    expect(await of('/strip/x')).toEqual([host, 'usher.test', '/strip'])
    expect(await of('/swap/x')).toEqual([host, 'usher.test', undefined])
    expect(await of('/t/acme')).toEqual([host, 'usher.test', undefined])
    expect(await of('/public/x')).toEqual([host, 'usher.test', undefined])
  })

  it('has the headers that are set and none of those that are removed, in any spelling', async () => {
    const message = await arrival('/changed/x', [
      ...['X-Api-Key: mine', 'X_Api_Key: mine', 'x.api.key: mine', 'Authorization: Bearer mine'],
      ...['X-Debug: mine', 'x_debug: mine', 'Accept-Language: mine', 'X-Kept: 1'],
    ])
    expect(message.headerLines.join('\n')).not.toContain('mine')
    expect(message.headerLines).toEqual(
      expect.arrayContaining([
        'X-Api-Key: of the gateway',
        'Authorization: Basic dXNoZXI6eA==',
        'X-Kept: 1',
      ]),
    )
  })

  it('bears the identity and the path that was asked for beside them', async () => {
    const message = await arrival('/member/x', [token])
    expect(headerValues(message, 'x-usher-user-id')).toEqual(['user_ada'])
    expect(headerValues(message, 'authorization')).toEqual(['Bearer of-the-gateway'])
    const { records } = await scene.gateway.notes()
    expect(records.at(-1)).toMatchObject({ path: '/member/x', route: '/member/**' })
  })
})

describe('what comes back', () => {
  async function answered(target: string, lines: readonly string[], line = '302 Found') {
    scene.answerWith([`HTTP/1.1 ${line}`, ...lines, 'Content-Length: 0', '', ''].join('\r\n'))
    return scene.gateway.get(target)
  }

  it('has its Location where the client is', async () => {
    const { url } = scene.origin
    const cases = [
      ['/strip/x', `${url}/y?z#w`, 'http://usher.test/strip/y?z#w'],
      ['/strip/x', `${url.toUpperCase()}/y`, 'http://usher.test/strip/y'],
      ['/t/acme/x', '/v2/tenants/acme/y', '/t/acme/y'],
      ['/deep/x', '/base/y', '/deep/y'],
      ['/public/x', `${url}/\xc3\xa9`, 'http://usher.test/%C3%A9'],
      ['/public/x', 'https://evil.test/\xe9\xff', 'https://evil.test/\xe9\xff'],
      ['/public/x', 'https://evil.test/\xc3\xa9', 'https://evil.test/\xc3\xa9'],
    ] as const
    for (const [target, given, expected] of cases) {
      const response = await answered(target, [`Location: ${given}`])
      expect(headerValues(response, 'location')).toEqual([expected])
    }
  })

  it('has each cookie on a line of its own, and of Clerk’s and Usher’s none', async () => {
    const response = await answered('/strip/x', [
      'Set-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/; Domain=127.0.0.1',
      'Set-Cookie: __session=forged; Path=/',
      'Set-Cookie: =__client_uat=1',
      'set-cookie: b=2,3; HttpOnly',
      'Set-Cookie: c=4,__session=forged',
      'Set-Cookie: __Host-usher-0=forged; Secure; Path=/',
    ])
    expect(headerValues(response, 'set-cookie')).toEqual([
      'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/strip',
      'b=2,3; HttpOnly',
    ])
  })

  it('has cookies that need no change byte for byte', async () => {
    const lines = ['a=\xe9\xff; Path=/p', 'b=\xc3\xa9 ;  secure', 'c']
    const response = await answered(
      '/public/x',
      lines.map((line) => `Set-Cookie: ${line}`),
    )
    expect(headerValues(response, 'set-cookie')).toEqual(lines)
  })

  it('loses the bytes that are no UTF-8 of all its cookies once one of them changes', async () => {
    const lines = ['a=\xe9\xff; Path=/p', 'b=\xc3\xa9 ;  secure', 'c=1; Domain=127.0.0.1']
    const response = await answered(
      '/public/x',
      lines.map((line) => `Set-Cookie: ${line}`),
    )
    expect(headerValues(response, 'set-cookie')).toEqual([
      'a=\xef\xbf\xbd\xef\xbf\xbd; Path=/p',
      'b=\xc3\xa9 ;  secure',
      'c=1',
    ])
  })

  it('has no banner, and what the route says once, but nothing of https', async () => {
    const lines = ['Server: nginx/1.2', 'X_Powered_By: PHP', 'Referrer-Policy: no-referrer']
    const response = await answered('/changed/x', lines, '200 OK')
    const text = response.headerLines.join('\n')
    expect(text).not.toMatch(/nginx|PHP|strict-transport/i)
    expect(headerValues(response, 'referrer-policy')).toEqual(['no-referrer'])
    expect(headerValues(response, 'x-frame-options')).toEqual(['SAMEORIGIN'])
  })

  it.each(['Clear-Site-Data: "cookies"', 'Alt-Svc: h3=":443"', 'service_worker_allowed: /'])(
    'has no %s',
    async (line) => {
      const response = await answered('/public/x', [line, 'X-Kept: 1'], '200 OK')
      const [name = ''] = line.split(':')
      expect(response.headerLines.join('\n').toLowerCase()).not.toContain(name.toLowerCase())
      expect(headerValues(response, 'x-kept')).toEqual(['1'])
    },
  )
})
