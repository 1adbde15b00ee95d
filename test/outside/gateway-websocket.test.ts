import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, type RunningGateway, rawRequest, startGateway } from '../support/gateway.ts'
import { headerValues, sendRaw, status as statusOf } from '../support/raw.ts'
import {
  converse,
  opcodes,
  type SocketOrigin,
  startSocketOrigin,
  upgrade,
} from '../support/websocket.ts'

// How a WebSocket is opened through the gateway, line by line on both sides.

const page = 'https://app.usher.test'
const pageRoutes = [{ path: '/pages/**', origin: 'api', websocket: { origins: [page] } }]

let gateway: RunningGateway
let origin: SocketOrigin
let ada: string

beforeAll(async () => {
  // Accepts, with the subprotocol that the query asks for.
  origin = await startSocketOrigin(({ url = '' }) => {
    const chosen = /[?]choose=(.+)/.exec(url)?.[1]
    const lines = ['Set-Cookie: a=1', 'X-Usher-User-Id: from-the-origin']
    return chosen === undefined ? lines : [...lines, `Sec-WebSocket-Protocol: ${chosen}`]
  })
  gateway = await startGateway(origin.url, { ROUTES: JSON.stringify(pageRoutes) })
  ada = await gateway.token()
})
afterAll(async () => {
  await gateway.stop()
  origin.stop()
})
beforeEach(() => origin.clear())

const open = (target: string, headerLines: readonly string[]) =>
  upgrade(gateway.port, target, headerLines)

describe('an upgrade on a route that allows it', () => {
  it('passes, with the identity on it and messages both ways', async () => {
    const forged = ['X_Usher_User_Id: forged', 'X-Usher-Org-Id: forged', 'Cookie: a=1; __session=x']
    const client = await open('/ws/room?x=1', [bearer(ada), ...forged])
    const far = await origin.accepted()
    expect(client.status).toBe(101)
    expect(client.head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n')
    for (const text of ['hello', 'again']) {
      client.send(opcodes.text, text)
      expect(await far.next()).toBe(`text ${text}`)
      far.send(opcodes.text, `${text} yourself`)
      expect(await client.next()).toBe(`text ${text} yourself`)
    }
    expect(origin.upgrades).toHaveLength(1)
    const [request] = origin.upgrades
    expect(request?.url).toBe('/ws/room?x=1')
    expect(request?.headersDistinct).toMatchObject({
      'x-usher-authenticated': ['1'],
      'x-usher-user-id': ['user_ada'],
      'x-usher-org-id': [''],
      'x-usher-assertion': [expect.stringMatching(/^[\w-]+(\.[\w-]+){2}$/)],
      cookie: ['a=1'],
    })
    expect(request?.rawHeaders.join()).not.toContain('forged')
    expect(request?.rawHeaders).not.toContain('authorization')
  })

  it('hands back the headers of the answer, without those that only Usher may set', async () => {
    const { head } = await open('/ws/x', [bearer(ada)])
    expect(head).toContain('Set-Cookie: a=1\r\n')
    expect(head).not.toContain('from-the-origin')
  })

  const own = 'http://usher.test'
  const cookies: [path: string, page: string | undefined, status: number][] = [
    ['/ws/x', own, 101],
    ['/ws/x', undefined, 403],
    ['/ws/x', page, 403],
    ['/pages/x', own, 101],
    ['/pages/x', page, 101],
    ['/pages/x', undefined, 403],
    ['/pages/x', 'null', 403],
    ['/pages/x', '', 403],
    ['/pages/x', 'https://usher.test', 403],
    ['/pages/x', 'http://usher.test.evil.test', 403],
    ['/pages/x', 'http://evil.test', 403],
    ['/pages/x', 'https://evil-app.usher.test', 403],
    ['/pages/x', 'https://evil.app.usher.test', 403],
    ['/pages/x', 'https://app.usher.test.evil.test', 403],
    ['/pages/x', 'https://app.usher.test:8443', 403],
    ['/pages/x', 'https://app.usher.test/', 403],
    ['/pages/x', 'https://APP.usher.test', 403],
    ['/pages/x', 'http://app.usher.test', 403],
    ['/pages/x', `${page}, ${own}`, 403],
    ['/pages/x', `${page}\r\nOrigin: http://evil.test`, 403],
  ]
  it.each(cookies)('at %s with a cookie from a page of %j is %i', async (path, from, expected) => {
    const lines = from === undefined ? [] : [`Origin: ${from}`]
    // What a browser says beside Origin does not stand in for it.
    const site = 'Sec-Fetch-Site: same-origin'
    const { status } = await open(path, [`Cookie: __session=${ada}`, site, ...lines])
    expect(status).toBe(expected)
    expect(origin.upgrades).toHaveLength(expected === 101 ? 1 : 0)
    expect(origin.plain).toEqual([])
  })

  it.each([
    ['nobody', () => []],
    ['a broken token', () => [bearer('x.y.z')]],
  ])('by %s is 401 before the origin is asked', async (_, lines) => {
    expect((await open('/ws/x', lines())).status).toBe(401)
    expect([...origin.upgrades, ...origin.plain]).toEqual([])
  })
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
      const { head, status } = await open(target, offer(...protocols()))
      expect(status).toBe(101)
      expect(answered(head)).toEqual(expected)
      expect(origin.upgrades).toHaveLength(1)
      const [request] = origin.upgrades
      expect(request?.headers['x-usher-user-id']).toBe('user_ada')
      expect(request?.headers['sec-websocket-protocol']).toBe(arrived)
      expect(request?.rawHeaders.join()).not.toContain(ada)
      expect(head).not.toContain(ada)
    },
  )

  it('in two lines is one offer', async () => {
    const lines = [...offer('usher'), ...offer(`bearer.${ada}`)]
    const { head, status } = await open('/socket/x', lines)
    expect([status, answered(head)]).toEqual([101, ['usher']])
  })

  it('leaves the answer alone where Usher was not meant', async () => {
    const { head } = await open('/socket/x?choose=chat', [bearer(ada), ...offer('chat')])
    expect(answered(head)).toEqual(['chat'])
    const silent = await open('/socket/x', [bearer(ada), ...offer('chat')])
    expect(answered(silent.head)).toEqual([])
  })

  it('is how a script opens a WebSocket, which may compress what it says', async () => {
    const protocols = ['usher', `bearer.${ada}`]
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/socket/script`, protocols)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error('The connection failed')))
    })
    expect(socket.protocol).toBe('usher')
    expect(socket.extensions).toContain('permessage-deflate')
    const far = await origin.accepted()
    socket.send('hello '.repeat(20))
    expect(await far.next()).toBe(`text ${'hello '.repeat(20)}`.trimEnd())
    const reply = new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => resolve(data))
    })
    far.send(opcodes.text, 'hello yourself')
    expect(await reply).toBe('hello yourself')
    socket.close()
  })

  const refused: [string, () => readonly string[]][] = [
    ['without "usher"', () => ['chat', `bearer.${ada}`]],
    ['twice', () => ['usher', `bearer.${ada}`, `bearer.${ada}`]],
    ['that is broken', () => ['usher', 'bearer.x.y.z']],
    ['that is nobody’s', () => ['usher', 'chat']],
  ]
  it.each(refused)('%s is 401 before the origin is asked', async (_, protocols) => {
    const { status, head } = await open('/socket/x', offer(...protocols()))
    expect(status).toBe(401)
    expect(answered(head)).toEqual([])
    expect([...origin.upgrades, ...origin.plain]).toEqual([])
  })

  it('does not count on a route that does not name it', async () => {
    expect((await open('/ws/x', offer('usher', `bearer.${ada}`))).status).toBe(401)
  })
})

describe('an upgrade on any other route', () => {
  it.each(['/public/x', '/api/x', '/optional/x', '/admin/x'])('%s is refused', async (target) => {
    const response = await sendRaw(
      gateway.port,
      rawRequest('GET', target, { headerLines: [bearer(ada), 'Upgrade: websocket'] }),
    )
    expect(statusOf(response)).toBe(400)
    expect(response.body).toContain('upgrade-not-allowed')
    expect([...origin.upgrades, ...origin.plain]).toEqual([])
  })
})

describe('an upgrade to anything else', () => {
  const dropped: [string, readonly string[]][] = [
    ['h2c', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAAA']],
    ['TLS', ['Connection: Upgrade', 'Upgrade: TLS/1.2, HTTP/1.1']],
    ['a list', ['Connection: Upgrade', 'Upgrade: websocket, h2c']],
    ['a list that ends with it', ['Connection: Upgrade', 'Upgrade: h2c, websocket']],
    ['two lines', ['Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: h2c']],
    ['the same in two lines', ['Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: websocket']],
    ['a version', ['Connection: Upgrade', 'Upgrade: websocket/13']],
    ['a word like it', ['Connection: Upgrade', 'Upgrade: websockets']],
    ['nothing', ['Connection: Upgrade', 'Upgrade:']],
  ]
  it.each(dropped)('(%s) is dropped: the origin gets a plain request', async (_, lines) => {
    for (const target of ['/ws/x', '/api/x', '/public/x']) {
      const bytes = rawRequest('GET', target, { headerLines: [bearer(ada), ...lines] })
      const response = await sendRaw(gateway.port, bytes)
      expect([statusOf(response), response.body]).toEqual([200, 'plain'])
      expect(headerValues(response, 'upgrade')).toEqual([])
    }
    expect(origin.upgrades).toEqual([])
    expect(origin.plain).toHaveLength(3)
    for (const { headers } of origin.plain) {
      expect(headers.upgrade).toBeUndefined()
      expect(headers['http2-settings']).toBeUndefined()
      expect(headers.connection ?? '').not.toMatch(/upgrade/i)
    }
  })

  it.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND'])(
    'by %s is refused: the platform would send the origin a GET',
    async (method) => {
      const head = [`${method} /ws/x HTTP/1.1`, 'Host: usher.test', 'Connection: Upgrade']
      const lines = [...head, 'Upgrade: websocket', bearer(ada)]
      expect((await converse(gateway.port, lines)).status).toBe(400)
      expect([...origin.upgrades, ...origin.plain]).toEqual([])
    },
  )

  it.each([
    ['in another case', ['Connection: Upgrade', 'Upgrade: WebSocket']],
    ['between blanks', ['Connection: Upgrade', 'Upgrade:   websocket  ']],
    ['beside keep-alive', ['Connection: keep-alive, Upgrade', 'Upgrade: websocket']],
    // The platform does not look at Connection, so neither may the gateway.
    ['without Connection', ['Upgrade: websocket']],
  ])('%s is a WebSocket all the same', async (_, lines) => {
    const head = ['GET /ws/x HTTP/1.1', 'Host: usher.test']
    expect((await converse(gateway.port, [...head, ...lines])).status).toBe(401)
    expect((await converse(gateway.port, [...head, ...lines, bearer(ada)])).status).toBe(101)
    expect([origin.upgrades.length, origin.plain.length]).toEqual([1, 0])
  })
})
