import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, type RunningGateway, startGateway } from '../support/gateway.ts'

// A WebSocket by hand on both sides (RFC 6455), so that every header line and every frame is seen.

let gateway: RunningGateway
let origin: Server
let ada: string
/** The upgrades that reached the origin. */
const upgrades: IncomingMessage[] = []
const plainRequests: IncomingMessage[] = []
const sockets: Socket[] = []

beforeAll(async () => {
  origin = createServer((request, response) => {
    plainRequests.push(request)
    response.end('plain')
  })
  origin.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    upgrades.push(request)
    sockets.push(socket)
    echoFrames(request, socket)
  })
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  gateway = await startGateway(`http://127.0.0.1:${(origin.address() as AddressInfo).port}`)
  ada = await gateway.token()
})
afterAll(async () => {
  await gateway.stop()
  for (const socket of sockets) socket.destroy()
  origin.closeAllConnections()
  origin.close()
})
beforeEach(() => {
  upgrades.length = 0
  plainRequests.length = 0
})

/** Accepts, and sends each short text frame back with its text turned around. */
function echoFrames(request: IncomingMessage, socket: Socket): void {
  const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${magic}`)
  const lines = ['Upgrade: websocket', 'Connection: Upgrade', 'X-Usher-User-Id: from-the-origin']
  socket.write(
    ['HTTP/1.1 101 Switching Protocols', ...lines]
      .concat(`Sec-WebSocket-Accept: ${accept.digest('base64')}`, 'Set-Cookie: a=1', '', '')
      .join('\r\n'),
  )
  socket.on('data', (frame: Buffer) => {
    if (frame[0] !== 0x81) return
    const text = readFrame(frame)
    socket.write(textFrame([...text].reverse().join('')))
  })
}

/** A text frame of at most 125 bytes; a client's is masked. */
function textFrame(text: string, mask?: Buffer): Buffer {
  const payload = Buffer.from(text)
  const head = Buffer.from([0x81, payload.length | (mask === undefined ? 0 : 0x80)])
  if (mask === undefined) return Buffer.concat([head, payload])
  return Buffer.concat([head, mask, unmask(payload, mask)])
}

function readFrame(frame: Buffer): string {
  const [, second = 0] = frame
  const length = second & 0x7f
  if ((second & 0x80) === 0) return frame.toString('utf8', 2, 2 + length)
  const mask = frame.subarray(2, 6)
  return unmask(frame.subarray(6, 6 + length), mask).toString()
}

/** Masks a payload, or takes the mask off again (RFC 6455 section 5.3). */
function unmask(payload: Buffer, mask: Buffer): Buffer {
  return Buffer.from(Array.from(payload, (byte, index) => byte ^ (mask[index % 4] ?? 0)))
}

/** Asks for an upgrade; gives the head of the answer and the socket, which the test ends. */
async function upgrade(target: string, headerLines: readonly string[]) {
  const socket = connect(gateway.port, '127.0.0.1')
  sockets.push(socket)
  const lines = [
    `GET ${target} HTTP/1.1`,
    'Host: usher.test',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]
  socket.write([...lines, ...headerLines, '', ''].join('\r\n'))
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  const head = bytes.toString('latin1')
  return { socket, head, status: Number(head.split(' ')[1]) }
}

describe('an upgrade on a route that allows it', () => {
  it('passes, with the identity on it and echoes both ways', async () => {
    const forged = ['X_Usher_User_Id: forged', 'X-Usher-Org-Id: forged', 'Cookie: a=1; __session=x']
    const { socket, head, status } = await upgrade('/ws/room?x=1', [bearer(ada), ...forged])
    expect(status).toBe(101)
    expect(head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n')
    for (const text of ['hello', 'again']) {
      socket.write(textFrame(text, Buffer.from([1, 2, 3, 4])))
      const [frame] = (await once(socket, 'data')) as [Buffer]
      expect(readFrame(frame)).toBe([...text].reverse().join(''))
    }
    expect(upgrades).toHaveLength(1)
    expect(upgrades[0]?.url).toBe('/ws/room?x=1')
    expect(upgrades[0]?.headersDistinct).toMatchObject({
      'x-usher-authenticated': ['1'],
      'x-usher-user-id': ['user_ada'],
      'x-usher-org-id': [''],
      'x-usher-assertion': [expect.stringMatching(/^[\w-]+(\.[\w-]+){2}$/)],
      cookie: ['a=1'],
    })
    expect(upgrades[0]?.rawHeaders.join()).not.toContain('forged')
    expect(upgrades[0]?.rawHeaders).not.toContain('authorization')
  })

  it('hands back the headers of the answer, without those that only Usher may set', async () => {
    const { head } = await upgrade('/ws/x', [bearer(ada)])
    expect(head).toContain('Set-Cookie: a=1\r\n')
    expect(head).not.toContain('from-the-origin')
  })

  it.each([
    ['nobody', () => [], 401],
    ['a broken token', () => [bearer('x.y.z')], 401],
    ['a cookie without an Origin', () => [cookie()], 403],
    ['a cookie from another Origin', () => [cookie(), 'Origin: http://evil.test'], 403],
    ['a cookie from the other scheme', () => [cookie(), 'Origin: https://usher.test'], 403],
    ['a cookie of an opaque Origin', () => [cookie(), 'Origin: null'], 403],
    ['a cookie from its own Origin', () => [cookie(), 'Origin: http://usher.test'], 101],
  ])('by %s is decided before the origin is asked', async (_, lines, expected) => {
    const { status } = await upgrade('/ws/x', lines())
    expect(status).toBe(expected)
    expect(upgrades).toHaveLength(expected === 101 ? 1 : 0)
    expect(plainRequests).toEqual([])
  })

  const cookie = () => `Cookie: __session=${ada}`
})

describe('an upgrade on any other route', () => {
  it.each(['/public/x', '/api/x', '/optional/x', '/admin/x'])('%s is refused', async (target) => {
    const { status, head } = await upgrade(target, [bearer(ada)])
    expect(status).toBe(400)
    expect(head).toContain('upgrade-not-allowed')
    expect([...upgrades, ...plainRequests]).toEqual([])
  })

  it('to another protocol is dropped: the origin gets a plain request', async () => {
    const response = await gateway.get('/public/x', ['Upgrade: h2c', 'HTTP2-Settings: AAAA'])
    expect(response.body).toBe('plain')
    expect(plainRequests[0]?.headers.upgrade).toBeUndefined()
  })
})
