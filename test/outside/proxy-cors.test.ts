import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import {
  bearer,
  converse,
  openScene,
  rawRequest,
  type Scene,
  targetOf,
} from '../support/gateway.ts'
import { headerValues, type RawMessage, sendRaw, status } from '../support/raw.ts'

// Preflights, grants and kept answers, byte by byte: what a browser receives, and what reached the origin.

const page = 'https://app.usher.test'
const cors = { origins: [page], credentials: true }
const routes: GatewayConfig['routes'] = [
  { path: '/pages/**', origin: 'api', cors },
  { path: '/kept/**', origin: 'api', access: 'public', cache: { maxAge: '1m' } },
  { path: '/mine/**', origin: 'api', cache: { maxAge: '1m', scope: 'principal' } },
]

let scene: Scene
beforeAll(async () => {
  scene = await openScene({ ROUTES: JSON.stringify(routes) })
})
afterAll(() => scene.close())
beforeEach(() => scene.clear())

function ask(method: string, target: string, headerLines: readonly string[] = []) {
  return sendRaw(scene.gateway.port, rawRequest(method, target, { headerLines }))
}

const asksToPut = [`Origin: ${page}`, 'Access-Control-Request-Method: PUT']

describe('a preflight', () => {
  it('is answered with these lines and no others, and reaches no origin', async () => {
    const wanted = 'Access-Control-Request-Headers: authorization,x-other'
    const response = await ask('OPTIONS', '/pages/x', [...asksToPut, wanted])
    expect([response.startLine, response.body]).toEqual(['HTTP/1.1 204 No Content', ''])
    const lines = response.headerLines
      .filter((line) => !/^(connection|server-timing):/i.test(line))
      .sort()
    expect(lines.pop()).toMatch(/^X-Usher-Request-Id: [\da-f-]{36}$/)
    expect(lines).toEqual([
      'Access-Control-Allow-Credentials: true',
      'Access-Control-Allow-Headers: authorization',
      'Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE',
      `Access-Control-Allow-Origin: ${page}`,
      'Access-Control-Max-Age: 600',
      'Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    ])
    expect(scene.origin.requests).toEqual([])
  })

  it.each([
    ['without a method', [`Origin: ${page}`]],
    ['without a page', ['Access-Control-Request-Method: PUT']],
    ['for two methods', [...asksToPut, 'Access-Control-Request-Method: TRACE']],
  ])('%s is a request like any other', async (name, headerLines) => {
    const response = await ask('OPTIONS', '/pages/x', headerLines)
    // Every method is a method of this route, however odd.
    expect([status(response), scene.origin.requests.length]).toEqual([
      name === 'for two methods' ? 204 : 401,
      0,
    ])
  })

  it.each(['null', `${page}:443`, `${page}.evil.test`, `${page}\r\nOrigin: https://evil.test`])(
    'of another page is granted nothing: %j',
    async (origin) => {
      const headerLines = [`Origin: ${origin}`, 'Access-Control-Request-Method: PUT']
      const response = await ask('OPTIONS', '/pages/x', headerLines)
      expect(status(response)).toBe(204)
      expect(response.headerLines.filter((line) => /^access-control/i.test(line))).toEqual([])
    },
  )

  it('of a route without cors reaches its origin as it was', async () => {
    await ask('OPTIONS', '/public/x', asksToPut)
    const arrived = scene.arrived()
    expect(arrived.startLine).toBe('OPTIONS /public/x HTTP/1.1')
    expect(arrived.headerLines).toEqual(expect.arrayContaining([...asksToPut]))
  })
})

describe('an answer to a page', () => {
  it('has one grant, that of the gateway, in place of what its origin said', async () => {
    const said = [
      'Access-Control-Allow-Origin: *',
      'access-control-allow-methods: *',
      'Vary: Accept',
    ]
    scene.answerWith(['HTTP/1.1 200 OK', ...said, 'Content-Length: 2', '', 'ok'].join('\r\n'))
    const headerLines = [`Origin: ${page}`, bearer(await scene.gateway.token())]
    const response = await ask('GET', '/pages/x', headerLines)
    expect(headerValues(response, 'access-control-allow-origin')).toEqual([page])
    expect(headerValues(response, 'access-control-allow-methods')).toEqual([])
    expect(headerValues(response, 'vary')).toEqual(['Accept, Origin'])
  })
})

describe('a kept answer', () => {
  const statusOf = (message: RawMessage) => headerValues(message, 'cache-status').join()

  it('is the same to the byte, length and all, however often it is given', async () => {
    const bytes = 'a\x00b\xff\r\n'
    const said = [
      'X-Bytes: \xc3\xa9 \xe2\x98\x83',
      'ETag: "a"',
      'Link: <a>',
      'Link: <b>',
      'X-Empty: ',
    ]
    scene.answerWith(
      ['HTTP/1.1 200 OK', ...said, `Content-Length: ${bytes.length}`, '', bytes].join('\r\n'),
    )
    const plain = await ask('GET', '/public/x')
    scene.origin.requests.length = 0
    const [first, second] = [await ask('GET', '/kept/bytes'), await ask('GET', '/kept/bytes')]
    expect([statusOf(first), statusOf(second)]).toEqual(['usher; fwd=miss', 'usher; hit; ttl=60'])
    expect(scene.origin.requests).toHaveLength(1)
    const own = /^(x-usher-request-id|cache-status|age|date|server-timing):/i
    const linesOf = (message: RawMessage) =>
      message.headerLines
        .filter((line) => !own.test(line))
        .map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()))
        .sort()
    for (const response of [first, second]) {
      expect([linesOf(response), response.body]).toEqual([linesOf(plain), bytes])
    }
    const head = await converse(scene.gateway.port, rawRequest('HEAD', '/kept/bytes'))
    expect(head.toLowerCase()).toContain(`content-length: ${bytes.length}`)
    expect([head.includes('usher; hit'), head.split('\r\n\r\n')[1]]).toEqual([true, ''])
  })

  it('is asked for without what is not part of its key, a body among it', async () => {
    const headerLines = ['X-Evil: 1', 'X-Forwarded-Host: evil.test', 'Accept-Language: de']
    const fat = rawRequest('GET', '/kept/fat?a=1', { headerLines, body: 'evil' })
    expect(status(await sendRaw(scene.gateway.port, fat))).toBe(200)
    const arrived = scene.arrived()
    expect([targetOf(arrived), arrived.body]).toEqual(['/kept/fat?a=1', ''])
    const names = arrived.headerLines.map((line) => line.split(':')[0]?.toLowerCase())
    const ours = ['x-usher-', 'x-forwarded-', 'traceparent', 'cf-worker']
    const ofThePlatform = ['host', 'pragma', 'cache-control']
    const others = names.filter(
      (name = '') => !ofThePlatform.includes(name) && !ours.some((own) => name.startsWith(own)),
    )
    expect(others).toEqual([])
    expect(arrived.headerLines.join()).not.toContain('evil')
    expect(headerValues(arrived, 'x-forwarded-for')).toEqual([])
  })

  it('that is compressed stays so, to the byte', async () => {
    const body = gzipSync('hello '.repeat(100)).toString('latin1')
    const said = ['Content-Encoding: gzip', `Content-Length: ${body.length}`]
    scene.answerWith(['HTTP/1.1 200 OK', ...said, '', body].join('\r\n'))
    for (const expected of ['usher; fwd=miss', 'usher; hit; ttl=60']) {
      const response = await ask('GET', '/kept/gzip')
      expect([statusOf(response), headerValues(response, 'content-encoding')]).toEqual([
        expected,
        ['gzip'],
      ])
      expect(response.body).toBe(body)
      expect(headerValues(response, 'content-length')).toEqual([String(body.length)])
    }
    const head = await converse(scene.gateway.port, rawRequest('HEAD', '/kept/gzip'))
    expect([head.includes('usher; hit'), head.split('\r\n\r\n')[1]]).toEqual([true, ''])
    expect(head.toLowerCase()).toContain(`content-length: ${body.length}`)
  })

  it('was read without loss: what no text can hold is not kept', async () => {
    scene.answerWith('HTTP/1.1 200 OK\r\nX-Bytes: \xe9\xff\r\nContent-Length: 2\r\n\r\nok')
    for (let time = 0; time < 2; time++) {
      const response = await ask('GET', '/kept/latin1')
      expect(statusOf(response)).toBe('usher; fwd=miss')
      expect(response.headerLines).toContain('X-Bytes: \xe9\xff')
    }
  })

  it('was whole: what an origin breaks off is not kept', async () => {
    scene.answerWith('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhalf')
    await ask('GET', '/kept/broken').catch(() => {})
    scene.clear()
    const response = await ask('GET', '/kept/broken')
    expect([statusOf(response), response.body]).toEqual(['usher; fwd=miss', 'ok'])
  })

  it('belongs to one caller', async () => {
    const [ada, grace] = [
      bearer(await scene.gateway.token()),
      bearer(await scene.gateway.token({ sub: 'user_grace', sid: 'sess_grace' })),
    ]
    const found: string[] = []
    for (const line of [ada, ada, grace, grace]) {
      found.push(statusOf(await ask('GET', '/mine/x', [line])))
    }
    expect(found.map((one) => one.split(';')[1])).toEqual([
      ' fwd=miss',
      ' hit',
      ' fwd=miss',
      ' hit',
    ])
    expect(scene.origin.requests.map((one) => headerValues(one, 'x-usher-user-id')[0])).toEqual([
      'user_ada',
      'user_grace',
    ])
    expect(status(await ask('GET', '/mine/x'))).toBe(401)
  })
})
