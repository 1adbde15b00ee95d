import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningGateway, rawRequest, startGateway } from '../support/gateway.ts'
import { call, type HeldOrigin, type HeldSocket, startHeldOrigin } from '../support/held-socket.ts'
import { sendRaw, status } from '../support/raw.ts'

// Bodies that are held to a bound, byte by byte: who breaks it is told so while there is no answer yet, and
// is cut off afterwards; whoever is at the other end can tell that what it has is not whole.

const idleMs = 200
const totalMs = 350
/** The time that the origin of `/hasty` has to answer. */
const slowMs = 300

const routes = [
  { path: '/most/**', maxBytes: '1KiB' },
  { path: '/idle/**', idleTimeout: `${idleMs}ms` },
  { path: '/brief/**', totalTimeout: `${totalMs}ms` },
  { path: '/hasty/**', origin: 'slow', idleTimeout: `${idleMs}ms` },
].map((route) => ({ origin: 'api', access: 'public', ...route }))

let origin: HeldOrigin
let gateway: RunningGateway

beforeAll(async () => {
  origin = await startHeldOrigin()
  gateway = await startGateway(origin.url, { ROUTES: JSON.stringify(routes) })
})
afterAll(async () => {
  await gateway.stop()
  origin.stop()
})

const chunked = (target: string, body: string) =>
  `${rawRequest('POST', target, { headerLines: ['Transfer-Encoding: chunked'] })}${body}`
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const lastChunk = '0\r\n\r\n'
const kibibyte = 'a'.repeat(1024)
/** An answer in chunks that has begun. */
const begun = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('begun')}`
const whole = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nwhole'

/** What a client sends, and who is at both ends of it. */
async function open(bytes: string): Promise<{ client: HeldSocket; behind: HeldSocket }> {
  const client = call(gateway.port, bytes)
  return { client, behind: await origin.next() }
}

/** One more request that comes and goes: whatever was to follow from the one before has followed. */
async function roundTrip(): Promise<void> {
  const { client, behind } = await open(rawRequest('GET', '/most/next'))
  expect(behind.text()).toMatch(/^GET \/most\/next /)
  behind.write(whole)
  await client.closed
}

/** Waits until the connection is over, and expects that this was all of a body in chunks that it got. */
async function expectCut(end: HeldSocket, got: string): Promise<void> {
  await end.closed
  const [, body] = end.text().split('\r\n\r\n', 2)
  expect([body, end.text().includes(lastChunk)]).toEqual([got, false])
}

describe('a body of a request that may have 1 KiB', () => {
  it.each([
    ['with a length', rawRequest('POST', '/most/x', { body: `${kibibyte}b` })],
    [
      'with a length that is a lie',
      rawRequest('PUT', '/most/x', { headerLines: ['Content-Length: 99999999999'] }),
    ],
    [
      'of a GET, which nobody can count',
      rawRequest('GET', '/most/x', { headerLines: ['Transfer-Encoding: chunked'] }) +
        chunk('a') +
        lastChunk,
    ],
  ])('%s is refused with 413 before anyone is asked', async (_, bytes) => {
    const answer = await sendRaw(gateway.port, bytes)
    expect([status(answer), answer.body]).toEqual([413, expect.stringContaining('body-too-large')])
    await roundTrip()
  })

  it('with a length is refused before the client is told to go on', async () => {
    const headerLines = ['Expect: 100-continue', 'Content-Length: 1025']
    const client = call(gateway.port, rawRequest('POST', '/most/x', { headerLines }))
    await client.closed
    expect(client.text()).toMatch(/^HTTP\/1.1 413 /)
  })

  it.each([
    ['with a length', rawRequest('POST', '/most/x', { body: kibibyte }), `\r\n\r\n${kibibyte}`],
    ['in chunks', chunked('/most/x', chunk(kibibyte) + lastChunk), lastChunk],
    ['of a GET with a length', rawRequest('GET', '/most/x', { body: 'abc' }), '\r\n\r\nabc'],
  ])('and has that, %s, arrives whole', async (_, bytes, end) => {
    const { client, behind } = await open(bytes)
    await behind.until(end)
    expect(behind.text().match(/a/g)?.length ?? 0).toBeGreaterThanOrEqual(1)
    behind.write(whole)
    await client.until('whole')
  })

  it('in chunks is cut where it has more: 413, and the origin sees a request that is not whole', async () => {
    const { client, behind } = await open(chunked('/most/x', chunk(kibibyte)))
    await behind.until(kibibyte)
    client.write(chunk('b'))
    await expectCut(behind, chunk(kibibyte))
    await client.until('body-too-large')
    expect(client.text()).toMatch(/^HTTP\/1.1 413 /)
  })

  it('in chunks is counted whatever length is said beside them', async () => {
    const headerLines = ['Content-Length: 5', 'Transfer-Encoding: chunked']
    const bytes = rawRequest('POST', '/most/x', { headerLines }) + chunk(kibibyte)
    const { client, behind } = await open(bytes)
    await behind.until(kibibyte)
    client.write(chunk('b') + lastChunk)
    await client.until('body-too-large')
    await expectCut(behind, chunk(kibibyte))
  })

  it('in chunks is cut after the answer has begun, and neither end takes what it has for whole', async () => {
    const { client, behind } = await open(chunked('/most/x', chunk(kibibyte)))
    await behind.until(kibibyte)
    behind.write(begun)
    await client.until('begun')
    client.write(chunk('b') + lastChunk)
    await expectCut(client, chunk('begun'))
    await roundTrip()
    expect(behind.text()).not.toContain(lastChunk)
  })
})

describe('a body of a request that stands still', () => {
  it.each([
    ['in chunks', chunked('/idle/x', chunk('some'))],
    [
      'with a length',
      `${rawRequest('POST', '/idle/x', { headerLines: ['Content-Length: 9'] })}some`,
    ],
  ])('%s is broken off: 408, and the origin sees a request that is not whole', async (_, bytes) => {
    const { client, behind } = await open(bytes)
    await behind.closed
    expect(behind.text()).toContain('some')
    expect(behind.text()).not.toContain(lastChunk)
    await client.until('body-timeout')
    expect(client.text()).toMatch(/^HTTP\/1.1 408 /)
  })

  it('goes on for longer where it moves in between, and uses up none of the time to answer', async () => {
    const { client, behind } = await open(chunked('/hasty/x', ''))
    const startedAtMs = performance.now()
    let count = 0
    const timer = setInterval(() => client.write(chunk(`part ${count++}`)), idleMs / 5)
    await behind.until('part 9')
    clearInterval(timer)
    expect(performance.now() - startedAtMs).toBeGreaterThan(Math.max(1.5 * idleMs, slowMs))
    client.write(lastChunk)
    await behind.until(lastChunk)
    behind.write(whole)
    await client.until('whole')
  })

  it('because its origin takes no more of it is 504', async () => {
    const { client, behind } = await open(chunked('/idle/x', ''))
    behind.pause()
    client.write(chunk('a'.repeat(16 * 1024 * 1024)))
    await client.until('origin-timeout')
    expect(client.text()).toMatch(/^HTTP\/1.1 504 /)
  })

  it('that its client leaves incomplete is 400, and not an outage of the origin', async () => {
    const { client, behind } = await open(chunked('/idle/x', chunk('some')))
    await behind.until('some')
    client.end()
    await expectCut(behind, chunk('some'))
    await client.until('body-incomplete')
    expect(client.text()).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('an answer that stands still', () => {
  it.each([
    ['in chunks', begun],
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegun'],
  ])('%s is broken off where the client can tell, and its origin is let go', async (_, bytes) => {
    const { client, behind } = await open(rawRequest('GET', '/idle/x'))
    behind.write(bytes)
    await client.until('begun')
    await Promise.all([client.closed, behind.closed])
    expect(client.text().endsWith('begun') || client.text().endsWith('begun\r\n')).toBe(true)
  })

  it('because its client does not read it is broken off too, and its origin is let go', async () => {
    const { client, behind } = await open(rawRequest('GET', '/idle/x'))
    client.pause()
    behind.write('HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n')
    behind.write('a'.repeat(16 * 1024 * 1024))
    await behind.closed
  })
})

describe('an exchange that takes too long in all', () => {
  it('is 504 while there is no answer, and its origin is let go', async () => {
    const { client, behind } = await open(rawRequest('GET', '/brief/x'))
    await behind.closed
    await client.until('origin-timeout')
    expect(client.text()).toMatch(/^HTTP\/1.1 504 /)
  })

  it('is broken off in the middle of an answer that keeps moving', async () => {
    const { client, behind } = await open(rawRequest('GET', '/brief/x'))
    behind.write(begun)
    const timer = setInterval(() => behind.write(chunk('more')), 50)
    await Promise.all([client.closed, behind.closed])
    clearInterval(timer)
    expect(client.text()).toContain('more')
    expect(client.text()).not.toContain(lastChunk)
  })

  it('and whose request is under way is cut, and the origin sees that it is not whole', async () => {
    const { client, behind } = await open(chunked('/brief/x', chunk('some')))
    const timer = setInterval(() => client.write(chunk('more')), 50)
    await behind.closed
    clearInterval(timer)
    expect(behind.text()).toContain('more')
    expect(behind.text()).not.toContain(lastChunk)
    await client.until('origin-timeout')
  })

  it('does not begin anew with the next request', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      const { client, behind } = await open(rawRequest('GET', '/brief/x'))
      behind.write(whole)
      await client.until('whole')
    }
  })
})

it.each(['/most/x', '/idle/x', '/brief/x'])(
  'a compressed answer on %s is the bytes that its origin sent, with their length',
  async (target) => {
    const zipped = gzipSync('hello '.repeat(50)).toString('latin1')
    const { client, behind } = await open(rawRequest('GET', target))
    const head = `Content-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\nConnection: close`
    behind.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${zipped}`)
    await client.until(zipped)
    expect(client.text()).toMatch(new RegExp(`content-length: ${zipped.length}\r\n`, 'i'))
    expect(client.text().endsWith(zipped)).toBe(true)
  },
)

it.each(['/public/x', '/idle/x', '/brief/x'])(
  'each event of a stream on %s arrives before the next is sent',
  async (target) => {
    const { client, behind } = await open(rawRequest('GET', target))
    behind.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n')
    behind.write('Transfer-Encoding: chunked\r\n\r\n')
    for (const event of ['data: 1\n\n', 'id: 2\ndata: 2\n\n', ': still there\n\n', 'data: 3\n\n']) {
      behind.write(chunk(event))
      await client.until(event)
    }
    behind.write(lastChunk)
    await client.until(`\r\n${lastChunk}`)
  },
)
