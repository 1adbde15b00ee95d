import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openScene, rawRequest, type Scene } from '../support/gateway.ts'
import {
  headerValues,
  type RawOrigin,
  rawGet,
  sendRaw,
  startRawOrigin,
  status,
} from '../support/raw.ts'

// What reaches origins of every kind, byte by byte, and what a member that is not there costs.

const secret = { header: 'X-Gateway-Secret', value: 'open sesame' }
const hopLine = 'X-Usher-Assertion: '

let scene: Scene
let other: RawOrigin
let circle: Server
let circlePort = 0

beforeAll(async () => {
  other = await startRawOrigin()
  circle = createServer((socket) => {
    const back = connect(scene.gateway.port, '127.0.0.1')
    socket.on('error', () => back.destroy()).pipe(back)
    back.on('error', () => socket.destroy()).pipe(socket)
  })
  await once(circle.listen(0, '127.0.0.1'), 'listening')
  circlePort = (circle.address() as AddressInfo).port
  const unused = 'http://127.0.0.1:9'
  const public_ = { access: 'public' } as const
  const members = [
    { name: 'gone', url: unused },
    { name: 'here', url: other.url, weight: 0 },
  ]
  scene = await openScene({
    ORIGINS: JSON.stringify({
      known: { url: other.url, secret },
      knownSet: { members: [{ url: other.url }], secret },
      basic: { url: other.url, secret: { header: 'Authorization', value: 'Basic eDp5' } },
      sticky: { members: [{ url: other.url }], sticky: 'cookie' },
      failing: { members, health: { failures: 100 }, retry: { budgetPercent: 100 } },
      sturdy: {
        members: [
          { name: 'first', url: other.url },
          { name: 'spare', url: other.url.replace('127.0.0.1', 'localhost'), weight: 0 },
        ],
        health: { failures: 1 },
      },
      circle: { url: `http://127.0.0.1:${circlePort}` },
    }),
    ROUTES: JSON.stringify([
      { path: '/known/**', origin: 'known', ...public_ },
      { path: '/known/members/**', origin: 'known' },
      { path: '/known/set/**', origin: 'knownSet', ...public_ },
      { path: '/basic/**', origin: 'basic' },
      { path: '/sticky/**', origin: 'sticky', ...public_ },
      { path: '/sticky/passing/**', origin: 'sticky', passCredential: true },
      { path: '/known/passing/**', origin: 'known', passCredential: true },
      { path: '/failing/**', origin: 'failing', ...public_ },
      { path: '/sturdy/**', origin: 'sturdy', ...public_ },
      { path: '/circle/**', origin: 'circle', ...public_ },
    ]),
  })
})
afterAll(async () => {
  await scene.close()
  await other.stop()
  await once(circle.close(), 'close')
})
beforeEach(() => {
  scene.clear()
  other.requests.length = 0
})

/** The one request that reached the other origin. */
function arrived() {
  const [request, ...more] = other.requests
  if (request === undefined || more.length > 0) throw new Error(`${other.requests.length} arrived`)
  return request
}

describe('the secret of an origin', () => {
  const forged = [
    'X-Gateway-Secret: forged',
    'x-gateway-secret: forged',
    'X_Gateway_Secret: forged',
    'X.Gateway.Secret: forged',
    'X-GATEWAY--SECRET: forged',
    '-X-Gateway-Secret-: forged',
    'X|Gateway~Secret: forged',
  ]

  it.each(['/known/x', '/known/members/x', '/known/set/x'])(
    'reaches %s once, and nothing else does under its name in any spelling',
    async (target) => {
      const token = bearer(await scene.gateway.token())
      await scene.gateway.get(target, [token, ...forged, 'X-Gateway-Secretary: kept'])
      const lines = arrived().headerLines.filter((line) => /gateway/i.test(line))
      expect(lines.sort()).toEqual(['X-Gateway-Secret: open sesame', 'X-Gateway-Secretary: kept'])
    },
  )

  it('survives a Connection header that nominates it', async () => {
    await scene.gateway.get('/known/x', ['Connection: close, X-Gateway-Secret', ...forged])
    expect(headerValues(arrived(), 'x-gateway-secret')).toEqual([secret.value])
  })

  it('may be Basic credentials, which take the place of the caller’s', async () => {
    await scene.gateway.get('/basic/x', [bearer(await scene.gateway.token())])
    expect(headerValues(arrived(), 'authorization')).toEqual(['Basic eDp5'])
  })

  it('reaches no other origin, and is in no answer and no record', async () => {
    await scene.gateway.notes()
    const answers = [
      await scene.gateway.get('/known/x'),
      await scene.gateway.get('/known/members/x'),
      await scene.gateway.get('/public/x'),
    ]
    const notes = JSON.stringify(await scene.gateway.notes())
    expect(notes).toContain('/known/')
    for (const text of [JSON.stringify(answers), notes, JSON.stringify(scene.origin.requests)]) {
      expect(text).not.toMatch(/open sesame/)
    }
  })
})

describe('the cookie that leads to a member', () => {
  const shape = /^(__Host-usher-[0-9a-f]{8}=[0-9a-f]{8}); Path=\/; Secure; HttpOnly; SameSite=Lax$/

  async function given(): Promise<string> {
    const [line = ''] = headerValues(await scene.gateway.get('/sticky/x'), 'set-cookie')
    other.requests.length = 0
    const pair = shape.exec(line)?.[1]
    if (pair === undefined) throw new Error(line)
    return pair
  }

  it('is set once, and names no address', async () => {
    const pair = await given()
    expect(pair).not.toContain(String(other.port))
    const again = await scene.gateway.get('/sticky/x', [`Cookie: ${pair}`])
    expect(headerValues(again, 'set-cookie')).toEqual([])
  })

  it('stands beside the cookies of the origin, each on its line', async () => {
    const answering = await startRawOrigin(
      () =>
        'HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\n' +
        'Set-Cookie: b=2\r\nSet-Cookie: __Host-usher-00000000=forged; Path=/; Secure\r\n' +
        'Content-Length: 2\r\n\r\nok',
    )
    const own = await openScene({
      ORIGINS: JSON.stringify({ sticky: { members: [{ url: answering.url }], sticky: 'cookie' } }),
      ROUTES: JSON.stringify([{ path: '/sticky/**', origin: 'sticky', access: 'public' }]),
    })
    const cookies = headerValues(await own.gateway.get('/sticky/x'), 'set-cookie')
    await Promise.all([own.close(), answering.stop()])
    expect(cookies.slice(0, 2)).toEqual(['a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'b=2'])
    expect(cookies).toHaveLength(3)
    expect(cookies[2]).toMatch(shape)
  })

  it.each(['/sticky/x', '/sticky/passing/x', '/known/x', '/known/passing/x'])(
    'never reaches %s',
    async (target) => {
      const pair = await given()
      const token = bearer(await scene.gateway.token())
      await scene.gateway.get(target, [token, `Cookie: a=1; ${pair}; b=2`, `Cookie: ${pair}`])
      const [cookie = ''] = headerValues(arrived(), 'cookie')
      expect(cookie).toMatch(/^a=1; b=2/)
      expect(cookie).not.toContain('usher')
    },
  )
})

describe('a request that comes from a gateway like this one', () => {
  it('is counted from the second on: the first says nothing of it', async () => {
    await scene.gateway.get('/known/x', ['X-Usher-Hops: 4'])
    expect(headerValues(arrived(), 'x-usher-hops')).toEqual([])
  })

  it.each([
    [[hopLine], ['2']],
    [[hopLine, 'X-Usher-Hops: 2'], ['3']],
    [[hopLine, 'X-Usher-Hops: 4', 'X_Usher_Hops: 1'], ['5']],
  ])('with %j leaves with %j', async (lines, hops) => {
    await scene.gateway.get('/known/x', lines)
    expect(headerValues(arrived(), 'x-usher-hops')).toEqual(hops)
  })

  it.each(['5', '6', '99999999999999999999', '0', '-1', '1.5', 'x', '1, 1', ''])(
    'and says %j has been in circles: 508',
    async (hops) => {
      const response = await scene.gateway.get('/known/x', [hopLine, `X-Usher-Hops: ${hops}`])
      expect(status(response)).toBe(508)
      expect(response.body).toContain('loop-detected')
      expect(other.requests).toEqual([])
    },
  )

  it('passes five times when it really goes round, and then no more', async () => {
    await scene.gateway.notes()
    expect(status(await scene.gateway.get('/circle/x'))).toBe(508)
    const { records } = await scene.gateway.notes()
    expect(records.map(({ reason }) => reason)).toEqual([
      'loop-detected',
      ...Array.from({ length: 5 }, () => undefined),
    ])
  })
})

describe('a set of which one member is not there', () => {
  it('answers every GET by the other', async () => {
    for (let count = 0; count < 10; count += 1) {
      expect(status(await scene.gateway.get('/failing/x'))).toBe(200)
    }
    expect(other.requests).toHaveLength(10)
  })

  it('never sends a body twice, and says 502', async () => {
    const bytes = rawRequest('POST', '/failing/x', { body: 'x' })
    expect(status(await sendRaw(scene.gateway.port, bytes))).toBe(502)
    expect(other.requests).toEqual([])
  })

  it.each(['GET', 'OPTIONS', 'PUT', 'DELETE'])(
    'sends a %s again that says that its body is empty',
    async (method) => {
      const bytes = rawRequest(method, '/failing/x', { body: '' })
      expect(status(await sendRaw(scene.gateway.port, bytes))).toBe(200)
      expect(arrived().startLine).toBe(`${method} /failing/x HTTP/1.1`)
      expect(arrived().body).toBe('')
    },
  )

  it('hands over the request as it is, headers and target, when it is sent again', async () => {
    await sendRaw(scene.gateway.port, rawGet('/failing/%61?b=%2F', ['X-Mine: 1']))
    expect(arrived().startLine).toBe('GET /failing/a?b=%2F HTTP/1.1')
    expect(headerValues(arrived(), 'x-mine')).toEqual(['1'])
    expect(headerValues(arrived(), 'host')).toEqual([`127.0.0.1:${other.port}`])
  })
})

describe('a body that breaks', () => {
  it.each([
    ['before its first chunk', 'zz\r\n'],
    ['after it', '1\r\na\r\nzz\r\n'],
  ])('%s is 502 and says nothing of the member that was asked', async (_, chunks) => {
    await scene.gateway.notes()
    const bytes = rawRequest('POST', '/sturdy/x', { headerLines: ['Transfer-Encoding: chunked'] })
    expect(status(await sendRaw(scene.gateway.port, bytes + chunks))).toBe(502)
    expect(status(await scene.gateway.get('/sturdy/x'))).toBe(200)
    const { records } = await scene.gateway.notes()
    expect(records.slice(0, 2)).toMatchObject([
      { outcome: 'refused', member: 'first', retries: 0 },
      { outcome: 'passed', member: 'first', retries: 0 },
    ])
  })
})
