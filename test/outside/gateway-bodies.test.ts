import { once } from 'node:events'
import { createServer, type IncomingMessage, request as openRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  converse,
  openScene,
  type RunningGateway,
  rawRequest,
  type Scene,
  startGateway,
} from '../support/gateway.ts'
import { call } from '../support/held-socket.ts'
import { headerValues, rawGet, sendRaw, status } from '../support/raw.ts'

// Bodies in both directions, and the time-out, which is over once an answer has begun.

const mebibyte = 1024 * 1024
/** The time-out of `/slow`. */
const timeoutMs = 300

/** A route that keeps answers. */
const kept = { path: '/kept/**', origin: 'api', access: 'public', cache: { maxAge: '1m' } }

let scene: Scene
/** A gateway with work pending behind each request, before an origin that takes its time. */
let lingering: RunningGateway
let slowOrigin: Server

beforeAll(async () => {
  scene = await openScene({ ROUTES: JSON.stringify([kept]) })
  slowOrigin = startSlowOrigin()
  await once(slowOrigin, 'listening')
  const { port } = slowOrigin.address() as AddressInfo
  lingering = await startGateway(`http://127.0.0.1:${port}`, { LINGER_MS: '1500' })
})
afterAll(async () => {
  await Promise.all([scene.close(), lingering.stop()])
  slowOrigin.closeAllConnections()
  slowOrigin.close()
})
beforeEach(() => scene.clear())

/**
 * `/…/stream` answers at once and goes on for three time-outs, `/…/late` begins too late, `/…/never` does
 * not begin at all, else it echoes.
 */
function startSlowOrigin(): Server {
  return createServer((request, response) => {
    if (request.url?.endsWith('/late')) {
      setTimeout(() => response.end('late'), 4 * timeoutMs)
    } else if (request.url?.endsWith('/never')) {
      slowOrigin.emit('kept waiting', request)
    } else if (request.url?.endsWith('/stream')) {
      response.writeHead(200, { 'content-type': 'text/plain' }).flushHeaders()
      for (const part of [1, 2, 3, 4]) {
        setTimeout(() => response.write(`part ${part};`), (part * 3 * timeoutMs) / 4)
      }
      setTimeout(() => response.end('end'), 3 * timeoutMs + 50)
    } else {
      request.pipe(response)
    }
  }).listen(0, '127.0.0.1')
}

describe('a request body', () => {
  const post = (bytes: string) => sendRaw(scene.gateway.port, bytes)

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'PROPFIND'])(
    'of a %s with Content-Length arrives with it, whole',
    async (method) => {
      const body = 'a=1&b=\x00\xff\r\n\r\nc'
      expect(status(await post(rawRequest(method, '/public/x', { body })))).toBe(200)
      expect(headerValues(scene.arrived(), 'content-length')).toEqual([String(body.length)])
      expect(headerValues(scene.arrived(), 'transfer-encoding')).toEqual([])
      expect(scene.arrived().body).toBe(body)
    },
  )

  it('in chunks arrives in chunks, whole', async () => {
    const headerLines = ['Transfer-Encoding: chunked']
    const chunks = '3\r\nabc\r\n5;ext=1\r\ndefgh\r\n0\r\n\r\n'
    expect(status(await post(rawRequest('POST', '/public/x', { headerLines }) + chunks))).toBe(200)
    expect(headerValues(scene.arrived(), 'transfer-encoding')).toEqual(['chunked'])
    expect(headerValues(scene.arrived(), 'content-length')).toEqual([])
    expect(scene.arrived().body).toBe('abcdefgh')
  })

  it('that is empty arrives as empty', async () => {
    expect(status(await post(rawRequest('POST', '/public/x', { body: '' })))).toBe(200)
    expect(headerValues(scene.arrived(), 'content-length')).toEqual(['0'])
  })

  it.each([
    ['two lengths', ['Content-Length: 3', 'Content-Length: 4'], 'abcd'],
    ['a length and chunks', ['Content-Length: 3', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['a length that is none', ['Content-Length: 3x'], 'abc'],
    ['a negative length', ['Content-Length: -1'], ''],
    ['two codings', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
    ['chunks without a size', ['Transfer-Encoding: chunked'], 'zz\r\nabc\r\n0\r\n\r\n'],
  ])('with %s smuggles no second request', async (_, headerLines, body) => {
    const smuggled = 'GET /admin/x HTTP/1.1\r\nHost: usher.test\r\n\r\n'
    const bytes = rawRequest('POST', '/public/x', { headerLines }) + body + smuggled
    await post(bytes).catch(() => undefined)
    const lines = scene.origin.requests.map(({ startLine }) => startLine)
    expect(lines.filter((line) => !line.startsWith('POST /public/x '))).toEqual([])
  })

  it('of a refused request reaches no origin', async () => {
    expect(status(await post(rawRequest('POST', '/api/x', { body: 'secret' })))).toBe(401)
    expect(scene.origin.requests).toEqual([])
  })
})

describe('what a request asks of a body, and what is said of it', () => {
  it.each([
    ['a range', 'Range: bytes=0-1', '206 Partial Content', 'Content-Range: bytes 0-1/9', 'ab'],
    ['a range if unchanged', 'If-Range: "a"', '200 OK', 'Accept-Ranges: bytes', 'abcdefghi'],
    ['what is new', 'If-None-Match: W/"a", "b"', '304 Not Modified', 'ETag: W/"a"', ''],
    ['a change of what is known', 'If-Match: "a"', '412 Precondition Failed', 'ETag: "b"', ''],
    [
      'news',
      'If-Modified-Since: Wed, 21 Oct 2026 07:28:00 GMT',
      '200 OK',
      'Last-Modified: x',
      'ab',
    ],
  ])('%s passes untouched', async (_, asked, line, said, body) => {
    const length = line.startsWith('304') ? '' : `Content-Length: ${body.length}\r\n`
    scene.answerWith(`HTTP/1.1 ${line}\r\n${said}\r\n${length}\r\n${body}`)
    const response = await scene.gateway.get('/public/x', [asked])
    expect(scene.arrived().headerLines).toContain(asked)
    expect([response.startLine, response.body]).toEqual([`HTTP/1.1 ${line}`, body])
    expect(response.headerLines).toContain(said)
  })

  it('a body that the client compressed is neither read nor made anew', async () => {
    const body = '\x1f\x8bno gzip at all'
    const headerLines = ['Content-Encoding: gzip']
    await sendRaw(scene.gateway.port, rawRequest('POST', '/public/x', { headerLines, body }))
    expect(scene.arrived().headerLines).toContain('Content-Encoding: gzip')
    expect(scene.arrived().body).toBe(body)
  })

  it('a compressed answer that is kept is the same bytes again, and as long', async () => {
    const body = gzipSync('hello '.repeat(50)).toString('latin1')
    const head = `Content-Encoding: gzip\r\nContent-Length: ${body.length}\r\nCache-Control: max-age=60`
    scene.answerWith(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`)
    for (const said of ['usher; fwd=miss', 'usher; hit']) {
      const response = await scene.gateway.get('/kept/x')
      expect([response.body === body, headerValues(response, 'content-encoding')]).toEqual([
        true,
        ['gzip'],
      ])
      expect(headerValues(response, 'cache-status').join()).toContain(said)
    }
    expect(scene.origin.requests).toHaveLength(1)
  })

  it('a client that waits to be told to go on is told so, and no origin hears of it', async () => {
    const headerLines = ['Expect: 100-continue', 'Content-Length: 4']
    const client = call(scene.gateway.port, rawRequest('POST', '/public/x', { headerLines }))
    await client.until('HTTP/1.1 100 Continue\r\n\r\n')
    client.write('body')
    await client.until('HTTP/1.1 200 OK')
    expect(headerValues(scene.arrived(), 'expect')).toEqual([])
    expect(scene.arrived().body).toBe('body')
  })

  it('trailers end here, in both directions', async () => {
    const headerLines = ['Transfer-Encoding: chunked', 'Trailer: X-Sum']
    const chunks = '2\r\nok\r\n0\r\nX-Sum: 9\r\n\r\n'
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum'
    scene.answerWith(`${head}\r\n\r\n${chunks}`)
    const bytes = rawRequest('POST', '/public/x', { headerLines }) + chunks
    const text = await converse(scene.gateway.port, bytes)
    expect(text.endsWith('\r\n\r\n2\r\nok\r\n0\r\n\r\n')).toBe(true)
    expect(text).not.toMatch(/x-sum/i)
    expect(scene.arrived().body).toBe('ok')
    expect(scene.arrived().headerLines.join()).not.toMatch(/x-sum/i)
  })
})

it('five mebibytes stream both ways, each part back before the next is sent', async () => {
  const exchange = openRequest({ port: lingering.port, method: 'POST', path: '/public/echo' })
  const opened = once(exchange, 'response') as Promise<[IncomingMessage]>
  const parts = [1, 2, 3, 4, 5].map((part) => Buffer.alloc(mebibyte, part))
  exchange.write(parts[0])
  const [response] = await opened
  const received: Buffer[] = []
  let receivedBytes = 0
  response.on('data', (chunk: Buffer) => {
    received.push(chunk)
    receivedBytes += chunk.length
  })
  for (const [index, part] of parts.entries()) {
    if (index > 0) exchange.write(part)
    while (receivedBytes < (index + 1) * mebibyte) await once(response, 'data')
  }
  exchange.end()
  await once(response, 'end')
  expect(Buffer.concat(received).equals(Buffer.concat(parts))).toBe(true)
})

describe('the time-out', () => {
  it('does not cut a stream that has begun, even with work pending behind the request', async () => {
    const startedAtMs = performance.now()
    const response = await fetch(`http://127.0.0.1:${lingering.port}/slow/stream`)
    expect(performance.now() - startedAtMs).toBeLessThan(3 * timeoutMs)
    expect(await response.text()).toBe('part 1;part 2;part 3;part 4;end')
    expect(performance.now() - startedAtMs).toBeGreaterThan(3 * timeoutMs)
  })

  it('ends the wait for headers that come too late with 504', async () => {
    const startedAtMs = performance.now()
    const response = await sendRaw(lingering.port, rawGet('/slow/late'))
    expect(status(response)).toBe(504)
    expect(response.body).toContain('origin-timeout')
    expect(performance.now() - startedAtMs).toBeLessThan(4 * timeoutMs)
  })

  it('lets go of an origin that never answers, once nothing is pending behind the request', async () => {
    const kept = once(slowOrigin, 'kept waiting') as Promise<[IncomingMessage]>
    expect(status(await sendRaw(lingering.port, rawGet('/slow/never')))).toBe(504)
    const [{ socket }] = await kept
    if (!socket.destroyed) await once(socket, 'close')
    expect(socket.destroyed).toBe(true)
  })

  it('of one route is not that of another', async () => {
    expect((await sendRaw(lingering.port, rawGet('/public/late'))).body).toBe('late')
  })
})

it('where nothing listens the answer is 502, without a word about where that is', async () => {
  const response = await scene.gateway.get('/nowhere')
  expect(status(response)).toBe(502)
  expect(response.body).not.toMatch(/127\.0\.0\.1|:9/)
})
