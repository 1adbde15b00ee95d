import { beforeAll, describe, expect, it } from 'vitest'
import { backendOperations } from '../../../src/local/clerk/backend/operations.ts'
import { frontendOperations } from '../../../src/local/clerk/frontend/operations.ts'
import { localUsers } from '../../../src/local/clerk/users.ts'
import { nameOfEntry } from '../../support/ledger.ts'
import {
  type Answer,
  answerOf,
  type ClerkBrowser,
  createTestStandIn,
  mintSession,
  type TestStandIn,
} from '../../support/stand-in.ts'
import { signInBy } from '../../support/tour/visitors.ts'

let kit: TestStandIn

beforeAll(async () => {
  kit = await createTestStandIn()
})

interface Ask {
  readonly api: 'frontend' | 'backend'
  readonly method: string
  readonly path: string
}

const everything: readonly Ask[] = [
  ...frontendOperations.map(({ method, path }) => ({ api: 'frontend' as const, method, path })),
  ...backendOperations.map(({ method, path }) => ({ api: 'backend' as const, method, path })),
]

/** Asks with everything that opens the door, but for what `init` says otherwise. */
async function ask(
  { api, method, path }: Ask,
  init: RequestInit = {},
  query = '',
): Promise<Answer> {
  const url = `http://127.0.0.1/${api}${path.replaceAll(/\{\w+\}/g, 'x_1')}${query}`
  const { secretKey, applicationOrigin } = kit.settings
  const headers = new Headers(
    api === 'backend'
      ? { authorization: `Bearer ${secretKey}` }
      : { origin: applicationOrigin, 'clerk-secret-key': secretKey },
  )
  for (const [name, value] of new Headers(init.headers)) {
    if (value === '') headers.delete(name)
    else headers.set(name, value)
  }
  const body = method === 'GET' ? {} : { body: init.body ?? null }
  return answerOf(await kit.fetch(new Request(url, { method, headers, ...body })))
}

/** Of all operations, those that are not refused as they should be, and with what they answered instead. */
async function notRefused(
  asks: readonly Ask[],
  isRight: (answer: Answer) => boolean,
  init: RequestInit = {},
  query = '',
): Promise<readonly string[]> {
  expect(asks.length).toBeGreaterThan(0)
  const wrong: string[] = []
  for (const one of asks) {
    const answer = await ask(one, init, query)
    if (!isRight(answer))
      wrong.push(`${one.api} ${nameOfEntry(one)}: ${answer.status} ${answer.code}`)
  }
  return wrong
}

/** Refused, and the member named. */
function isNamed({ status, body }: Answer): boolean {
  return (status === 422 || status === 400) && JSON.stringify(body).includes('surprise')
}

describe('a member that Clerk does not know', () => {
  it('is refused by every operation in a query', async () => {
    expect(await notRefused(everything, isNamed, {}, '?surprise=1')).toEqual([])
  })

  const changing = everything.filter(({ method }) => method !== 'GET')

  it('is refused by every operation in JSON', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ surprise: 1 })
    expect(await notRefused(changing, isNamed, { headers, body })).toEqual([])
  })

  it('is refused by every operation in a form', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await notRefused(changing, isNamed, { headers, body: 'surprise=1' })).toEqual([])
  })

  it.each(['constructor', 'toString', 'hasOwnProperty', '__proto__', '', '_METHOD', 'Surprise[]'])(
    'is refused though a program might have it: %s',
    async (name) => {
      const query = `?${encodeURIComponent(name)}=1`
      const { status } = await ask({ api: 'backend', method: 'GET', path: '/users' }, {}, query)
      expect(status).toBe(422)
    },
  )
})

describe('a body that cannot be read', () => {
  const takers = everything.filter(({ method }) => ['POST', 'PUT', 'PATCH'].includes(method))
  const isUnread = ({ status }: Answer) => status === 415 || status === 400

  it.each(['text/plain', 'application/xml', 'multipart/form-data', 'application/jsonp', ''])(
    'is refused by every operation: as %s',
    async (type) => {
      const headers = { 'content-type': type }
      const body = new TextEncoder().encode('surprise=1')
      expect(await notRefused(takers, isUnread, { headers, body })).toEqual([])
    },
  )

  it.each(['{', '[', '"text"', 'null', '7', '{"a":1}}', '\u0000'])(
    'is refused where JSON must be an object: %s',
    async (body) => {
      const headers = { 'content-type': 'application/json' }
      const users = { api: 'backend', method: 'POST', path: '/users' } as const
      expect((await ask(users, { headers, body })).status).toBe(400)
    },
  )

  it('is refused when it is larger than a mebibyte', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ surprise: 'x'.repeat(1024 * 1024) })
    const some = takers.filter((_one, index) => index % 20 === 0)
    expect(await notRefused(some, ({ status }) => status === 413, { headers, body })).toEqual([])
    expect(some.length).toBeGreaterThan(3)
  })
})

describe('a host that is not this machine', () => {
  const statusAt = async (host: string, path: string): Promise<number> =>
    (await kit.fetch(new Request(`http://${host}${path}`))).status

  it.each([
    ...[
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'localhost.',
      'xlocalhost',
    ],
    ...['10.0.0.1', '0.0.0.0', '169.254.169.254', '128.0.0.1', '[::]', '[::2]', '[fe80::1]'],
    ...['[::ffff:7f00:1]', 'clerk.localhost.example', 'localhost-x', '127-0-0-1.example'],
  ])('is answered by nothing: %s', async (host) => {
    for (const path of ['/frontend/v1/environment', '/backend/v1/users', '/', '/outbox.json']) {
      expect(await statusAt(host, path)).toBe(421)
    }
  })

  it.each([
    'localhost',
    'LOCALHOST:8787',
    '127.0.0.1',
    '127.1',
    '127.8.9.1:80',
    '[::1]',
    'a.b.localhost',
  ])('is another matter: %s', async (host) => {
    expect(await statusAt(host, '/frontend/.well-known/jwks.json')).toBe(200)
  })
})

describe('a key that opens nothing', () => {
  const backends = everything.filter(({ api }) => api === 'backend')
  const isShut = ({ status, code }: Answer) =>
    status === 401 &&
    /^(clerk_key_invalid|authorization_header_format_invalid|machine_secret_key_invalid|authentication_invalid|unauthorized)$/.test(
      code,
    )

  it.each<[string, (secret: string) => string]>([
    ['none', () => ''],
    ['another', () => 'Bearer sk_live_another'],
    ['its beginning', (secret) => `Bearer ${secret.slice(0, -1)}`],
    ['it and more', (secret) => `Bearer ${secret}s`],
    ['no scheme', (secret) => secret],
    ['another scheme', (secret) => `Basic ${btoa(`${secret}:`)}`],
    ['two of them', (secret) => `Bearer ${secret} Bearer ${secret}`],
    ['the publishable key', () => `Bearer ${kit.settings.publishableKey}`],
    ['the secret of webhooks', () => `Bearer ${kit.settings.webhook?.secret}`],
  ])('opens no operation of the Backend API: %s', async (_name, write) => {
    const headers = { authorization: write(kit.settings.secretKey) }
    expect(await notRefused(backends, isShut, { headers })).toEqual([])
  })

  it('opens no operation of the Backend API: a session token', async () => {
    const issuer = { host: kit.settings.host, key: kit.key }
    const headers = { authorization: `Bearer ${await mintSession({ user: 'ada' }, issuer)}` }
    expect(await notRefused(backends, isShut, { headers })).toEqual([])
  })

  it('opens only what is for machines: the key of a machine', async () => {
    const headers = { authorization: `Bearer ${kit.settings.machine?.secretKey}` }
    const others = backendOperations.filter(({ isForMachines }) => isForMachines !== true)
    const asks = others.map(({ method, path }) => ({ api: 'backend' as const, method, path }))
    expect(await notRefused(asks, isShut, { headers })).toEqual([])
    expect(backends.length - asks.length).toBeGreaterThan(0)
  })

  it('lets no proxy speak for the application: a wrong secret beside the address of a proxy', async () => {
    const frontends = everything.filter(({ api }) => api === 'frontend')
    const headers = { 'clerk-secret-key': 'sk_live_wrong' }
    expect(await notRefused(frontends, isShut, { headers })).toEqual([])
  })
})

describe('somebody who is not signed in, or not any more', () => {
  const personal = everything.filter(({ path }) => /^\/v1\/(me|organizations)(\/|$)/.test(path))
  const isOut = ({ status }: Answer) => status === 401

  it.each([
    ['no cookie', ''],
    ['a cookie of nobody', '__client=client_x.secret'],
    ['an empty one', '__client='],
    ['many dots', '__client=a.b.c.d'],
    ['a session cookie alone', '__session=eyJ.eyJ.x'],
  ])('is told so by every operation that is somebody’s: %s', async (_name, cookie) => {
    const init = { headers: { cookie } }
    expect(await notRefused(personal, isOut, init, '')).toEqual([])
    expect(personal.length).toBeGreaterThan(40)
  })

  it.each<[string, (browser: ClerkBrowser) => Promise<unknown>]>([
    ['signed out', (browser) => browser.delete('/v1/client/sessions')],
    ['ended', (browser) => browser.post(`/v1/client/sessions/${browser.sessionId()}/end`)],
    ['revoked', (browser) => kit.backend().post(`/sessions/${browser.sessionId()}/revoke`)],
    ['expired', async () => kit.turn(8 * 24 * 60 * 60 * 1000)],
    ['banned', () => kit.backend().post(`/users/${localUsers.get('linus')?.id}/ban`)],
  ])('is told so by every operation that is somebody’s: %s', async (_name, end) => {
    const linus = localUsers.get('linus')?.id
    await kit.backend().post(`/users/${linus}/unban`)
    const browser = await signInBy(kit, 'linus')
    const session = browser.sessionId()
    await end(browser)
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const query = `?_clerk_session_id=${session}`
    expect(await notRefused(personal, isOut, { headers: { cookie } }, query)).toEqual([])
    const token = {
      api: 'frontend',
      method: 'POST',
      path: `/v1/client/sessions/${session}/tokens`,
    } as const
    expect((await ask(token, { headers: { cookie } })).status).toBeGreaterThan(400)
    await kit.backend().post(`/users/${linus}/unban`)
  })

  it('is nobody by the session of somebody else', async () => {
    const theirs = await signInBy(kit, 'grace')
    const mine = await signInBy(kit, 'ada')
    const cookie = `__client=${mine.cookies.get('__client')}`
    const query = `?_clerk_session_id=${theirs.sessionId()}`
    expect(await notRefused(personal, isOut, { headers: { cookie } }, query)).toEqual([])
    expect(mine.cookies.get('__client')).toMatch(/^client_/)
  })

  it('cannot speak for a page of another site', async () => {
    const browser = await signInBy(kit, 'ada')
    const cookie = `__client=${browser.cookies.get('__client')}`
    const changing = everything.filter(({ api, method }) => api === 'frontend' && method !== 'GET')
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example:8787']) {
      const isRefused = ({ status }: Answer) => status === 400 || status === 401 || status === 403
      const init = { headers: { cookie, origin } }
      expect(await notRefused(changing, isRefused, init)).toEqual([])
    }
  })
})
