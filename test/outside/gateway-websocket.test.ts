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

/** Accepts, with the subprotocol that the query asks for, and sends each short text frame back turned around. */
function echoFrames(request: IncomingMessage, socket: Socket): void {
  const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${magic}`)
  const lines = ['Upgrade: websocket', 'Connection: Upgrade', 'X-Usher-User-Id: from-the-origin']
  const chosen = /[?]choose=(.+)/.exec(request.url ?? '')?.[1]
  if (chosen !== undefined) lines.push(`Sec-WebSocket-Protocol: ${chosen}`)
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

describe('a token that is offered as a subprotocol', () => {
  const offer = (...protocols: readonly string[]) => [
    `Sec-WebSocket-Protocol: ${protocols.join(', ')}`,
  ]
  const answered = (head: string) =>
    [...head.matchAll(/^sec-websocket-protocol: (.*)\r$/gim)].map(([, value]) => value)

  const answers: [string, string, () => readonly string[], string[], string | undefined][] = [
    ['nothing', '/socket/x', () => ['usher', `bearer.${ada}`], ['usher'], undefined],
    ['nothing', '/socket/x', () => ['chat', `bearer.${ada}`, 'usher'], ['usher'], 'chat'],
    [
      'one of them',
      '/socket/x?choose=chat',
      () => ['usher', 'chat', `bearer.${ada}`],
      ['chat'],
      'chat',
    ],
    [
      'none of them',
      '/socket/x?choose=soap',
      () => ['usher', 'chat', `bearer.${ada}`],
      ['usher'],
      'chat',
    ],
    [
      'what it was not shown',
      '/socket/x?choose=usher',
      () => ['usher', `bearer.${ada}`],
      ['usher'],
      undefined,
    ],
  ]
  it.each(answers)(
    'never reaches the origin; where it chose %s (%s) the browser goes on',
    async (...row) => {
      const [, target, protocols, expected, arrived] = row
      const { head, status } = await upgrade(target, offer(...protocols()))
      expect(status).toBe(101)
      expect(answered(head)).toEqual(expected)
      expect(upgrades).toHaveLength(1)
      const [request] = upgrades
      expect(request?.headers['x-usher-user-id']).toBe('user_ada')
      expect(request?.headers['sec-websocket-protocol']).toBe(arrived)
      expect(request?.rawHeaders.join()).not.toContain(ada)
      expect(head).not.toContain(ada)
    },
  )

  it('in two lines is one offer', async () => {
    const lines = [...offer('usher'), ...offer(`bearer.${ada}`)]
    const { head, status } = await upgrade('/socket/x', lines)
    expect([status, answered(head)]).toEqual([101, ['usher']])
  })

  it('leaves the answer alone where Usher was not meant', async () => {
    const { head } = await upgrade('/socket/x?choose=chat', [bearer(ada), ...offer('chat')])
    expect(answered(head)).toEqual(['chat'])
    const silent = await upgrade('/socket/x', [bearer(ada), ...offer('chat')])
    expect(answered(silent.head)).toEqual([])
  })

  it('is how a script opens a WebSocket', async () => {
    const protocols = ['usher', `bearer.${ada}`]
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/socket/x`, protocols)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error('The connection failed')))
    })
    expect(socket.protocol).toBe('usher')
    const reply = new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => resolve(data))
    })
    socket.send('hello')
    expect(await reply).toBe('olleh')
    socket.close()
  })

  const refused: [string, () => readonly string[]][] = [
    ['without "usher"', () => ['chat', `bearer.${ada}`]],
    ['twice', () => ['usher', `bearer.${ada}`, `bearer.${ada}`]],
    ['that is broken', () => ['usher', 'bearer.x.y.z']],
    ['that is nobody’s', () => ['usher', 'chat']],
  ]
  it.each(refused)('%s is 401 before the origin is asked', async (_, protocols) => {
    const { status, head } = await upgrade('/socket/x', offer(...protocols()))
    expect(status).toBe(401)
    expect(answered(head)).toEqual([])
    expect([...upgrades, ...plainRequests]).toEqual([])
  })

  it('does not count on a route that does not name it', async () => {
    expect((await upgrade('/ws/x', offer('usher', `bearer.${ada}`))).status).toBe(401)
  })
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
