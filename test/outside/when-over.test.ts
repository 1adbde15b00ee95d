import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { headerValues, type RawMessage, rawGet, sendRaw } from '../support/raw.ts'
import { type RunningWorker, startWorker } from '../support/workerd.ts'

// When an answer is over, as workerd tells it: whoever counts what is under way goes by that.

const zipped = gzipSync('said '.repeat(100))
const chunk = '5\r\nhello\r\n'

/** What the origin sends, by path. */
const answers: Readonly<Record<string, (socket: Socket) => void>> = {
  '/whole': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'),
  '/chunked': (socket) =>
    socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`),
  '/none': (socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'),
  '/zipped': (socket) => {
    const head = `Content-Encoding: gzip\r\nContent-Length: ${zipped.length}`
    socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`)
    socket.write(zipped)
  },
  '/broken': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello', () => socket.destroy())
  },
  '/endless': (socket) => {
    const timer = setInterval(() => socket.write(chunk), 20)
    socket.on('close', () => clearInterval(timer))
    socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`)
  },
}

let origin: Server
let worker: RunningWorker

beforeAll(async () => {
  origin = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (head) => answers[String(head).split(' ')[1] ?? '']?.(socket))
  }).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  const { port } = origin.address() as AddressInfo
  const variables = { ORIGIN_URL: `http://127.0.0.1:${port}` }
  worker = await startWorker({ entry: 'test/support/when-over.worker.ts', variables })
})
afterAll(async () => {
  await worker.stop()
  origin.close()
})

const get = (path: string): Promise<RawMessage> =>
  sendRaw(worker.port, rawGet(path, ['Accept-Encoding: gzip']))
/** How many answers were over so far. */
const ends = async () => Number((await get('/ends')).body)

describe('an answer is over once, and arrives as it is', () => {
  it.each([
    ['/whole', 'hello', ['5']],
    ['/chunked', 'hello', []],
    ['/none', '', []],
  ])('when it has been read: %s', async (path, body, lengths) => {
    const before = await ends()
    const answer = await get(path)
    expect([answer.body, headerValues(answer, 'content-length')]).toEqual([body, lengths])
    expect(await ends()).toBe(before + 1)
  })

  it('when it has been read and was compressed', async () => {
    const before = await ends()
    const answer = await get('/zipped')
    expect(Buffer.from(answer.body, 'latin1')).toEqual(zipped)
    expect(headerValues(answer, 'content-length')).toEqual([String(zipped.length)])
    expect(headerValues(answer, 'content-encoding')).toEqual(['gzip'])
    expect(await ends()).toBe(before + 1)
  })

  it('when it breaks off, and the client can tell', async () => {
    const before = await ends()
    await expect(get('/broken')).rejects.toThrow('ended early')
    expect(await ends()).toBe(before + 1)
  })

  it('when its client goes away', async () => {
    const before = await ends()
    const client = connect(worker.port, '127.0.0.1').on('error', () => client.destroy())
    client.write(rawGet('/endless'))
    await once(client, 'data')
    expect(await ends()).toBe(before)
    client.destroy()
    await vi.waitUntil(async () => (await ends()) > before, { timeout: 5000 })
    await get('/whole')
    expect(await ends()).toBe(before + 2)
  })
})
