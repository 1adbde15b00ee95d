import { once } from 'node:events'
import { createServer, type IncomingMessage, request as openRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Server as Gateway, startServer } from '../bench/server.ts'
import { makeSigningKeys } from '../support/signing-keys.ts'
import { makeKey, publicPem, testIssuer } from '../support/tokens.ts'
import { bundle } from '../support/workerd.ts'

// Bodies of a gibibyte through workerd run directly: all of their bytes arrive, and its memory stays flat. The
// other routes hold bodies to bounds, and so read them piece by piece.

const mebibyte = 1024 * 1024
const bodyMiB = 1024
const growthMaxMiB = 64
/** So much comes before, so that connections and buffers are there. */
const warmUpMiB = 32
const sampleEveryMs = 50
const eventsCount = 10_000

const routes = [
  { path: '/counted/**', maxBytes: '2GiB' },
  { path: '/watched/**', idleTimeout: '1m', totalTimeout: '1h' },
].map((route) => ({ origin: 'api', access: 'public', ...route }))

/** A checksum and a length. */
interface Sum {
  checksum: number
  sizeBytes: number
}

/** Pieces of a mebibyte, each with other bytes than the one before. */
function* pieces(countMiB: number): Generator<Buffer> {
  for (let index = 0; index < countMiB; index += 1) yield Buffer.alloc(mebibyte, `piece ${index};`)
}

async function sumOf(body: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<Sum> {
  const sum: Sum = { checksum: 0, sizeBytes: 0 }
  for await (const piece of body) {
    sum.checksum = crc32(piece, sum.checksum)
    sum.sizeBytes += piece.length
  }
  return sum
}

let origin: Server
let gateway: Gateway

beforeAll(async () => {
  origin = createServer({ requestTimeout: 0 }, async (request, response) => {
    const [, , what = '', countMiB = '0'] = request.url?.split('/') ?? []
    if (what === 'upload') {
      response.end(JSON.stringify(await sumOf(request)))
    } else if (what === 'events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      await pipeline(Readable.from(events()), response)
    } else {
      if (what === 'measured') response.setHeader('content-length', Number(countMiB) * mebibyte)
      await pipeline(Readable.from(pieces(Number(countMiB))), response)
    }
  }).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const { port } = origin.address() as AddressInfo
  gateway = await startServer({
    bundle: await bundle('test/support/gateway.worker.ts'),
    originPort: port,
    variables: {
      ORIGIN_URL: 'http://origin.usher.test',
      NOWHERE_URL: 'http://nowhere.usher.test',
      CLERK_JWT_KEY: await publicPem(await makeKey()),
      CLERK_JWT_ISSUER: testIssuer,
      AUTHORIZED_PARTIES: 'https://app.usher.test',
      USHER_SIGNING_KEY: await makeSigningKeys(),
      ROUTES: JSON.stringify(routes),
    },
  })
})
afterAll(async () => {
  await gateway.stop()
  origin.closeAllConnections()
  origin.close()
})

async function* events(): AsyncGenerator<string> {
  for (let index = 0; index < eventsCount; index += 1) {
    // Some at once, and some one by one.
    if (index % 7 === 0) await new Promise((resolve) => setImmediate(resolve))
    yield `id: ${index}\ndata: ${'x'.repeat(index % 300)}\n\n`
  }
}

async function download(path: string): Promise<IncomingMessage> {
  const [response] = await once(openRequest({ port: gateway.port, path }).end(), 'response')
  expect(response.statusCode).toBe(200)
  return response
}

async function upload(path: string, countMiB: number, headers = {}): Promise<Sum> {
  const request = openRequest({ port: gateway.port, path, method: 'POST', headers })
  const answered = once(request, 'response')
  await pipeline(Readable.from(pieces(countMiB)), request)
  const [response] = await answered
  expect(response.statusCode).toBe(200)
  return (await json(response)) as Sum
}

/** By how much the memory of workerd grew at most while this was done. */
async function growthMiB(work: () => Promise<Sum>): Promise<{ sum: Sum; growth: number }> {
  const before = gateway.residentMiB()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, gateway.residentMiB())
  }, sampleEveryMs)
  const startedAtMs = performance.now()
  const sum = await work()
  const seconds = (performance.now() - startedAtMs) / 1000
  clearInterval(timer)
  const figures = [before, most].map((one) => `${one.toFixed(1)} MiB`).join(' before, at most ')
  console.log(`${expect.getState().currentTestName}: ${figures}, in ${seconds.toFixed(1)} s`)
  return { sum, growth: most - before }
}

describe.each(['/public', '/counted', '/watched'])('a body of 1 GiB on %s', (route) => {
  const whole = sumOf(pieces(bodyMiB))

  // What reads bodies makes small objects, for which the engine takes its usual share of memory at first.
  beforeAll(async () => void (await upload(`${route}/upload`, bodyMiB)))

  const lengthOf = (countMiB: number) => ({ 'content-length': countMiB * mebibyte })
  const length = lengthOf(bodyMiB)

  it.each([
    [
      'up, with a length',
      (countMiB: number, headers: object) => upload(`${route}/upload`, countMiB, headers),
      length,
    ],
    ['up, in chunks', (countMiB: number) => upload(`${route}/upload`, countMiB), {}],
    [
      'down, with a length',
      async (countMiB: number) => sumOf(await download(`${route}/measured/${countMiB}`)),
      {},
    ],
    [
      'down, in chunks',
      async (countMiB: number) => sumOf(await download(`${route}/download/${countMiB}`)),
      {},
    ],
  ] as const)('goes %s, whole, and memory stays flat', async (_, move, headers) => {
    await move(warmUpMiB, headers === length ? lengthOf(warmUpMiB) : headers)
    const { sum, growth } = await growthMiB(() => move(bodyMiB, headers))
    expect(sum).toEqual(await whole)
    expect(growth).toBeLessThan(growthMaxMiB)
  })
})

it.each(['/public', '/watched'])(
  `a stream of ${eventsCount} events on %s loses none and keeps their order`,
  async (route) => {
    let text = ''
    for await (const part of (await download(`${route}/events`)).setEncoding('utf8')) text += part
    let sent = ''
    for await (const event of events()) sent += event
    expect(text.length).toBe(sent.length)
    expect(text === sent).toBe(true)
  },
)
