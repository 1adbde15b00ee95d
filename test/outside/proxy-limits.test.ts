import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { RouteConfig } from '../../src/config/define.ts'
import { bearer, type RunningGateway, startGateway } from '../support/gateway.ts'
import { headerValues, rawGet, status } from '../support/raw.ts'

// Limits with the real bindings, and clients that break every rule: what is counted, what they are told, and
// when a request that nobody waits for any longer counts no more.

const minute = { limiter: 'exact', requests: 2, window: '1m' } as const
const routes: readonly RouteConfig[] = [
  { path: '/exact/**', origin: 'api', limits: [{ ...minute, by: 'user' }] },
  {
    path: '/edge/**',
    origin: 'api',
    access: 'public',
    limits: [{ limiter: 'edge', by: 'address', binding: 'BURST', requests: 3, window: '60s' }],
  },
  { path: '/one/**', origin: 'slow', limits: [{ by: 'user', concurrent: 1 }] },
]

let origin: Server
let gateway: RunningGateway
let ada: string
/** What reached the origin, by its request line, and is still open. */
const open: Socket[] = []
const arrived: string[] = []

/** What begins a body without end, and does or does not go on; `/one/never` is not answered at all. */
const streams: readonly string[] = ['/one/stream', '/one/pause']

function answer(socket: Socket, target: string) {
  if (target === '/one/never') return
  if (!streams.includes(target)) {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nRateLimit: "origin";r=1\r\n\r\nok')
    return
  }
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
  if (target === '/one/pause') return
  const timer = setInterval(() => socket.write('3\r\nabc\r\n'), 20)
  socket.on('close', () => clearInterval(timer))
}

beforeAll(async () => {
  origin = createServer((socket) => {
    open.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      const target = String(bytes).split(' ')[1] ?? ''
      arrived.push(target)
      answer(socket, target)
    })
  }).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  gateway = await startGateway(
    `http://127.0.0.1:${(origin.address() as AddressInfo).port}`,
    { ROUTES: JSON.stringify(routes) },
    { BURST: { namespace_id: '1', simple: { limit: 3, period: 60 } } },
  )
  ada = bearer(await gateway.token())
})
afterAll(async () => {
  await gateway.stop()
  for (const socket of open) socket.destroy()
  origin.close()
})

describe('an exact limit', () => {
  it('refuses with these bytes, and nothing more reaches the origin', async () => {
    const before = arrived.length
    for (const remaining of [1, 0]) {
      const passed = await gateway.get('/exact/a', [ada])
      expect(status(passed)).toBe(200)
      expect(headerValues(passed, 'RateLimit-Policy')).toEqual(['"user-60s";q=2;w=60'])
      // What the origin says of limits of its own gives way.
      expect(headerValues(passed, 'RateLimit').join()).toMatch(
        new RegExp(`^"user-60s";r=${remaining};t=6[01]$`),
      )
    }
    const refused = await gateway.get('/exact/A?b', [ada, 'X-Forwarded-For: 1.2.3.4'])
    const [seconds = ''] = headerValues(refused, 'Retry-After')
    const [id = ''] = headerValues(refused, 'X-Usher-Request-Id')
    expect(Number(seconds)).toBeGreaterThan(50)
    expect(refused.startLine).toBe('HTTP/1.1 429 Too Many Requests')
    expect(refused.headerLines.filter((line) => /^ratelimit|^retry/i.test(line)).sort()).toEqual([
      'RateLimit-Policy: "user-60s";q=2;w=60',
      `RateLimit: "user-60s";r=0;t=${seconds}`,
      `Retry-After: ${seconds}`,
    ])
    expect(refused.body).toBe(
      '{"type":"urn:usher:refusal:too-many-requests","title":"Too many requests.","status":429,' +
        `"code":"too-many-requests","request_id":"${id}"}\n`,
    )
    expect(arrived.length - before).toBe(2)
  })

  it('is kept by an object of the platform: other callers have one of their own', async () => {
    const bob = bearer(await gateway.token({ sub: 'user_bob', sid: 'sess_bob' }))
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => gateway.get('/exact/a', [bob])),
    )
    const statuses = answers.map(status)
    expect(statuses.filter((one) => one === 200)).toHaveLength(2)
    expect(statuses.filter((one) => one === 429)).toHaveLength(18)
  })
})

describe('a limit of the edge', () => {
  it('is that of the binding, and an address cannot be written by a client', async () => {
    // The binding counts minutes of the clock: of seven requests at most six fall into two of them.
    const answers = []
    for (let turn = 0; turn < 7; turn++) {
      const lines = [`X-Forwarded-For: 198.51.100.${turn}`, `Forwarded: for=198.51.100.${turn}`]
      answers.push(await gateway.get(`/edge/${turn}?${turn}`, lines))
    }
    expect(answers.slice(0, 3).map(status)).toEqual([200, 200, 200])
    // The origin says one, which is of none of the limits that the policy names.
    const [first] = answers
    expect(first && headerValues(first, 'RateLimit')).toEqual([])
    expect(first && headerValues(first, 'RateLimit-Policy')).toEqual(['"address-60s";q=3;w=60'])
    const refused = answers.find((one) => status(one) === 429)
    expect(refused && headerValues(refused, 'Retry-After')).toEqual(['60'])
    expect(refused && headerValues(refused, 'RateLimit-Policy')).toEqual(['"address-60s";q=3;w=60'])
    expect(refused && headerValues(refused, 'RateLimit')).toEqual([])
  })
})

describe('a limit of one at once', () => {
  /** Sends a request of ada and gives the socket, which the test breaks. */
  async function begin(target: string): Promise<Socket> {
    const count = arrived.length
    const socket = connect(gateway.port, '127.0.0.1').on('error', () => undefined)
    socket.write(rawGet(target, [ada]))
    await vi.waitFor(() => expect(arrived.length).toBe(count + 1), { timeout: 5000 })
    if (streams.includes(target)) await once(socket, 'readable')
    return socket
  }

  async function ask(): Promise<number> {
    return status(await gateway.get('/one/a', [ada]))
  }

  it.each([...streams, '/one/never'])(
    'counts %s until it is over, though its client went away',
    async (target) => {
      expect(await ask()).toBe(200)
      const client = await begin(target)
      const behind = open.at(-1)
      expect(await ask()).toBe(429)
      client.resetAndDestroy()
      await vi.waitFor(() => expect(behind?.closed).toBe(true), { timeout: 5000 })
      await vi.waitFor(async () => expect(await ask()).toBe(200), { timeout: 5000, interval: 50 })
    },
  )

  it('counts a stream as long as somebody reads it', async () => {
    const client = await begin('/one/stream')
    let text = ''
    client.setEncoding('latin1').on('data', (part) => {
      text += part
    })
    await vi.waitFor(() => expect(text.split('abc').length).toBeGreaterThan(10), { timeout: 5000 })
    expect(await ask()).toBe(429)
    client.resetAndDestroy()
    await vi.waitFor(async () => expect(await ask()).toBe(200), { timeout: 5000, interval: 50 })
  })
})
