import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  headerValues,
  type RawOrigin,
  rawGet,
  sendRaw,
  startRawOrigin,
  status,
} from '../support/raw.ts'
import { type RunningWorker, startWorker } from '../support/workerd.ts'

// What the platform does by itself, before and after the Worker. Nothing of Usher runs here: when a new
// version of workerd changes one of these, the laws that were built on it need another look.

let echo: RunningWorker
let proxy: RunningWorker
let origin: RawOrigin

const answer = [
  'HTTP/1.1 200 OK',
  'Set-Cookie: a=1',
  'X-Case-Kept: yes',
  'set-cookie: b=2',
  'Transfer-Encoding: chunked',
  'Trailer: X-Sum',
  '',
  '3\r\none\r\n3\r\ntwo\r\n0\r\nX-Sum: 6\r\n\r\n',
].join('\r\n')

beforeAll(async () => {
  origin = await startRawOrigin(() => answer)
  const variables = { ORIGIN_URL: origin.url }
  echo = await startWorker({ entry: 'test/support/echo.worker.ts' })
  proxy = await startWorker({ entry: 'test/support/pass-through.worker.ts', variables })
})
afterAll(async () => {
  await Promise.all([echo.stop(), proxy.stop()])
  await origin.stop()
})
beforeEach(() => {
  origin.requests.length = 0
})

/** The request as the Worker sees it. */
async function seen(target: string, headerLines: readonly string[] = []) {
  const { body } = await sendRaw(echo.port, rawGet(target, headerLines))
  return JSON.parse(body) as { url: string; headers: Record<string, string> }
}

/** The request as the origin sees it behind a Worker that only passes it on. */
async function forwarded(target: string, headerLines: readonly string[] = []) {
  await sendRaw(proxy.port, rawGet(target, headerLines))
  const [request] = origin.requests
  if (request === undefined) throw new Error('The origin was not reached')
  return request
}

describe('the target that a Worker sees', () => {
  const untouched = [
    '/a/../b',
    '/a/./b',
    '/..',
    '/a/%2e%2e/b',
    '/a/.%2e/b',
    '/a/..%2fb',
    '/a/..%5cb',
    '/a/..;/b',
    '/a\\..\\b',
    '//b',
    '//evil.test/x',
    '/%61dmin',
    '/%2561dmin',
    '/b%00',
    '/b%0d%0aX:1',
    '/b%zz',
    '/b%c0%af',
    '/b"c',
    '/b{c}',
    '/http://evil.test/x',
    '/b?q=%2e%2e/&r=\\',
  ]
  it.each(untouched)('%s arrives as it was sent', async (target) => {
    expect((await seen(target)).url).toBe(`http://usher.test${target}`)
  })

  it.each([
    ['/admin#/public', '/admin'],
    ['/b?q=1#/public', '/b?q=1'],
  ])('%s loses its fragment', async (target, path) => {
    expect((await seen(target)).url).toBe(`http://usher.test${path}`)
  })

  it.each([
    'http://evil.test/x',
    'https://usher.test/x',
    'ftp://user:secret@evil.test/x',
    'HTTP://USHER.TEST:81/x',
  ])('of the absolute form %s only the path counts', async (target) => {
    expect((await seen(target)).url).toBe('http://usher.test/x')
  })

  it('an authority alone becomes the root', async () => {
    expect((await seen('evil.test')).url).toBe('http://usher.test/')
  })

  it('an asterisk is glued to the host', async () => {
    expect((await seen('*')).url).toBe('http://usher.test*')
  })

  it.each([
    '@evil.test/x',
    '.evil.test/x',
    ':81/x',
    '?x',
    '/\t',
    '/a\x01',
    '/a b',
    '/b<c>',
    '/?"',
    'http:/x',
  ])('%j is refused before the Worker', async (target) => {
    expect(status(await sendRaw(echo.port, rawGet(target)))).toBe(400)
  })
})

describe('the host that a Worker sees', () => {
  it.each([
    'H.TEST.',
    'h:80',
    'h:',
    'h:99999',
    'h@evil',
    'h/x',
    'h?x',
    'h#x',
    'h x',
    'h\\x',
    'h,i',
  ])('%s is copied into the URL unchecked', async (host) => {
    const { url, headers } = await seen('/admin', [`Host: ${host}`])
    expect(url).toBe(`http://${host}/admin`)
    expect(headers.host).toBe(host)
  })

  it('two of them are joined by a comma', async () => {
    expect((await seen('/x', ['Host: a.test', 'Host: b.test'])).url).toBe('http://a.test, b.test/x')
  })

  it.each(['', 'Host:\r\n'])('%j is refused before the Worker', async (line) => {
    const bytes = `GET / HTTP/1.1\r\n${line}Connection: close\r\n\r\n`
    expect(status(await sendRaw(echo.port, bytes))).toBe(400)
  })
})

describe('the headers that a Worker sees', () => {
  it('lines of one name are joined by a comma, cookies too', async () => {
    const lines = ['Authorization: Bearer a', 'Cookie: __session=a', 'X-Role: user']
    const more = ['authorization: Bearer b', 'cookie: __session=b', 'x-role: admin']
    expect((await seen('/', [...lines, ...more])).headers).toMatchObject({
      authorization: 'Bearer a, Bearer b',
      cookie: '__session=a, __session=b',
      'x-role': 'user, admin',
    })
  })

  it.each(['X-Role : a', ' X-Role: a', 'X-Role: a\r\n b', 'X-Role: a\rX-B: c', 'X: a\0b', ': a'])(
    'the line %j is refused before the Worker',
    async (line) => {
      expect(status(await sendRaw(echo.port, rawGet('/', [line])))).toBe(400)
    },
  )

  it.each([
    ['get', 501],
    ['BREW', 501],
    ['TRACE', 200],
    ['PROPFIND', 200],
  ])('the method %s is answered with %i', async (method, expected) => {
    const bytes = rawGet('/').replace('GET', method)
    expect(status(await sendRaw(echo.port, bytes))).toBe(expected)
  })
})

describe('what a Worker sends on', () => {
  it.each([
    ['/a/../b', '/b'],
    ['/a/%2e%2e/b', '/b'],
    ['/a\\..\\b', '/b'],
    ['/a/..%2fb', '/a/..%2fb'],
    ['//b', '//b'],
    ['/%61dmin', '/%61dmin'],
    ['/b%zz', '/b%zz'],
    ['/b"c{}', '/b%22c%7B%7D'],
  ])('%s reaches the origin as %s', async (target, path) => {
    expect((await forwarded(target)).startLine).toBe(`GET ${path} HTTP/1.1`)
  })

  it('every alias of a header reaches the origin', async () => {
    const aliases = [
      'X_Usher_User_Id: e',
      'X.Usher.User.Id: f',
      'X-USHER-User-Id: g',
      'X!~Usher: h',
    ]
    expect((await forwarded('/', aliases)).headerLines).toEqual(expect.arrayContaining(aliases))
  })

  it('duplicates stay two lines, cookies become one with a comma', async () => {
    const request = await forwarded('/', ['X-Role: a', 'X-Role: b', 'Cookie: a=1', 'Cookie: b=2'])
    expect(headerValues(request, 'x-role')).toEqual(['a', 'b'])
    expect(headerValues(request, 'cookie')).toEqual(['a=1, b=2'])
  })

  it('a header that Connection nominates is kept although Connection is dropped', async () => {
    const request = await forwarded('/', ['X-Role: a', 'Connection: X-Role', 'TE: trailers'])
    expect(headerValues(request, 'x-role')).toEqual(['a'])
    expect(headerValues(request, 'connection')).toEqual([])
    expect(headerValues(request, 'te')).toEqual([])
  })

  const trusted = [
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'X-Forwarded-For',
    'Forwarded',
    'X-Real-IP',
    'CF-Connecting-IP',
    'CF-Worker',
    'CDN-Loop',
    'True-Client-IP',
    'Proxy-Authorization',
    'Proxy-Connection',
  ]
  it.each(trusted)('%s is forwarded when a client sends it', async (name) => {
    expect(headerValues(await forwarded('/', [`${name}: forged`]), name)).toEqual(['forged'])
  })

  it('no-store is told to the origin as no-cache', async () => {
    const request = await forwarded('/')
    expect(headerValues(request, 'cache-control')).toEqual(['no-cache'])
    expect(headerValues(request, 'pragma')).toEqual(['no-cache'])
  })

  it('a body arrives whole, its trailers never', async () => {
    const head = 'POST /x HTTP/1.1\r\nHost: usher.test\r\nConnection: close\r\n'
    const chunked = 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n'
    await sendRaw(proxy.port, `${head}${chunked}`)
    await sendRaw(proxy.port, `${head}Content-Length: 3\r\n\r\nabc`)
    expect(origin.requests.map(({ body }) => body)).toEqual(['abc', 'abc'])
    expect(JSON.stringify(origin.requests)).not.toContain('X-T')
  })

  it('an answer comes back with its cookies apart and without its trailers', async () => {
    const response = await sendRaw(proxy.port, rawGet('/'))
    expect(headerValues(response, 'set-cookie')).toEqual(['a=1', 'b=2'])
    expect(response.headerLines).toContain('X-Case-Kept: yes')
    expect(response.body).toBe('onetwo')
    expect(JSON.stringify(response)).not.toContain('X-Sum')
  })
})

describe('the bindings of a Worker', () => {
  it('are those of production, empty', async () => {
    expect((await (await proxy.keys()).list()).keys).toEqual([])
    const database = await proxy.database()
    expect(await database.prepare('SELECT 1 AS one').first()).toEqual({ one: 1 })
  })
})
