import { beforeEach, describe, expect, it } from 'vitest'
import { dialects } from '../../src/model/checks.ts'
import { ok } from '../../src/model/result.ts'
import { everyCredential, mintTemplate } from '../support/credentials.ts'
import { everyoneHolds, type World } from '../support/world.ts'
import { askedHost, checkOf, createChecksWorld, reasonOf, type Told } from './forward-auth-scene.ts'

// Forward-auth: another proxy asks whether a request may pass, and is answered in its own dialect.

const facts = async ({ userId }: { userId: string }) =>
  ok(everyoneHolds(userId === 'user_ada' ? ['admin'] : []))

let world: World
let ada: string
beforeEach(async () => {
  world = await createChecksWorld({ facts })
  ada = await world.token()
})

const withToken = (token = ada) => ({ authorization: `Bearer ${token}` })

describe.each(dialects)('a request that may pass, by %s', (dialect) => {
  it('is 200 without a body, with every identity header once and nothing of the client’s', async () => {
    const forged = {
      'x-usher-user-id': 'user_root',
      x_usher_user_id: 'user_root',
      'x-usher-roles': 'admin',
      'x-client': 'mine',
      cookie: 'theme=dark',
      origin: 'https://app.usher.test',
    }
    const answer = await world.walk(checkOf(dialect, {}, { ...forged, ...withToken() }))
    const {
      'x-usher-assertion': assertion,
      'x-usher-request-id': id,
      ...rest
    } = Object.fromEntries(answer.headers)
    expect([answer.status, await answer.text()]).toEqual([200, ''])
    expect(rest).toEqual({
      'x-usher-authenticated': '1',
      'x-usher-user-id': 'user_ada',
      'x-usher-org-id': '',
      'cache-control': 'private, no-store',
    })
    const claims = JSON.parse(atob(assertion?.split('.')[1] ?? '')) as object
    expect(claims).toMatchObject({ aud: 'elsewhere', sub: 'user_ada' })
    expect(id).toBe(world.records.at(-1)?.requestId)
    expect(world.sent).toEqual([])
  })

  it('has empty identity headers where nobody is asking', async () => {
    const answer = await world.walk(checkOf(dialect, { uri: '/public/x' }, withToken('forged')))
    expect(answer.status).toBe(200)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-usher-authenticated': '0',
      'x-usher-user-id': '',
      'x-usher-org-id': '',
      'x-usher-assertion': '',
    })
  })

  it('binds the assertion of what changes things to the described request', async () => {
    const told = { method: 'POST', uri: '/api/%61?q=1', host: 'API.usher.test.' }
    const answer = await world.walk(checkOf(dialect, told, withToken()))
    const payload = answer.headers.get('x-usher-assertion')?.split('.')[1] ?? ''
    expect(JSON.parse(atob(payload))).toMatchObject({ mth: 'POST', hst: askedHost, pth: '/api/a' })
  })
})

describe.each(dialects)('a request that may not pass, by %s', (dialect) => {
  const cases: [string, Partial<Told>, Record<string, string> | undefined, number, number][] = [
    ['token-missing', {}, undefined, 401, 401],
    ['token-invalid', {}, { authorization: 'Bearer a.b.c' }, 401, 401],
    ['role-missing', { uri: '/admin/x' }, { as: 'user_grace' }, 403, 403],
    ['route-unknown', { uri: '/nowhere' }, {}, 403, 404],
    ['route-unknown', { uri: '/_usher/livez' }, {}, 403, 404],
    ['route-unknown', { uri: '/_usher/auth/nginx' }, {}, 403, 404],
    ['method-not-allowed', { method: 'DELETE', uri: '/read/x' }, {}, 403, 405],
    ['upgrade-not-allowed', {}, { 'sec-websocket-key': 'x' }, 403, 400],
    ['caller-not-granted', { host: 'other.usher.test' }, {}, 403, 403],
    ['caller-not-granted', { host: 'a.b.api.usher.test' }, {}, 403, 403],
  ]

  it.each(cases)('is refused for %s: %o', async (code, told, extra, nginx, others) => {
    const { as, ...headers } = extra ?? {}
    const sub = as === undefined ? {} : { sub: as, sid: `sess_${as}` }
    const credential = extra === undefined ? {} : withToken(await world.token(sub))
    const answer = await world.walk(checkOf(dialect, told, { ...credential, ...headers }))
    expect([answer.status, reasonOf(answer)]).toEqual([dialect === 'nginx' ? nginx : others, code])
    expect(answer.headers.has('www-authenticate')).toBe(answer.status === 401)
    expect(answer.headers.get('cache-control')).toBe('private, no-store')
    expect(answer.headers.get('x-usher-user-id')).toBe(null)
    const hasBody = dialect !== 'nginx' && dialect !== 'haproxy'
    expect((await answer.text()) !== '').toBe(hasBody)
    expect(answer.headers.has('content-type')).toBe(dialect !== 'nginx')
  })

  it('is refused while the keys cannot be had', async () => {
    world.keyServer.answer = () => new Response(null, { status: 500 })
    const answer = await world.walk(checkOf(dialect, {}, withToken()))
    const status = dialect === 'nginx' ? 403 : 503
    expect([answer.status, reasonOf(answer)]).toEqual([status, 'keys-unavailable'])
  })

  it('is refused where something of ours is broken', async () => {
    const broken = await createChecksWorld({
      facts: () => Promise.reject(new TypeError('user_ada is broken')),
    })
    const token = await broken.token()
    const answer = await broken.walk(checkOf(dialect, { uri: '/admin/x' }, withToken(token)))
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('broken')
  })

  it('is refused where its identity is larger than a proxy takes', async () => {
    const wide = await createChecksWorld({
      config: { identityMap: { 'X-Wide': { from: { claim: 'wide' }, maxBytes: 4096 } } },
    })
    const ask = async (length: number) =>
      wide.walk(checkOf(dialect, {}, withToken(await wide.token({ wide: 'w'.repeat(length) }))))
    expect((await ask(1000)).status).toBe(200)
    const answer = await ask(3400)
    const status = dialect === 'nginx' ? 403 : 500
    expect([answer.status, reasonOf(answer)]).toEqual([status, 'identity-too-large'])
    expect(answer.headers.has('x-wide')).toBe(false)
  })
})

describe('a cookie', () => {
  // Browsers know what is asked about by its own address, whatever Usher's is.
  beforeEach(async () => {
    world = await createChecksWorld({ config: { canonicalOrigin: 'https://auth.usher.test' } })
  })
  const own = { origin: `https://${askedHost}` }
  const sites: [string, string, Record<string, string>, number][] = [
    ['of a page of the described origin', 'POST', own, 200],
    ['of a page of Usher’s own origin', 'POST', { origin: 'https://auth.usher.test' }, 403],
    ['of the same host without TLS', 'POST', { origin: `http://${askedHost}` }, 403],
    ['of another page', 'POST', { origin: 'https://evil.test' }, 403],
    ['of no page', 'POST', {}, 403],
    ['that the browser says is from here', 'POST', { 'sec-fetch-site': 'same-origin' }, 200],
    ['that only reads', 'GET', {}, 200],
    ['of a page of the described origin, to a socket', 'ws', own, 200],
    ['of another page, to a socket', 'ws', { origin: 'https://evil.test' }, 403],
    ['of no page, to a socket', 'ws', {}, 403],
  ]
  it.each(sites)('%s (%s %o) is answered with %i', async (_name, kind, headers, status) => {
    // The proxy has ended the upgrade: what the browser says of its own socket is left.
    const [method, uri] = kind === 'ws' ? ['GET', '/ws/x'] : [kind, '/api/x']
    const socket: Record<string, string> = kind === 'ws' ? { 'sec-websocket-key': 'eA==' } : {}
    for (const dialect of dialects) {
      const check = checkOf(
        dialect,
        { method, uri },
        { cookie: `__session=${ada}`, ...socket, ...headers },
      )
      expect([dialect, (await world.walk(check)).status]).toEqual([dialect, status])
    }
  })

  it.each(['traefik', 'caddy', 'haproxy', 'envoy'] as const)(
    'of another page opens no socket where %s says wss',
    async (dialect) => {
      const told = { scheme: 'wss', uri: '/ws/x' }
      const ask = (origin: string) =>
        world.walk(checkOf(dialect, told, { cookie: `__session=${ada}`, origin }))
      expect((await ask(`https://${askedHost}`)).status).toBe(200)
      expect(reasonOf(await ask('https://evil.test'))).toBe('cross-site-request')
    },
  )
})

describe('the token that an origin receives in place of the session’s', () => {
  it.each(dialects)('is in the answer, empty for whoever has none, by %s', async (dialect) => {
    const exchanging = await createChecksWorld({
      config: {
        routes: [{ path: '/api/**', origin: 'elsewhere', exchange: 'billing', access: 'optional' }],
      },
      variables: everyCredential,
    })
    const made = await mintTemplate(exchanging, { aud: 'billing' })
    exchanging.backend.answer = () => Response.json({ object: 'token', jwt: made })
    const token = await exchanging.token()
    const told = async (headers: Record<string, string>) =>
      (await exchanging.walk(checkOf(dialect, {}, headers))).headers.get('authorization')
    expect(await told(withToken(token))).toBe(`Bearer ${made}`)
    expect(await told({ authorization: 'Basic Zm9yZ2Vk' })).toBe('')
    exchanging.backend.answer = () => new Response(null, { status: 500 })
    const other = await exchanging.token({ sid: 'sess_other' })
    const answer = await exchanging.walk(checkOf(dialect, {}, withToken(other)))
    expect([answer.status, reasonOf(answer)]).toEqual([
      dialect === 'nginx' ? 403 : 503,
      'exchange-unavailable',
    ])
  })
})

describe('the record of a check', () => {
  it('says what was asked about, of whom and with what outcome', async () => {
    await world.walk(checkOf('envoy', {}, withToken()))
    await world.walk(
      checkOf('nginx', { uri: '/admin/x' }, withToken(await world.token({ sub: 'user_grace' }))),
    )
    await world.walk(checkOf('caddy', { uri: '/api/x' }, { 'x-usher-caller': 'nobody' }))
    expect(world.records).toMatchObject([
      { route: 'usher /auth/envoy', checked: '/api/**', userId: 'user_ada', outcome: 'answered' },
      {
        route: 'usher /auth/nginx',
        checked: '/admin/**',
        userId: 'user_grace',
        outcome: 'refused',
        reason: 'role-missing',
        status: 403,
      },
      { route: 'usher /auth/caddy', outcome: 'refused', reason: 'caller-unknown', status: 403 },
    ])
    expect(world.records[2]).not.toHaveProperty('checked')
  })

  it('is not all: whoever was not seen before is noted', async () => {
    const real = await createChecksWorld()
    const sub = `user_seen_by_a_check`
    await real.walk(checkOf('nginx', {}, withToken(await real.token({ sub }))))
    await real.behind()
    expect(real.store.queries).toBeGreaterThan(0)
  })
})
