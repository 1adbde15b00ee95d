import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, converse, openScene, rawRequest, type Scene } from '../support/gateway.ts'
import { headerValues, rawGet, sendRaw, status } from '../support/raw.ts'

// Checks as Traefik, Envoy and HAProxy write them, byte by byte, answered by workerd itself.

const secrets = {
  proxy: 'a-secret-that-only-the-proxy-of-the-tests-knows',
  mesh: 'a-secret-that-only-the-mesh-of-the-tests-knows',
}
const hosts = ['api.usher.test']
const signInUrl = 'https://accounts.usher.test/sign-in'
const further = {
  checks: {
    callers: {
      proxy: { secret: secrets.proxy, may: ['traefik', 'haproxy', 'nginx'], hosts },
      mesh: { secret: secrets.mesh, may: ['envoy'], hosts },
    },
    maxAge: '5s',
  },
  signInUrl,
  canonicalOrigin: 'https://auth.usher.test',
  cors: { origins: ['https://app.usher.test'] },
}

let scene: Scene
let ada: string
beforeAll(async () => {
  scene = await openScene({ FURTHER: JSON.stringify(further) })
  ada = await scene.gateway.token()
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

const host = 'Host: auth.usher.test'
const client = (address = '192.0.2.7') => [
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: api.usher.test',
  `X-Forwarded-For: ${address}`,
]
const forwarded = (method: string, uri: string) => [
  host,
  `X-Usher-Caller: ${secrets.proxy}`,
  `X-Forwarded-Method: ${method}`,
  `X-Forwarded-Uri: ${uri}`,
  ...client(),
]
const mesh = [host, `X-Usher-Caller: ${secrets.mesh}`, ...client()]

const traefik = (method: string, uri: string, headerLines: readonly string[] = []) =>
  scene.gateway.get('/_usher/auth/traefik', [...forwarded(method, uri), ...headerLines])
const envoy = (method: string, target: string, headerLines: readonly string[] = []) =>
  sendRaw(
    scene.gateway.port,
    rawRequest(method, `/_usher/auth/envoy${target}`, { headerLines: [...mesh, ...headerLines] }),
  )

/** The names of the headers of an answer, sorted. */
const namesOf = (headerLines: readonly string[]) =>
  headerLines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase()).sort()

const identity = [
  'x-usher-assertion',
  'x-usher-authenticated',
  'x-usher-org-id',
  'x-usher-request-id',
  'x-usher-user-id',
]

describe('an answer that a request may pass', () => {
  const framing = ['cache-control', 'connection', 'content-length']
  it.each(['GET', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    'has each header once, no body, and is exactly 200 (%s)',
    async (method) => {
      const forged = ['X-Usher-User-Id: user_root', 'X_Usher_User_Id: user_root', 'X-Client: mine']
      const lines = [bearer(ada), ...forged]
      for (const answer of [
        await traefik(method, '/api/x', lines),
        await envoy(method, '/api/x', lines),
      ]) {
        expect([answer.startLine, answer.body]).toEqual(['HTTP/1.1 200 OK', ''])
        expect(namesOf(answer.headerLines)).toEqual([...framing, ...identity, 'vary'].sort())
        expect(headerValues(answer, 'x-usher-user-id')).toEqual(['user_ada'])
        expect(headerValues(answer, 'cache-control')).toEqual(['private, max-age=5'])
        expect(answer.headerLines.join('\r\n').length).toBeLessThan(4096)
      }
    },
  )

  it('has empty values where nobody asks', async () => {
    for (const answer of [await traefik('GET', '/public/x'), await envoy('GET', '/public/x')]) {
      expect(status(answer)).toBe(200)
      expect(headerValues(answer, 'x-usher-user-id')).toEqual([''])
      expect(headerValues(answer, 'x-usher-assertion')).toEqual([''])
      expect(headerValues(answer, 'x-usher-authenticated')).toEqual(['0'])
    }
  })
})

describe('an answer that a request may not pass', () => {
  it('is what the client is to have: a problem, with the challenge', async () => {
    for (const answer of [await traefik('GET', '/api/x'), await envoy('POST', '/api/x')]) {
      expect(answer.startLine).toBe('HTTP/1.1 401 Unauthorized')
      expect(headerValues(answer, 'www-authenticate')).toEqual(['Bearer realm="usher"'])
      expect(headerValues(answer, 'x-usher-refusal')).toEqual(['token-missing'])
      expect(headerValues(answer, 'content-type')).toEqual(['application/problem+json'])
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'token-missing', status: 401 })
    }
  })

  it('leads a browser to sign in, and back to what was described', async () => {
    const back = encodeURIComponent('https://api.usher.test/api/x?q=1')
    const page = ['Accept: text/html', 'Sec-Fetch-Mode: navigate']
    for (const answer of [
      await traefik('GET', '/api/x?q=1', page),
      await envoy('GET', '/api/x?q=1', page),
    ]) {
      expect(status(answer)).toBe(302)
      expect(headerValues(answer, 'location')).toEqual([`${signInUrl}?redirect_url=${back}`])
    }
    expect(status(await traefik('POST', '/api/x', page))).toBe(401)
  })

  it('has no body for HEAD, whatever was described, and leaves the connection whole', async () => {
    const head = (lines: readonly string[]) =>
      rawRequest('HEAD', '/_usher/auth/haproxy', { headerLines: lines }).replace(
        'Connection: close',
        'Connection: keep-alive',
      )
    const bytes = [
      head(forwarded('GET', '/api/x')),
      head([
        ...forwarded('POST', '/admin/x'),
        bearer(await scene.gateway.token({ sub: 'user_grace', sid: 'sess_grace' })),
      ]),
      head([...forwarded('GET', '/api/x'), 'X-Usher-Caller: twice']),
      head([...forwarded('DELETE', '/api/x'), bearer(ada)]),
      rawRequest('HEAD', '/_usher/auth/haproxy', { headerLines: forwarded('GET', '/public/x') }),
    ].join('')
    const said = await converse(scene.gateway.port, bytes)
    expect(said.split('\r\n\r\n').map((part) => part.split('\r\n')[0])).toEqual([
      'HTTP/1.1 401 Unauthorized',
      'HTTP/1.1 403 Forbidden',
      'HTTP/1.1 403 Forbidden',
      'HTTP/1.1 200 OK',
      'HTTP/1.1 200 OK',
      '',
    ])
  })
})

describe('what Traefik sends', () => {
  it.each([
    ...['/api/../admin', '//evil/x', '/api//x', '/api/./x', '/api/%2e%2e/x', '/api\\x', 'api', '*'],
    ...[
      'http://api.usher.test/api/x',
      '/api/x#/public',
      '/api/\u00fc',
      '/api/\u00c3\u00bc',
      '/a b',
    ],
  ])('counts only as one canonical target, and no credential is looked at: %s', async (uri) => {
    await scene.gateway.notes()
    const answer = await traefik('GET', uri, [bearer(ada)])
    const { records } = await scene.gateway.notes()
    expect(records).toMatchObject([{ route: 'usher /auth/traefik', status: 400 }])
    expect([status(answer), records[0]?.userId]).toEqual([400, undefined])
  })

  it.each([
    'X-Forwarded-Method: GET',
    'X-Forwarded-Uri: /api/x',
    'X-Forwarded-Host: api.usher.test',
    'X-Forwarded-Proto: https',
  ])('counts once: a second %s is refused', async (line) => {
    const answer = await traefik('GET', '/api/x', [bearer(ada), line])
    expect(headerValues(answer, 'x-usher-refusal')).toEqual(['context-invalid'])
  })

  it('is one of a list only for the address, of which the last counts', async () => {
    const answer = await traefik('GET', '/api/x', [bearer(ada), 'X-Forwarded-For: 198.51.100.1'])
    expect(status(answer)).toBe(200)
    const garbled = ['X-Forwarded-For: nobody', bearer(ada)]
    const refused = await traefik('GET', '/api/x', garbled)
    expect(headerValues(refused, 'x-usher-refusal')).toEqual(['context-invalid'])
    expect(status(await envoy('GET', '/api/x', garbled))).toBe(200)
  })
})

/** Targets that a client may write, which Envoy hands on below the prefix of its checks. */
const climbing = [
  '/../../../public/x',
  '/x/../../../../public/x',
  '/../../../../../public/x',
  '/../../../api/x',
  '/../../livez',
  '/../../jwks.json',
  '/../../readyz',
  '/../../../_usher/me',
  '/../nginx',
  '/../traefik',
  '/../../decisions',
  '/../../../.well-known/oauth-protected-resource',
  '/../../../.well-known/authzen-configuration',
  '/../../access/keys',
  '/..',
  '/../..',
  '/../../../',
]

describe('what Envoy sends', () => {
  it.each(climbing)('gets no good answer where it climbs out of the check: %s', async (target) => {
    const answer = await envoy('GET', target, [bearer(ada)])
    expect([status(answer), target]).not.toEqual([200, target])
    expect(status(answer)).toBeGreaterThanOrEqual(400)
    expect(scene.origin.requests).toEqual([])
  })

  it.each([
    ...['//api/x', '/api//x', '/api/%2e%2e/public', '/api/.%2e/public', '/api\\..\\public'],
    ...[
      '/public/..%2fapi',
      '/public/..;/api',
      '/public/%5c..%5capi',
      '/public/%00',
      '/public/%zz',
      '?/public',
      '',
      '/',
      'x',
    ],
  ])('gets no good answer where it could be read twice: %s', async (target) => {
    const answer = await envoy('GET', target, [bearer(ada)])
    expect(status(answer)).toBeGreaterThanOrEqual(400)
    expect(scene.origin.requests).toEqual([])
  })

  it.each(['/public/../admin/x', '/public/./x', '/public/x/..', '/public/x/../../api/x'])(
    'is refused where it has dot segments as they stand: %s',
    async (target) => {
      const answer = await envoy('GET', target, [bearer(ada)])
      expect(headerValues(answer, 'x-usher-refusal')).toEqual(['target-not-canonical'])
    },
  )

  it('has lost its fragment before the check is read: Envoy itself refuses one', async () => {
    expect(status(await envoy('GET', '/public/x#/../../api/x'))).toBe(200)
    expect(status(await envoy('GET', '/api/x#/public'))).toBe(401)
  })

  it('may have an escape in its path that some route lets through', async () => {
    expect(status(await envoy('GET', '/encoded/a%2fb'))).toBe(200)
    expect(status(await envoy('GET', '/public/a%2fb'))).toBe(400)
    expect(status(await envoy('GET', '/public/%61?q=%2F..%2F'))).toBe(200)
  })

  it('is refused where it is a preflight of a page that nobody decided about', async () => {
    const preflight = ['Origin: https://app.usher.test', 'Access-Control-Request-Method: POST']
    expect(status(await envoy('OPTIONS', '/api/x', preflight))).toBe(401)
    expect(status(await traefik('OPTIONS', '/api/x', preflight))).toBe(401)
    const asItself = rawRequest('OPTIONS', '/_usher/auth/traefik', {
      headerLines: [host, ...preflight],
    })
    expect(status(await sendRaw(scene.gateway.port, asItself))).toBe(403)
  })

  it('is answered to nobody who does not show the secret', async () => {
    const lines = [host, ...client()]
    const nobody = await sendRaw(scene.gateway.port, rawGet('/_usher/auth/envoy/public/x', lines))
    expect(status(nobody)).toBe(403)
    const twice = await envoy('GET', '/public/x', [`X-Usher-Caller: ${secrets.mesh}`])
    expect(headerValues(twice, 'x-usher-refusal')).toEqual(['caller-unknown'])
  })
})
