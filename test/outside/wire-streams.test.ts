import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { headerValues, rawGet, sendRaw, status } from '../support/raw.ts'
import { type Credentials, startGateway } from '../support/wire.ts'
import type { RunningWorker } from '../support/workerd.ts'

// Bodies, streams, time-outs and sockets, with a real origin process at the other end. The origin of this
// gateway is given 300 ms to answer, and work of 1.5 s is pending behind every request.

let gateway: RunningWorker
let broken: RunningWorker
let server: Server
let tokens: Credentials
const upgrades: IncomingMessage[] = []
const compressed = gzipSync('x'.repeat(1000))

const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => unknown> = {
  '/public/echo': async (request, response) => {
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of request) {
      hash.update(chunk)
      size += chunk.length
    }
    const { method, headers } = request
    response.end(
      JSON.stringify({
        method,
        size,
        sha256: hash.digest('hex'),
        length: headers['content-length'],
      }),
    )
  },
  '/public/slow-stream': async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    for (let line = 1; line <= 6; line++) {
      response.write(`line ${line}\n`)
      await pause(150)
    }
    response.end('end')
  },
  '/public/slow-headers': async (_, response) => {
    await pause(600)
    response.end('too late')
  },
  '/public/large': (_, response) => response.end(Buffer.alloc(5 * 1024 * 1024, 'y')),
  '/public/gzip': (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/plain' })
    response.end(compressed)
  },
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = routes[request.url ?? '']
    if (answer === undefined) response.writeHead(404).end()
    else answer(request, response)
  })
  server.on('upgrade', (request, socket) => {
    upgrades.push(request)
    const magic = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(magic).digest('base64')
    const head = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    // Sends one text frame, and hands whatever arrives to nobody.
    socket.write(Buffer.from([0x81, 5, ...Buffer.from('hello')]))
    socket.on('error', () => socket.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const started = await startGateway(`http://127.0.0.1:${port}`)
  gateway = started.worker
  tokens = started.tokens
  broken = (await startGateway(`http://127.0.0.1:${port}`, { BROKEN: '1' })).worker
})
afterAll(async () => {
  await Promise.all([gateway.stop(), broken.stop()])
  server.closeAllConnections()
  server.close()
})

const at = (path: string, init?: RequestInit) => fetch(`${gateway.url}${path}`, init)

describe('a body arrives as it was sent', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('with its length: %s', async (method) => {
    const response = await at('/public/echo', { method, body: 'hello' })
    expect(await response.json()).toMatchObject({ method, size: 5, length: '5' })
  })

  it('with a GET, which may have one', async () => {
    const head = 'GET /public/echo HTTP/1.1\r\nHost: usher.test\r\nContent-Length: 3\r\n\r\nabc'
    const { body } = await sendRaw(gateway.port, head)
    expect(JSON.parse(body)).toMatchObject({ method: 'GET', size: 3 })
  })

  it('in chunks, of 5 MiB', async () => {
    const part = new Uint8Array(64 * 1024).fill(120)
    const body = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < 80; sent++) controller.enqueue(part)
        controller.close()
      },
    })
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    const sha256 = createHash('sha256')
      .update(Buffer.alloc(5 * 1024 * 1024, 'x'))
      .digest('hex')
    const echoed = (await (await at('/public/echo', init)).json()) as object
    expect(echoed).toMatchObject({ size: 5 * 1024 * 1024, sha256 })
    expect(echoed).not.toHaveProperty('length')
  })

  it('back, of 5 MiB, and compressed byte for byte', async () => {
    expect((await (await at('/public/large')).arrayBuffer()).byteLength).toBe(5 * 1024 * 1024)
    const raw = await sendRaw(gateway.port, rawGet('/public/gzip', ['Accept-Encoding: gzip']))
    expect(headerValues(raw, 'content-encoding')).toEqual(['gzip'])
    expect(Buffer.from(raw.body, 'latin1').equals(compressed)).toBe(true)
  })
})

describe('the time-out of an origin', () => {
  it('ends with its headers: a stream three times as long arrives whole, and as it is made', async () => {
    const startedMs = performance.now()
    const response = await at('/public/slow-stream')
    const reader = response.body?.getReader()
    const first = await reader?.read()
    expect(new TextDecoder().decode(first?.value)).toBe('line 1\n')
    expect(performance.now() - startedMs).toBeLessThan(300)
    let rest = ''
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      rest += new TextDecoder().decode(read.value)
    }
    expect(rest).toBe('line 2\nline 3\nline 4\nline 5\nline 6\nend')
    expect(performance.now() - startedMs).toBeGreaterThan(800)
  })

  it('is 504 when the headers are late', async () => {
    const response = await at('/public/slow-headers')
    expect([response.status, await response.json()]).toMatchObject([
      504,
      { code: 'origin-timeout' },
    ])
  })

  it('is not waited for where nobody listens: 502', async () => {
    const response = await at('/nowhere')
    expect([response.status, await response.json()]).toMatchObject([
      502,
      { code: 'origin-unreachable' },
    ])
  })
})

describe('a WebSocket', () => {
  function upgrade(path: string, lines: readonly string[]) {
    const head = [
      `GET ${path} HTTP/1.1`,
      'Host: usher.test',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      ...lines,
      '',
      '',
    ]
    return sendRaw(gateway.port, head.join('\r\n'))
  }
  const bearer = () => `Authorization: Bearer ${tokens.ada}`
  const cookie = () => `Cookie: __session=${tokens.ada}`

  it('opens where the route takes them, and the origin knows whose it is', async () => {
    const response = await upgrade('/ws/x', [bearer(), 'X_Usher_User_Id: eve'])
    expect(status(response)).toBe(101)
    expect(upgrades.at(-1)?.headers).toMatchObject({
      'x-usher-user-id': 'user_ada',
      upgrade: 'websocket',
    })
    expect(JSON.stringify(upgrades.at(-1)?.rawHeaders)).not.toContain('eve')
  })

  it('is authenticated before it opens', async () => {
    const before = upgrades.length
    expect(status(await upgrade('/ws/x', []))).toBe(401)
    expect(status(await upgrade('/ws/x', ['Authorization: Bearer x']))).toBe(401)
    expect(upgrades).toHaveLength(before)
  })

  it('with a cookie opens for our own origin alone', async () => {
    expect(status(await upgrade('/ws/x', [cookie(), 'Origin: http://usher.test']))).toBe(101)
    expect(status(await upgrade('/ws/x', [cookie(), 'Origin: https://evil.test']))).toBe(403)
    expect(status(await upgrade('/ws/x', [cookie()]))).toBe(403)
  })

  it('is refused on a route that does not take them', async () => {
    expect(status(await upgrade('/api/x', [bearer()]))).toBe(400)
  })

  it('carries messages both ways', async () => {
    const frame = await new Promise<string>((resolve, reject) => {
      const url = `${gateway.url.replace('http', 'ws')}/ws/x`
      // The types are the browser's; Node's own WebSocket takes headers too.
      const options = { headers: { authorization: `Bearer ${tokens.ada}` } } as unknown as string[]
      const socket = new WebSocket(url, options)
      socket.addEventListener('message', ({ data }) => resolve(String(data)))
      socket.addEventListener('error', () => reject(new Error('The socket failed')))
    })
    expect(frame).toBe('hello')
  })
})

describe('the gateway itself', () => {
  it('recognises a request that comes back to it: 508', async () => {
    const { port } = new URL(gateway.url)
    const lines = [`Host: 127.0.0.1:${port}`]
    const response = await sendRaw(gateway.port, rawGet('/self/x', lines))
    expect([status(response), JSON.parse(response.body)]).toMatchObject([
      508,
      { code: 'loop-detected' },
    ])
  })

  it('with errors in its configuration answers 503 to all but livez', async () => {
    for (const path of ['/public/echo', '/_usher/readyz', '/_usher/me', '/', '/admin/x']) {
      const response = await fetch(`${broken.url}${path}`)
      expect([response.status, await response.json()]).toMatchObject([
        503,
        { code: 'gateway-misconfigured' },
      ])
    }
    expect((await fetch(`${broken.url}/_usher/livez`)).status).toBe(200)
  })
})
