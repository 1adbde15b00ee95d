import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, type RunningGateway, rawRequest, startGateway } from '../support/gateway.ts'
import { call, type HeldOrigin, type HeldSocket, startHeldOrigin } from '../support/held-socket.ts'

// Clients that go away, and origins that are too late: who is at the other end of the gateway is told at once,
// also where work goes on behind the request, which would keep the platform from ending it.

let origin: HeldOrigin
let gateway: RunningGateway
let token: string

const routes = [
  { path: '/watched/**', origin: 'api', access: 'public', idleTimeout: '10s', totalTimeout: '1m' },
  { path: '/kept/**', origin: 'api', access: { role: 'admin' } },
  { path: '/late/**', origin: 'slow', access: { role: 'admin' } },
  { path: '/several/**', origin: 'several', access: 'public' },
]

beforeAll(async () => {
  origin = await startHeldOrigin()
  const several = {
    members: [{ url: origin.url }, { url: origin.url.replace('127.0.0.1', 'localhost') }],
    retry: { attempts: 2, attemptTimeout: '200ms' },
  }
  gateway = await startGateway(origin.url, {
    ROUTES: JSON.stringify(routes),
    ORIGINS: JSON.stringify({ several }),
    // Longer than any test waits: what ends earlier was ended.
    REFRESH_MS: '30000',
  })
  token = bearer(await gateway.token())
})
afterAll(async () => {
  await gateway.stop()
  origin.stop()
})

const chunk = '4\r\nsome\r\n'
const lastChunk = '0\r\n\r\n'

async function open(bytes: string): Promise<{ client: HeldSocket; behind: HeldSocket }> {
  const client = call(gateway.port, bytes)
  return { client, behind: await origin.next() }
}

const states: readonly (readonly [string, (target: string) => Promise<Held>])[] = [
  ['waits for an answer', (target) => open(rawRequest('GET', target, { headerLines: [token] }))],
  [
    'has sent a body and waits',
    async (target) => {
      const held = await open(rawRequest('POST', target, { headerLines: [token], body: 'some' }))
      await held.behind.until('some')
      return held
    },
  ],
  [
    'sends a body in chunks',
    async (target) => {
      const headerLines = [token, 'Transfer-Encoding: chunked']
      const held = await open(rawRequest('POST', target, { headerLines }) + chunk)
      await held.behind.until('some')
      return held
    },
  ],
  [
    'sends a body with a length',
    async (target) => {
      const headerLines = [token, 'Content-Length: 9']
      const held = await open(`${rawRequest('PUT', target, { headerLines })}some`)
      await held.behind.until('some')
      return held
    },
  ],
  [
    'reads an answer that pauses',
    async (target) => {
      const held = await open(rawRequest('GET', target, { headerLines: [token] }))
      held.behind.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`)
      await held.client.until('some')
      return held
    },
  ],
]

type Held = Awaited<ReturnType<typeof open>>

describe.each(['/public/x', '/kept/x', '/watched/x', '/several/x'])('on %s', (target) => {
  it.each(states)(
    'a client that goes away while it %s ends its request at the origin',
    async (_, reach) => {
      const { client, behind } = await reach(target)
      client.reset()
      await behind.closed
      expect(behind.text()).not.toContain(lastChunk)
    },
  )

  it('a client that has no more to say has not gone, and is answered', async () => {
    const { client, behind } = await open(rawRequest('GET', target, { headerLines: [token] }))
    client.end()
    behind.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nsome')
    await client.until('some')
  })
})

it('an origin that is too late is let go although work is pending behind the request', async () => {
  const { client, behind } = await open(rawRequest('GET', '/late/x', { headerLines: [token] }))
  await Promise.all([client.until('origin-timeout'), behind.closed])
})

it('a member that is too late is let go before the next is asked', async () => {
  const { client, behind } = await open(rawRequest('GET', '/several/x'))
  await behind.closed
  const next = await origin.next()
  next.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nsome')
  await client.until('some')
})
