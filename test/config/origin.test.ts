import { describe, expect, it } from 'vitest'
import { compile, gatewayOf, local, placesOf, problemsOf, variables } from './sample.ts'

const url = { kind: 'url', certificate: undefined, secret: undefined }

describe('an origin', () => {
  const compileOrigin = (origin: unknown, relaxations = local) =>
    compile({ origins: { api: origin }, routes: [{ path: '/**', origin: 'api' }] }, { relaxations })

  it.each([
    [
      { url: 'https://api.example.com/v1/', timeout: '10s' },
      { ...url, base: 'https://api.example.com/v1', timeoutMs: 10_000 },
    ],
    [
      { url: 'http://localhost:5000' },
      { ...url, base: 'http://localhost:5000', timeoutMs: 30_000 },
    ],
    [
      { service: 'BILLING' },
      { kind: 'service', binding: 'BILLING', timeoutMs: 30_000, secret: undefined },
    ],
    ['same-host', { kind: 'same-host', timeoutMs: 30_000, secret: undefined }],
    [
      { sameHost: true, timeout: '1m' },
      { kind: 'same-host', timeoutMs: 60_000, secret: undefined },
    ],
  ])('may be %j', (written, origin) => {
    const compiled = compileOrigin(written)
    expect(compiled.ok && compiled.value.rules.routes[0]?.origin).toEqual({
      name: 'api',
      ...origin,
    })
  })

  it.each([
    [undefined, 'origins.api'],
    ['https://api.example.com', 'origins.api'],
    [{}, 'origins.api'],
    [{ sameHost: false }, 'origins.api.sameHost'],
    [{ service: 'not-a-binding' }, 'origins.api.service'],
    [{ url: 'https://a.example.com', service: 'B' }, 'origins.api.service'],
    [{ url: 'https://a.example.com', retries: 1 }, 'origins.api.retries'],
    [{ url: 'https://a.example.com', timeout: '1h' }, 'origins.api.timeout'],
    [{ url: undefined }, 'origins.api.url'],
    [{ url: '' }, 'origins.api.url'],
    [{ url: 42 }, 'origins.api.url'],
    [{ url: 'api.example.com' }, 'origins.api.url'],
    [{ url: 'ftp://a.example.com' }, 'origins.api.url'],
    [{ url: 'https:a.example.com' }, 'origins.api.url'],
    [{ url: 'https://u:p@a.example.com' }, 'origins.api.url'],
    [{ url: 'https://u@a.example.com' }, 'origins.api.url'],
    [{ url: 'https://a.example.com/?' }, 'origins.api.url'],
    [{ url: 'https://a.example.com/#x' }, 'origins.api.url'],
    [{ url: 'https://a.example.com\\b' }, 'origins.api.url'],
    [{ url: 'https://a.example .com' }, 'origins.api.url'],
  ])('is never %j', (origin, place) => {
    const compiled = compileOrigin(origin)
    expect(compiled.ok ? [] : compiled.error.map((one) => one.place)).toEqual([place])
  })

  it('never has its address quoted in a problem', () => {
    const compiled = compileOrigin({ url: 'https://user:hunter2@a.example.com' })
    expect(JSON.stringify(compiled)).not.toContain('hunter2')
  })

  it.each([
    'http://api.example.com',
    'https://localhost',
    'https://localhost.',
    'https://a.localhost',
    'https://printer.local',
    'https://db.internal',
    'https://nas.home.arpa',
    'https://backend',
    'https://0.0.0.0',
    'https://10.1.2.3',
    'https://100.64.0.1',
    'https://100.127.255.255',
    'https://127.0.0.1',
    'https://127.1',
    'https://2130706433',
    'https://0x7f.0.0.1',
    'https://017700000001',
    'https://169.254.169.254',
    'https://172.16.0.1',
    'https://172.31.255.255',
    'https://192.168.0.1',
    'https://[::]',
    'https://[::1]',
    'https://[::ffff:8.8.8.8]',
    'https://[::ffff:7f00:1]',
    'https://[64:ff9b::a00:1]',
    'https://[fc00::1]',
    'https://[fd12:3456::1]',
    'https://[fe80::1]',
  ])('is %s only where plain addresses are allowed', (url) => {
    expect(compileOrigin({ url }, local).ok).toBe(true)
    expect(
      placesOf({ origins: { api: { url } }, routes: [{ path: '/**', origin: 'api' }] }),
    ).toEqual(['origins.api.url'])
  })

  it.each([
    'https://api.example.com',
    'https://8.8.8.8',
    'https://100.63.255.255',
    'https://100.128.0.1',
    'https://172.15.0.1',
    'https://172.32.0.1',
    'https://[2606:4700::1111]',
    'https://localhost.example.com',
    'https://10.1.2.3.example.com',
  ])('may be %s everywhere', (url) => {
    expect(
      placesOf({ origins: { api: { url } }, routes: [{ path: '/**', origin: 'api' }] }),
    ).toEqual([])
  })
})

describe('the secret of an origin', () => {
  const members = [{ url: 'https://a.example.com' }, { url: 'https://b.example.com' }]
  const withSecret = (secret: unknown, route: object = {}) => ({
    origins: { api: { url: 'https://a.example.com', secret } },
    routes: [{ path: '/**', origin: 'api', ...route }],
  })

  it('is a header and its value, with every kind of origin', () => {
    const secret = { header: 'X-Gateway-Secret', value: 'open sesame' }
    const kinds = [
      { url: 'https://a.example.com' },
      { service: 'B' },
      { sameHost: true },
      { members },
    ]
    for (const kind of kinds) {
      const config = {
        origins: { api: { ...kind, secret } },
        routes: [{ path: '/**', origin: 'api' }],
        hosts: ['usher.test'],
      }
      expect(gatewayOf(config).rules.routes[0]?.origin).toMatchObject({
        secret: { name: 'X-Gateway-Secret', value: 'open sesame' },
      })
    }
  })

  it.each([
    ['X-Usher-Secret', 'header'],
    ['x_usher.secret', 'header'],
    ['Connection', 'header'],
    ['Transfer-Encoding', 'header'],
    ['Upgrade', 'header'],
    ['Proxy-Authorization', 'header'],
    ['X-Forwarded-For', 'header'],
    ['CF-Connecting-IP', 'header'],
    ['Host', 'header'],
    ['Cookie', 'header'],
    ['Content-Length', 'header'],
    ['If-Match', 'header'],
    ['Sec-WebSocket-Protocol', 'header'],
    ['X Secret', 'header'],
    ['X-Secret:', 'header'],
    ['X-Sécret', 'header'],
    ['---', 'header'],
    ['', 'header'],
    ['x'.repeat(65), 'header'],
  ])('is never in the header %j', (header, word) => {
    expect(placesOf(withSecret({ header, value: 'x' }))).toEqual([`origins.api.secret.${word}`])
  })

  it.each([undefined, '', ' x', 'x ', 'a\nb', 'a\r\nX: y', 'é', '\0', 'x'.repeat(4097), 42])(
    'is never %j',
    (value) => {
      const problems = problemsOf(withSecret({ header: 'X-Secret', value }))
      expect(problems.map(({ place }) => place)).toEqual(['origins.api.secret.value'])
    },
  )

  it('is never quoted in a problem', () => {
    const problems = problemsOf(withSecret({ header: 'X-Usher-A', value: 'hunter2 ' }))
    expect(problems).toHaveLength(2)
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })

  it('names the variable that it is read from where that is not set', () => {
    const config = (env: Record<string, string | undefined>) =>
      withSecret({ header: 'X-Secret', value: env.ORIGIN_SECRET })
    const [problem] = problemsOf(config)
    expect(problem?.message).toContain('ORIGIN_SECRET')
  })

  it('shares its header with no credential', () => {
    const env = { ...variables, CLERK_SECRET_KEY: 'sk_test_x' }
    const secret = { header: 'X_Api-Key', value: 'x' }
    const carried = withSecret(secret, { carriers: ['x-api-key'] })
    expect(placesOf(carried, { env })).toEqual(['routes[0].carriers'])
    const basic = { header: 'Authorization', value: 'Basic eDp5' }
    expect(placesOf(withSecret(basic), { env })).toEqual([])
    expect(placesOf(withSecret(basic, { exchange: 'a' }), { env })).toEqual(['routes[0].exchange'])
    const passing = withSecret(basic, { passCredential: true })
    expect(placesOf(passing, { env })).toEqual(['routes[0].passCredential'])
  })

  it('is warned of where it goes over plain http', () => {
    const secret = { header: 'X-Secret', value: 'x' }
    const warned = (origin: object) =>
      gatewayOf(
        { origins: { api: { ...origin, secret } }, routes: [{ path: '/**', origin: 'api' }] },
        { relaxations: local },
      ).warnings.map(({ place }) => place)
    const open = { url: 'http://localhost:5000' }
    expect(warned(open)).toEqual(['origins.api.secret'])
    expect(warned({ members: [members[0], open] })).toEqual(['origins.api.secret'])
    expect(warned({ members })).toEqual([])
    expect(warned({ service: 'B' })).toEqual([])
  })
})
