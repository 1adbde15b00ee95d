import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type RawMessage,
  type RawOrigin,
  rawGet,
  sendRaw,
  startRawOrigin,
  status,
} from '../support/raw.ts'
import { type Credentials, startGateway } from '../support/wire.ts'
import type { RunningWorker } from '../support/workerd.ts'

// Targets as an attacker writes them, byte for byte, at workerd itself. Whatever the gateway makes of
// one, the origin must never be asked for a path that the policy did not see.

let gateway: RunningWorker
/** The same with everything else open to everyone, every escape included. */
let open: RunningWorker
let origin: RawOrigin
let tokens: Credentials

beforeAll(async () => {
  origin = await startRawOrigin(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  const started = await startGateway(origin.url)
  gateway = started.worker
  tokens = started.tokens
  open = (await startGateway(origin.url, { OPEN: '1' })).worker
})
afterAll(async () => {
  await Promise.all([gateway.stop(), open.stop()])
  await origin.stop()
})
beforeEach(() => {
  origin.requests.length = 0
})

function send(
  target: string,
  token?: string,
  headerLines: readonly string[] = [],
): Promise<RawMessage> {
  const lines = token === undefined ? [] : [`Authorization: Bearer ${token}`]
  return sendRaw(gateway.port, rawGet(target, [...lines, ...headerLines]))
}

/** The path that the origin was asked for, if it was. */
const asked = () => origin.requests[0]?.startLine.split(' ')[1]

describe('a target that leads to /admin under some reading', () => {
  const meetsThePolicy = [
    '/admin/x',
    '//admin/x',
    '/%61dmin/x',
    '/%61%64%6d%69%6e/x',
    '///admin///x',
    '/./admin/x',
    '/public/../admin/x',
    '/admin/./x',
    '/api/../admin/x',
    '/admin/%78',
  ]
  it.each(meetsThePolicy)('%s meets its policy', async (target) => {
    expect(status(await send(target))).toBe(401)
    expect(status(await send(target, tokens.grace))).toBe(403)
    expect(asked()).toBeUndefined()
    expect(status(await send(target, tokens.ada))).toBe(200)
    expect(asked()).toBe('/admin/x')
  })

  const refused = [
    '/public/..%2fadmin/x',
    '/public/..%2Fadmin/x',
    '/public/%2e%2e/admin/x',
    '/public/.%2e/admin/x',
    '/public/%2E%2E/admin/x',
    '/public/%2e%2e%2fadmin/x',
    '/public\\..\\admin/x',
    '/public/..\\admin/x',
    '/public/..%5cadmin/x',
    '/public/..%5Cadmin',
    '/public/..;/admin/x',
    '/public/..;x=1/admin/x',
    '/public/%252e%252e/admin/x',
    '/admin%2fx',
    '/admin;x/y',
    '/public/..%00/admin',
    '/public/%c0%ae%c0%ae/admin',
    '/public/..%c0%afadmin',
    '/%5cadmin/x',
    '/public/x%23/../../admin',
    '/public/%zz',
    '/public/..%ff/admin',
    '/encoded/..%2fadmin/x',
    '/encoded/%2e%2e%2fadmin',
    '/encoded/..;/admin',
    '/encoded/%252e%252e/admin',
    '/encoded/%252e%252e%252fadmin',
    '/encoded/a%2f..%2f..%2fadmin',
  ]
  it.each(refused)('%s is refused before any policy', async (target) => {
    // 404 where some route lets the escape through, but none is there for this path.
    for (const token of [undefined, tokens.ada]) {
      expect([400, 404]).toContain(status(await send(target, token)))
    }
    expect(asked()).toBeUndefined()
  })

  it.each(['/ADMIN/x', '/admin2/x', '/Admin'])(
    '%s is another path, which no route knows',
    async (target) => {
      expect(status(await send(target, tokens.ada))).toBe(404)
      expect(asked()).toBeUndefined()
    },
  )

  it('a fragment is cut off by the platform before anything is decided', async () => {
    expect(status(await send('/admin/x#/public'))).toBe(401)
    expect(status(await send('/public/x#/../admin'))).toBe(200)
    expect(asked()).toBe('/public/x')
  })
})

describe('an escape that a route lets through', () => {
  it.each([
    '/admin%2fx',
    '/admin;a/x',
    '/x%2f..%2fadmin',
    '/%2fadmin/x',
    '/admin%252fx',
    '/admin%3f',
    '/admin%23/x',
    '/x%3b/../admin%2fx',
    '/;/admin/x',
  ])('never leads a lenient origin past the policy of another: %s', async (target) => {
    expect([400, 401]).toContain(status(await sendRaw(open.port, rawGet(target))))
    expect(asked()).toBeUndefined()
  })
})

describe('what reaches the origin is what was matched', () => {
  it.each([
    ['/public//a/./b/../%63', '/public/a/c'],
    ['/public/a%c3%a9', '/public/a%C3%A9'],
    ['/public/{a}|b"c', '/public/%7Ba%7D%7Cb%22c'],
    ['/public/a?x=%2e%2e/&y=/admin', '/public/a?x=%2e%2e/&y=/admin'],
    ['/encoded/@a%2fb;v=1/100%25', '/encoded/@a%2Fb;v=1/100%25'],
  ])('%s goes out as %s', async (target, path) => {
    expect(status(await send(target))).toBe(200)
    expect(asked()).toBe(path)
  })
})

describe("Usher's own prefix and Clerk's reach no origin under any spelling", () => {
  it.each([
    '/_usher/x',
    '/_usher',
    '/_USHER/livez',
    '/%5fusher/x',
    '/%5Fus%68er/x',
    '//_usher//x',
    '/public/../_usher/x',
    '/__clerk/v1/client',
    '/__CLERK/v1',
    '/%5f%5fclerk',
    '/_usher%2flivez',
    '/_usher;x/y',
    '/_usher%3bx',
    '/_usher%23',
    '/_usher%3fx',
    '/%255fusher/x',
    '/%25255fusher/x',
    '/_USHER%2flivez',
    '/__clerk;a/x',
    '/%255f%255fclerk%252fx',
    '/%2f_usher/livez',
    '/%2F%2F__clerk',
    '/;/_usher',
    '/;x/__clerk',
  ])('%s', async (target) => {
    for (const { port } of [gateway, open]) {
      expect([400, 404]).toContain(status(await sendRaw(port, rawGet(target))))
    }
    expect(asked()).toBeUndefined()
  })

  it.each(['/usher/x', '/a/_usher/x', '/_ushers', '/a%2f_usher'])(
    '%s is not one of them',
    async (target) => {
      expect(status(await sendRaw(open.port, rawGet(target)))).toBe(200)
    },
  )
})

describe('a host that is none', () => {
  it.each(['h/public', 'h?x', 'h#x', 'user@h', 'h,i', 'h\\x', 'h:99999', 'h..i', '.'])(
    'Host: %s is refused, though the runtime makes a URL of it',
    async (host) => {
      expect(status(await send('/admin/x', tokens.ada, [`Host: ${host}`]))).toBe(400)
      expect(asked()).toBeUndefined()
    },
  )

  it('two Host lines are refused', async () => {
    expect(status(await send('/public/x', undefined, ['Host: a.test', 'Host: b.test']))).toBe(400)
    expect(asked()).toBeUndefined()
  })

  it('the host of an absolute target never reaches the Worker: the Host header counts', async () => {
    expect(status(await send('http://evil.test/public/x'))).toBe(200)
    expect(asked()).toBe('/public/x')
    expect(origin.requests[0]?.headerLines).toContain('X-Forwarded-Host: usher.test')
    expect(status(await send('http://evil.test/admin/x'))).toBe(401)
  })

  it.each(['*', 'admin/x'])('the target %s is no path', async (target) => {
    expect([400, 404]).toContain(status(await send(target, tokens.ada)))
    expect(asked()).toBeUndefined()
  })
})

describe('what is too large', () => {
  it.each([
    ['a path of 9 KiB', `/public/${'a'.repeat(9000)}`],
    ['300 segments', `/public${'/a'.repeat(300)}`],
  ])('%s is refused', async (_, target) => expect(status(await send(target))).toBe(400))

  it('a token of dots is a 401 as long as the platform lets it through', async () => {
    expect(status(await send('/api/x', '.'.repeat(16 * 1024)))).toBe(401)
    const response = await send('/api/x', '.'.repeat(1024 * 1024)).catch(() => undefined)
    if (response !== undefined) expect(status(response)).toBeLessThan(500)
  })
})
