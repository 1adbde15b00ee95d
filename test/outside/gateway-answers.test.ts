import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { converse, openScene, rawRequest, type Scene } from '../support/gateway.ts'
import { headerValues, type RawOrigin, startRawOrigin, status } from '../support/raw.ts'

// What a client receives of an origin's answer, byte by byte.

let scene: Scene
let elsewhere: RawOrigin

beforeAll(async () => {
  scene = await openScene()
  elsewhere = await startRawOrigin()
})
afterAll(() => Promise.all([scene.close(), elsewhere.stop()]))
beforeEach(() => {
  scene.clear()
  elsewhere.requests.length = 0
})

/** An answer of the origin with these lines, and what becomes of it. */
function answered(headerLines: readonly string[], { line = '200 OK', body = 'ok' } = {}) {
  const length = `Content-Length: ${body.length}`
  scene.answerWith([`HTTP/1.1 ${line}`, ...headerLines, length, '', body].join('\r\n'))
  return scene.gateway.get('/public/x')
}

describe('a header of the origin', () => {
  it.each([
    'Content-Type: text/plain; charset=utf-8',
    'Cache-Control: public, max-age=60',
    'ETag: W/"a"',
    'Vary: Accept, Cookie',
    'Link: </x>; rel="preload", </y>; rel="next"',
    'Strict-Transport-Security: max-age=1',
    'Access-Control-Allow-Origin: *',
    'X-Custom: a  b',
    'X_Under_Score: yes',
    'X-Bytes: \xe9\xff',
  ])('%j is handed on byte for byte', async (line) => {
    expect((await answered([line])).headerLines).toContain(line)
  })

  it('Set-Cookie twice stays two lines, commas and all', async () => {
    const cookies = ['a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/', 'b=2, c=3']
    const response = await answered(cookies.map((value) => `Set-Cookie: ${value}`))
    expect(headerValues(response, 'set-cookie')).toEqual(cookies)
  })

  it.each([
    'Service-Worker-Allowed',
    'service_worker_allowed',
    'X-Usher-User-Id',
    'X_Usher_User_Id',
    'X-Usher-Assertion',
    'x.usher.authenticated',
    'X-Usher-Loop',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Upgrade',
  ])('%s is removed', async (name) => {
    const response = await answered([`${name}: from-the-origin`])
    expect(status(response)).toBe(200)
    expect(response.headerLines.join('\n')).not.toContain('from-the-origin')
  })

  it.each(['X-Inner', 'X-Inner, keep-alive', 'close, x_inner'])(
    'is removed when the origin says "Connection: %s"',
    async (connection) => {
      const response = await answered([
        `Connection: ${connection}`,
        'X-Inner: secret',
        'X-Outer: y',
      ])
      expect(response.headerLines.join('\n')).not.toContain('secret')
      expect(response.headerLines).toContain('X-Outer: y')
    },
  )

  it('X-Usher-Request-Id is the gateway’s own, whatever the origin says', async () => {
    const ids = headerValues(await answered(['X-Usher-Request-Id: mine']), 'x-usher-request-id')
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)])
  })
})

describe('a redirect', () => {
  it.each(['301', '302', '303', '307', '308'])('%s is handed back, not followed', async (code) => {
    const location = `${elsewhere.url}/next?x=%2e%2e/ y`
    const response = await answered([`Location: ${location}`], { line: `${code} Away`, body: '' })
    expect(status(response)).toBe(Number(code))
    expect(headerValues(response, 'location')).toEqual([location])
    expect(elsewhere.requests).toEqual([])
    expect(scene.arrived().startLine).toBe('GET /public/x HTTP/1.1')
  })
})

describe('a status', () => {
  it.each(['200 Fine', '201 Made', '206 Part', '404 Gone fishing', '418 Tea', '500 Oh', '599 Odd'])(
    '%s is handed on with its words and its body',
    async (line) => {
      const response = await answered([], { line, body: 'from the origin' })
      expect(response.startLine).toBe(`HTTP/1.1 ${line}`)
      expect(response.body).toBe('from the origin')
    },
  )

  it.each(['204 No Content', '304 Not Modified'])('%s has no body', async (line) => {
    scene.answerWith(`HTTP/1.1 ${line}\r\nETag: "a"\r\n\r\n`)
    const text = await converse(scene.gateway.port, rawRequest('GET', '/public/x'))
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${line}\r\n`))
    expect(text).toContain('ETag: "a"\r\n')
    expect(text.split('\r\n\r\n')[1]).toBe('')
  })

  it.each(['100 Continue', '102 Processing', '103 Early Hints'])(
    '%s before the answer is swallowed',
    async (line) => {
      const final = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
      scene.answerWith(`HTTP/1.1 ${line}\r\nLink: </early>\r\n\r\n${final}`)
      const response = await scene.gateway.get('/public/x')
      expect(response.startLine).toBe('HTTP/1.1 200 OK')
      expect(response.headerLines.join('\n')).not.toContain('early')
      expect(response.body).toBe('ok')
    },
  )

  it.each([
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n',
    'nonsense\r\n\r\n',
    'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Le',
  ])('%j is no answer: 502', async (bytes) => {
    scene.answerWith(bytes.includes('Content-Length') ? bytes : `${bytes}\r\nConnection: close\r\n`)
    const response = await scene.gateway.get('/public/x')
    expect(status(response)).toBe(502)
    expect(response.body).toContain('origin-unreachable')
    expect(response.body).not.toMatch(/127\.0\.0\.1|localhost/)
  })
})

describe('HEAD', () => {
  it('is sent as HEAD, and its answer keeps the length of a body that never comes', async () => {
    scene.answerWith('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\n')
    const text = await converse(scene.gateway.port, rawRequest('HEAD', '/public/x'))
    expect(scene.arrived().startLine).toBe('HEAD /public/x HTTP/1.1')
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    expect(text).toContain('Content-Length: 5\r\n')
    expect(text.split('\r\n\r\n')[1]).toBe('')
  })

  it('that is refused has the status of the refusal and no body', async () => {
    const text = await converse(scene.gateway.port, rawRequest('HEAD', '/api/x'))
    expect(text).toMatch(/^HTTP\/1.1 401 /)
    expect(text.split('\r\n\r\n')[1]).toBe('')
  })
})

describe('an encoded body', () => {
  const zipped = gzipSync('hello '.repeat(100)).toString('latin1')
  it.each([
    ['gzip', zipped, ['Accept-Encoding: gzip']],
    ['gzip', zipped, []],
    ['gzip', zipped, ['Accept-Encoding: identity']],
    ['gzip', 'this is no gzip', ['Accept-Encoding: gzip']],
    ['br', '\x0b\x02\x80hello\x03', ['Accept-Encoding: br']],
    ['zstd', '\x28\xb5\x2f\xfd', ['Accept-Encoding: zstd']],
    ['x-odd', 'as it is', []],
  ])('%s %j is handed on untouched', async (encoding, body, headerLines) => {
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: ${encoding}\r\n`
    scene.answerWith(`${head}Content-Length: ${body.length}\r\n\r\n${body}`)
    const response = await scene.gateway.get('/public/x', headerLines)
    expect(headerValues(response, 'content-encoding')).toEqual([encoding])
    expect(response.body).toBe(body)
  })
})
