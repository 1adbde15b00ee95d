import { WorkerEntrypoint } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { authenticate, decideAbout } from '../../src/checks/rpc.ts'
import { identityHeaders } from '../../src/model/headers.ts'
import { gatewayUrl } from '../support/world.ts'
import { callOf, comes, openCallScene } from './rpc.scene.ts'

const { world, read, bearer, ask, decide } = await openCallScene()
const [ada, grace] = [await bearer('user_ada'), await bearer('user_grace')]
const unknown = await bearer('user_unknown')

describe('whoever calls', () => {
  it('finds the entry point at production', async () => {
    const { Checks } = await import('../../src/index.ts')
    const offered = Object.getOwnPropertyNames(Object.getPrototypeOf(Checks.prototype))
    expect(offered.sort()).toEqual(['authenticate', 'constructor', 'decide'])
    expect(Object.getPrototypeOf(Object.getPrototypeOf(Checks))).toBe(WorkerEntrypoint)
  })

  const strangers = [
    ...[
      null,
      'shop',
      {},
      { caller: undefined },
      { caller: '' },
      { caller: 'Shop' },
      { caller: ['shop'] },
    ],
    ...[{ caller: 'edge' }, { caller: '__proto__' }, { name: 'shop' }, ['shop']],
  ]

  it.each(strangers)('is told nothing as %j', async (props) => {
    for (const path of ['/public/a', '/api/a', '/nowhere', '/_usher/livez']) {
      const told = await ask(comes(path, { authorization: ada }), callOf(props))
      expect(told).toMatchObject({ allowed: false, status: 403, code: 'caller-unknown' })
    }
    const asked = { method: 'GET', url: `${gatewayUrl}/public/a` }
    const decided = await decide(asked, {}, callOf(props))
    expect(decided).toMatchObject({ allowed: false, code: 'caller-unknown', route: null })
    expect([read, world.backend.asked]).toEqual([[], []])
  })

  it('is told the same of every host that is not granted, whatever the path', async () => {
    for (const host of ['other.usher.test', 'www.usher.test', 'api.usher.test.evil.test']) {
      for (const path of ['/public/a', '/%2Fa', '/public/../a', '/%zz', `/${'a'.repeat(9000)}`]) {
        const told = await ask(comes(`https://${host}${path}`))
        expect(told).toMatchObject({ status: 403, code: 'caller-not-granted' })
      }
    }
  })
})

describe('what is asked about', () => {
  const headers = new Headers()
  const method = 'GET'
  const url = `${gatewayUrl}/public/a`
  const unreadable: readonly unknown[] = [
    ...[undefined, null, 1, 'GET', [], {}, { url, method }, { url, headers }, { method, headers }],
    ...[
      { url, method, headers: {} },
      { url, method, headers: [] },
      { url: 1, method, headers },
    ],
    ...['', 'get', 'GET POST', 'GET\n', 'G'.repeat(33)].map((one) => ({
      url,
      method: one,
      headers,
    })),
  ]

  it.each(unreadable)('must be a request, which %j is not', async (coming) => {
    expect(await ask(coming)).toMatchObject({ status: 400, code: 'context-invalid' })
  })

  it.each([
    ...['/public/../admin', '/public/./a', '//admin', '/public//a', '/public/..', '/..', '/a/.?b'],
    ...['/public/../admin?x=/a', '//'],
  ])('has one reading, unlike %s', async (path) => {
    const told = await ask(comes(path, { authorization: ada }))
    expect(told).toMatchObject({ status: 400, code: 'target-not-canonical' })
    expect(read).toEqual([])
  })

  it.each([
    ['/public/%2e%2e/admin', 'target-has-encoded-dots'],
    ['/public/%2fadmin', 'target-has-encoded-separator'],
    ['/public\\admin', 'target-has-backslash'],
    ['javascript:alert(1)', 'target-has-bad-host'],
    ['https://a@shop.usher.test/public', 'target-has-bad-host'],
    ['', 'target-has-bad-host'],
    [`/${'a'.repeat(9000)}`, 'target-too-long'],
    ['/_usher/livez', 'route-unknown'],
    ['/_usher/auth/nginx', 'route-unknown'],
    ['/__clerk/v1', 'route-unknown'],
  ])('%s is refused as it would be by itself', async (path, code) => {
    const address = path.startsWith('/') ? `${gatewayUrl}${path}` : path
    expect(await ask({ url: address, method, headers })).toMatchObject({ allowed: false, code })
  })

  it('may have a query that looks like a path', async () => {
    expect(await ask(comes('/public/a?next=/../b//c'))).toMatchObject({ allowed: true })
  })
})

describe('a request that may pass', () => {
  it('comes with every identity header that the origin would get, and nothing of the client', async () => {
    const coming = comes('/admin/a', {
      authorization: ada,
      'x-usher-user-id': 'user_forged',
      x_usher_user_id: 'user_forged',
      cookie: 'a=b',
    })
    const told = await ask(coming)
    if (!told.allowed) throw new Error(told.code)
    await world.walk(new Request(coming.url, coming))
    const [sent] = world.sent
    const names = [...(sent?.headers.keys() ?? [])].filter((name) => name.startsWith('x-usher-'))
    expect(told.headers.map(([name]) => name)).toEqual(names)
    const sameFor = names.filter((name) => name !== identityHeaders.requestId.toLowerCase())
    expect(sameFor.length).toBeGreaterThan(5)
    const headers = new Headers(told.headers)
    for (const name of sameFor) expect(headers.get(name), name).toBe(sent?.headers.get(name))
  })

  it.each([
    ['/public/a', {}, { kind: 'anonymous' }],
    ['/optional/a', {}, { kind: 'anonymous' }],
    ['/elsewhere/a', {}, { kind: 'anonymous' }],
    ['/api/a', { authorization: ada }, { kind: 'user', userId: 'user_ada', sessionId: 'sess_ada' }],
    ['/admin/a', { authorization: ada }, { kind: 'user', roles: ['admin'], permissions: [] }],
    ['/keys/a', { authorization: 'Bearer ak_ada' }, { kind: 'user', scopes: ['ingest', 'read'] }],
    ['/keys/a', { authorization: 'Bearer ak_acme' }, { kind: 'machine', subject: 'org_acme' }],
  ])('at %s by %j is of %j', async (path, headers, principal) => {
    const told = await ask(comes(path, headers))
    expect(told).toMatchObject({ allowed: true, principal })
    // What comes over a binding has to be cloned, and holds no credential.
    expect(structuredClone(told)).toEqual(told)
    const token = new Headers(headers).get('authorization')?.slice('Bearer '.length)
    expect(JSON.stringify(told)).not.toContain(token ?? 'Bearer')
  })

  it('is not counted by limits', async () => {
    for (const _ of [1, 2, 3]) {
      expect(await ask(comes('/api/a', { authorization: ada }))).toMatchObject({ allowed: true })
    }
  })
})

describe('a request that may not pass', () => {
  it.each([
    ['/api/a', {}, 401],
    ['/any/a', {}, 401],
    ['/api/a', { authorization: 'Bearer abc' }, 401],
    ['/admin/a', { authorization: grace }, 403],
    ['/admin/a', { authorization: unknown }, 503],
    ['/nowhere', {}, 404],
  ])('at %s is answered as it would be by itself', async (path, headers, status) => {
    const coming = comes(path, headers)
    const told = await ask(coming)
    if (told.allowed) throw new Error('It may')
    const own = await world.walk(new Request(coming.url, coming))
    const text = await own.text()
    const id = identityHeaders.requestId.toLowerCase()
    const without = (all: readonly (readonly [string, string])[]) =>
      all.filter(([name]) => name !== id)
    const { body, message } = told
    const anonymous = (one: string | null, all: Headers) => one?.replace(all.get(id) ?? '', '')
    const inside = new Headers(told.headers)
    expect([told.status, told.status]).toEqual([own.status, status])
    // Where a resource describes itself is told under the host that was asked.
    const fixed = (one: unknown) =>
      JSON.stringify(one).replaceAll('www.usher.test', 'api.usher.test')
    expect(fixed(without(told.headers))).toEqual(fixed(without([...own.headers])))
    expect(anonymous(body, inside)).toEqual(anonymous(text, own.headers))
    expect(text).toContain(message)
  })

  it('is led to sign in where it is a navigation, and from there to where it was', async () => {
    const page = { 'sec-fetch-mode': 'navigate', accept: 'text/html' }
    const told = await ask(comes('https://shop.usher.test/api/a?b=c', page))
    expect(told).toMatchObject({ allowed: false, status: 302, code: 'token-missing', body: null })
    const location = new URL(new Headers(told.headers).get('location') ?? '')
    expect(location.origin).toBe('https://accounts.usher.test')
    expect(location.searchParams.get('redirect_url')).toBe('https://shop.usher.test/api/a?b=c')
  })

  it.each([
    ['evil.example', 401],
    ['api.usher.test', 401],
    ['www.usher.test', 302],
  ])('is led back to %s by whoever may ask about every host: %i', async (host, status) => {
    const page = { 'sec-fetch-mode': 'navigate', accept: 'text/html' }
    const told = await ask(comes(`https://${host}/api/a`, page), callOf({ caller: 'everywhere' }))
    expect(told).toMatchObject({ allowed: false, status, code: 'token-missing' })
    if (told.allowed) throw new Error('It may')
    expect(new Headers(told.headers).has('location')).toBe(status === 302)
  })

  it('is charged to the address that the calling Worker was reached from', async () => {
    const from = (address: string, key: string) =>
      ask(comes('/keys/a', { authorization: `Bearer ak_${key}`, 'cf-connecting-ip': address }))
    for (let index = 0; index < 20; index++) {
      expect(await from('192.0.2.1', `no${index}`)).toMatchObject({ code: 'token-unknown' })
    }
    expect(await from('192.0.2.1', 'no20')).toMatchObject({
      status: 429,
      code: 'too-many-unknown-credentials',
    })
    expect(await from('192.0.2.2', 'no20')).toMatchObject({ code: 'token-unknown' })
  })

  it('is a fault without a word where something goes wrong, and never passes', async () => {
    const token = await world.token({ sub: 'user_fault' })
    const told = await ask(comes('/admin/a', { authorization: `Bearer ${token}` }))
    expect(told).toMatchObject({ allowed: false, status: 500, code: 'internal-error' })
    expect(JSON.stringify(told)).not.toContain('at fault')
    expect(world.records).toMatchObject([{ status: 500, reason: 'internal-error' }])
    expect(world.records[0]?.fault).toMatch(/^Error at /)
  })

  it('is refused by a house that cannot open', async () => {
    const call = callOf({ caller: 'shop' })
    const told = await authenticate(comes('/public/a'), call, undefined)
    expect(told).toMatchObject({ allowed: false, status: 503, code: 'gateway-misconfigured' })
    const decided = await decideAbout({ asked: [{}, {}], options: undefined }, call, undefined)
    const one = { allowed: false, status: 503, code: 'gateway-misconfigured' }
    expect(decided).toMatchObject([one, one])
  })
})

describe('a cookie', () => {
  it.each([
    ['https://shop.usher.test', true],
    ['https://www.usher.test', false],
    ['https://evil.test', false],
  ])(
    'counts on a page of the address that the request came to, which of %s is %j',
    async (origin, allowed) => {
      const cookie = `__session=${ada.slice('Bearer '.length)}`
      const coming = comes('https://shop.usher.test/api/a', { cookie, origin })
      const told = await ask({ ...coming, method: 'POST' })
      expect(told).toMatchObject(allowed ? { allowed } : { allowed, code: 'cross-site-request' })
    },
  )
})

describe('the record of a call', () => {
  it('is written for each, and whoever calls is noted as seen', async () => {
    const behind: unknown[] = []
    const keeper = { waitUntil: (work: unknown) => void behind.push(work) }
    const newcomer = await bearer('user_newcomer')
    const coming = comes('/api/a', { authorization: newcomer })
    await ask(coming, { props: { caller: 'shop' }, keeper })
    expect([world.records.length, behind.length]).toEqual([1, 1])
    await Promise.all(behind)
  })

  it.each([
    ['/admin/a', { authorization: ada }, { outcome: 'answered', status: 200, userId: 'user_ada' }],
    ['/admin/a', {}, { outcome: 'refused', status: 401, reason: 'token-missing' }],
  ])('says what %s with %j came to', async (path, headers, expected) => {
    await ask(comes(path, headers))
    const own = { route: 'usher rpc', method: 'POST', checked: '/admin/**' }
    expect(world.records).toMatchObject([{ ...own, ...expected }])
  })

  it('is one for all that is decided about together', async () => {
    const one = { method: 'GET', url: `${gatewayUrl}/admin/a`, subject: 'user_ada' }
    await decide([one, one])
    expect(world.records).toMatchObject([{ route: 'usher rpc', outcome: 'answered' }])
  })
})
