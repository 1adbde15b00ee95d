import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { foldHeaderName } from '../../src/model/headers.ts'
import { headerValues, type RawOrigin, sendRaw, startRawOrigin, status } from '../support/raw.ts'
import { type Credentials, startGateway } from '../support/wire.ts'
import type { RunningWorker } from '../support/workerd.ts'

// Header lines as they leave a socket and as they arrive at one: what the origin reads, byte for byte.

let gateway: RunningWorker
let origin: RawOrigin
let tokens: Credentials
let reply = ''
const plain = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

beforeAll(async () => {
  origin = await startRawOrigin(() => reply)
  const started = await startGateway(origin.url)
  gateway = started.worker
  tokens = started.tokens
})
afterAll(async () => {
  await gateway.stop()
  await origin.stop()
})
beforeEach(() => {
  origin.requests.length = 0
  reply = plain
})

async function send(path: string, lines: readonly string[] = []) {
  const head = [`GET ${path} HTTP/1.1`, 'Host: usher.test', ...lines, '', '']
  const response = await sendRaw(gateway.port, head.join('\r\n'))
  return { response, arrived: origin.requests[0] }
}

const bearer = () => `Authorization: Bearer ${tokens.ada}`
const identity = [
  'x-usher-authenticated',
  'x-usher-user-id',
  'x-usher-org-id',
  'x-usher-request-id',
  'x-usher-assertion',
]

describe('identity headers', () => {
  const forged = [
    'X-Usher-User-Id: eve',
    'x-usher-user-id: eve2',
    'X_Usher_User_Id: eve',
    'X.Usher.User.Id: eve',
    'X-Usher--User-Id: eve',
    'X!Usher`User~Id: eve',
    'X-Usher_Authenticated: 1',
    'X-USHER-ASSERTION: e.v.e',
    'X_Usher_Org_Id: org_eve',
    'X-Usher-Anything: eve',
    'X-Usher-User-Id-: eve',
    '_X-Usher-User-Id: eve',
    'X-Usher-Loop: 1',
  ]

  it.each(['/api/x', '/public/x', '/optional/x'])(
    'forged under any alias never arrive: %s',
    async (path) => {
      const { arrived } = await send(path, [...(path === '/api/x' ? [bearer()] : []), ...forged])
      const text = arrived?.headerLines.join('\n') ?? ''
      expect(text).toContain('X-Usher-User-Id:')
      expect(text).not.toContain('eve')
      const reserved =
        arrived?.headerLines.map((line) => foldHeaderName(line.split(':', 1)[0] ?? '')) ?? []
      expect(reserved.filter((name) => name.includes('usher')).sort()).toEqual([...identity].sort())
    },
  )

  it.each(['/api/x', '/public/x', '/optional/x'])(
    'arrive exactly once each, empty where there is nothing to say: %s',
    async (path) => {
      const { arrived } = await send(path, path === '/api/x' ? [bearer()] : [])
      if (arrived === undefined) throw new Error('The origin was not reached')
      for (const name of identity) expect(headerValues(arrived, name)).toHaveLength(1)
      const known = path === '/api/x'
      expect(headerValues(arrived, 'x-usher-authenticated')).toEqual([known ? '1' : '0'])
      expect(headerValues(arrived, 'x-usher-user-id')).toEqual([known ? 'user_ada' : ''])
      expect(headerValues(arrived, 'x-usher-org-id')).toEqual([''])
      expect(headerValues(arrived, 'x-usher-assertion')[0] !== '').toBe(known)
    },
  )

  it('cannot be nominated away', async () => {
    const connection = `Connection: ${identity.join(', ')}, X_Usher_User_Id`
    const { arrived } = await send('/api/x', [bearer(), connection])
    if (arrived === undefined) throw new Error('The origin was not reached')
    expect(headerValues(arrived, 'x-usher-user-id')).toEqual(['user_ada'])
  })
})

describe('what a client may not tell an origin', () => {
  const lies = [
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-Proto: evil',
    'X-Forwarded-Host: evil.test',
    'X-Forwarded-Port: 6',
    'X-Forwarded-User: evil',
    'X_Forwarded_Prefix: /evil',
    'Forwarded: for=6.6.6.6;host=evil',
    'X-Real-IP: 6.6.6.6',
    'X_Real.IP: 6.6.6.6',
    'True-Client-IP: 6.6.6.6',
    'CF-IPCountry: evil',
    'CF-Access-Jwt-Assertion: evil',
    'CDN-Loop: evil',
    'X-Original-URL: /evil',
    'X-Rewrite-URL: /evil',
    'X-HTTP-Method-Override: EVIL',
    'X-Method-Override: EVIL',
    'Proxy-Authorization: evil',
    'Proxy-Connection: evil',
    'Proxy: evil',
    'X-Middleware-Subrequest: evil',
    'X-Clerk-Auth-Status: evil',
    'x_clerk_auth_token: evil',
    'Keep-Alive: evil',
    'Expect: evil',
    'Connection: X-Nominated, x_named',
    'X-Nominated: evil',
    'X-Named: evil',
  ]
  it('none of it arrives', async () => {
    const { arrived } = await send('/public/x', lies)
    const text = arrived?.headerLines.join('\n') ?? ''
    expect(text).not.toMatch(/evil|6\.6\.6\.6/i)
    expect(arrived?.headerLines).toContain('X-Forwarded-Host: usher.test')
    expect(arrived?.headerLines).toContain('X-Forwarded-Proto: http')
  })

  it('the address that the edge saw is the one that arrives', async () => {
    const { arrived } = await send('/public/x', [
      'CF-Connecting-IP: 203.0.113.7',
      'X-Forwarded-For: 6.6.6.6',
    ])
    expect(arrived && headerValues(arrived, 'x-forwarded-for')).toEqual(['203.0.113.7'])
  })

  it('everything else arrives as it was sent', async () => {
    const kept = [
      'Accept: a/b;q=1',
      'Accept-Language: de',
      'Content-Type: x/y',
      'Origin: https://o.test',
      'Range: bytes=0-1',
      'If-None-Match: "e"',
      'X-Custom: \xe9\xff',
      'X-Empty:',
      'Via: 1.1 proxy',
      'User-Agent: u',
      'Referer: https://r.test/',
    ]
    const { arrived } = await send('/public/x', kept)
    for (const line of kept)
      expect(arrived?.headerLines.map((one) => one.trimEnd())).toContain(line)
  })

  it('what arrives is what a set built from empty would hold, and what workerd adds', async () => {
    const sent = ['Accept: a/b', 'X-A: 1', 'X-A: 2', ...lies]
    const { arrived } = await send('/public/x', sent)
    const names = arrived?.headerLines.map((line) => line.split(':', 1)[0]?.toLowerCase()).sort()
    const byUsher = [...identity, 'x-forwarded-proto', 'x-forwarded-host']
    const byWorkerd = ['host', 'cache-control', 'pragma']
    expect(names).toEqual(['accept', 'x-a', 'x-a', ...byUsher, ...byWorkerd].sort())
  })
})

describe('credentials end at the gateway', () => {
  it('the bearer token and every cookie of Clerk, wherever they stand', async () => {
    const cookies = [
      'Cookie: a=1; __session=x; b=2; __client_uat=1; __client_uat_AAAAAAAA=2; __refresh_AAAAAAAA=3; __clerk_db_jwt=4',
      'Cookie: __session_AAAAAAAA=5; c="3,4"; __clerk_handshake=6; __client=7; __sessionless=8',
    ]
    const { arrived } = await send('/public/x', cookies)
    const [value = ''] = arrived === undefined ? [] : headerValues(arrived, 'cookie')
    const parts = value.split(/[;,]/).map((part) => part.trim())
    expect(parts).toEqual(['a=1', 'b=2', 'c="3', '4"', '__sessionless=8'])
  })

  it('a cookie header that held nothing else does not arrive at all', async () => {
    const { arrived } = await send('/public/x', ['Cookie: __session=x; __client_uat=1'])
    expect(arrived && headerValues(arrived, 'cookie')).toEqual([])
  })

  it('other cookies keep their spelling', async () => {
    const cookie = 'a=1;b="x, y" ; c=__session=z;  d'
    const { arrived } = await send('/public/x', [`Cookie: ${cookie}`])
    expect(arrived && headerValues(arrived, 'cookie')).toEqual([cookie])
  })

  it('on a protected route the bearer token is gone', async () => {
    const { arrived } = await send('/api/x', [bearer()])
    expect(arrived && headerValues(arrived, 'authorization')).toEqual([])
  })

  const clerks = () => [
    `Bearer ${tokens.ada}`,
    `Token ${tokens.ada}`,
    'Bearer ak_123',
    'Bearer mt_123',
    'Basic oat_123',
    `Bearer ${tokens.ada}, Basic YTpi`,
  ]
  it('on a public route an Authorization that looks like Clerk’s is gone', async () => {
    for (const value of clerks()) {
      origin.requests.length = 0
      const { arrived } = await send('/public/x', [`Authorization: ${value}`])
      expect(arrived && headerValues(arrived, 'authorization')).toEqual([])
    }
  })

  it.each(['Basic YTpi', 'Bearer opaque', 'Bearer e30.eyJpc3MiOiJodHRwczovL290aGVyIn0.AAAA'])(
    'and any other passes: %s',
    async (value) => {
      const { arrived } = await send('/public/x', [`Authorization: ${value}`])
      expect(arrived && headerValues(arrived, 'authorization')).toEqual([value])
    },
  )
})

describe('what comes back', () => {
  it('has each cookie on a line of its own, and nothing that only Usher may say', async () => {
    reply = [
      'HTTP/1.1 200 Fine',
      'Set-Cookie: a=1; Path=/',
      'Set-Cookie: b=2',
      'X-Usher-User-Id: eve',
      'x_usher_request_id: eve',
      'Service-Worker-Allowed: /',
      'Proxy-Authenticate: eve',
      'Connection: X-Inner',
      'X-Inner: eve',
      'X-Kept: 1',
      'Content-Length: 2',
      '',
      'ok',
    ].join('\r\n')
    const { response } = await send('/public/x')
    expect(headerValues(response, 'set-cookie')).toEqual(['a=1; Path=/', 'b=2'])
    expect(headerValues(response, 'x-kept')).toEqual(['1'])
    expect(response.headerLines.join('\n')).not.toContain('eve')
    expect(headerValues(response, 'service-worker-allowed')).toEqual([])
    expect(headerValues(response, 'x-usher-request-id')[0]).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each([301, 302, 303, 307, 308])('a redirect is handed back: %d', async (code) => {
    reply = `HTTP/1.1 ${code} Elsewhere\r\nLocation: http://127.0.0.1:9/evil\r\nContent-Length: 0\r\n\r\n`
    const { response } = await send('/api/x', [bearer()])
    expect(status(response)).toBe(code)
    expect(headerValues(response, 'location')).toEqual(['http://127.0.0.1:9/evil'])
    expect(origin.requests).toHaveLength(1)
  })

  it.each([204, 304])('%d has no body', async (code) => {
    reply = `HTTP/1.1 ${code} Nothing\r\nETag: "e"\r\n\r\n`
    const { response } = await send('/public/x')
    expect([status(response), response.body, headerValues(response, 'etag')[0]]).toEqual([
      code,
      '',
      '"e"',
    ])
  })
})
