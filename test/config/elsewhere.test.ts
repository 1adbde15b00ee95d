import { describe, expect, it } from 'vitest'
import { gatewayOf, local, placesOf, problemsOf, variables, withRoutes } from './sample.ts'

// Routes whose requests others send: Usher is only asked about them.

const base = withRoutes('/**')
const elsewhereRoute = (words: object) => ({
  routes: [{ path: '/**', origin: 'elsewhere', ...words }],
})

describe('an origin elsewhere', () => {
  it('is there in every config, one without any origin too', () => {
    for (const origins of [{}, { origins: {} }, { origins: { api: 'same-host' } }]) {
      const config = { ...elsewhereRoute({}), ...origins, hosts: ['a.example.com'] }
      expect(gatewayOf(config).rules.routes[0]?.origin).toMatchObject({
        kind: 'elsewhere',
        name: 'elsewhere',
      })
    }
  })

  it('may have another name, by which assertions know it', () => {
    const config = {
      origins: { legacy: 'elsewhere' },
      routes: [{ path: '/**', origin: 'legacy' }],
    }
    const [route] = gatewayOf(config).rules.routes
    expect(route?.origin).toMatchObject({ kind: 'elsewhere', name: 'legacy' })
  })

  it.each([['elsewhere'], [{ url: 'https://a.example.com' }]])(
    'is never defined by its own name: %j',
    (elsewhere) => {
      expect(placesOf({ ...base, origins: { ...base.origins, elsewhere } })).toEqual([
        'origins.elsewhere',
      ])
    },
  )

  it('leaves an origin that nobody knows unknown', () => {
    expect(placesOf({ routes: [{ path: '/**', origin: 'api' }] })).toEqual(['routes[0].origin'])
    expect(placesOf({ ...elsewhereRoute({}), origins: undefined })).toEqual(['origins'])
  })

  const concurrent = { by: 'address', concurrent: 5 }
  const exact = { limiter: 'exact', by: 'address', requests: 5, window: '60s' }
  const meaningless: [string, object][] = [
    ['rewrite', { rewrite: '/v2/**' }],
    ['requestHeaders', { requestHeaders: { set: { 'X-A': 'b' } } }],
    ['responseHeaders', { responseHeaders: { remove: ['Server'] } }],
    ['cache', { cache: { maxAge: '5s', scope: 'principal' } }],
    ['cors', { cors: { origins: ['https://app.example.com'] } }],
    ['maxBytes', { maxBytes: '1MiB' }],
    ['idleTimeout', { idleTimeout: '5s' }],
    ['totalTimeout', { totalTimeout: '5s' }],
    ['passCredential', { passCredential: true }],
    ['websocket.recheck', { websocket: { recheck: true } }],
    ['limits[1].concurrent', { limits: [exact, concurrent] }],
  ]
  it.each(meaningless)('takes no %s, which says what Usher does not do', (word, words) => {
    const named = {
      origins: { legacy: 'elsewhere' },
      ...elsewhereRoute({ ...words, origin: 'legacy' }),
    }
    for (const config of [elsewhereRoute(words), named]) {
      expect(placesOf(config)).toEqual([`routes[0].${word}`])
    }
    expect(placesOf(withRoutes({ path: '/**', ...words }))).toEqual([])
  })

  it.each([
    { access: { role: 'admin' } },
    { access: 'public' },
    { methods: ['GET'] },
    { assertion: 'request' },
    { escapes: ['%2F'] },
    { fresh: true },
    { exchange: 'hasura' },
    { carriers: ['x-api-key', 'bearer'] },
    { websocket: true },
    { limits: [exact] },
    { passCredential: false },
  ])('takes what decides: %j', (words) => {
    const keyed = { ...variables, CLERK_SECRET_KEY: 'sk_test_x' }
    expect(problemsOf(elsewhereRoute(words), { env: keyed })).toEqual([])
  })
})

describe('lint', () => {
  const hosts = ['a.example.com', 'b.example.com']
  const quiet = { hosts, canonicalOrigin: 'https://a.example.com' }
  const parties = { ...variables, AUTHORIZED_PARTIES: 'https://app.example.com' }
  const warned = (config: object, options: object = {}) =>
    gatewayOf({ ...quiet, ...config }, { env: parties, ...options }).warnings.map(
      ({ place }) => place,
    )
  const secret = 's'.repeat(32)
  const edge = { secret, may: ['nginx'], hosts: ['a.example.com'] }

  it('warns of a route elsewhere that nobody may ask about', () => {
    const config = elsewhereRoute({ host: hosts[0] })
    expect(warned(config)).toEqual(['routes[0].origin'])
    expect(warned(config, { relaxations: local })).toEqual(['routes[0].origin'])
    expect(warned({ ...config, checks: { callers: { edge } } })).toEqual([])
    expect(warned(config, { env: { ...parties, USHER_CALLER_SECRET: secret } })).toEqual([])
  })

  it('takes the API behind one host elsewhere for one', () => {
    const routes = (one: object, two: object) => ({
      origins: { legacy: 'elsewhere' },
      routes: [
        { path: '/**', origin: 'elsewhere', ...one },
        { path: '/b/**', origin: 'elsewhere', ...two },
      ],
      checks: { callers: { edge } },
    })
    const [a, b] = hosts.map((host) => ({ host }))
    expect(warned(routes({ access: 'public', ...a }, { ...a }))).toEqual(['origins.elsewhere'])
    expect(warned(routes({ access: 'public', ...a, origin: 'legacy' }, { ...b }))).toEqual([])
    expect(warned(routes({ ...a }, { access: { role: 'admin' }, ...a }))).toEqual([
      'routes[1].access',
    ])
    const apart = routes({ ...a, origin: 'legacy' }, { access: { role: 'admin' }, ...b })
    expect(warned(apart)).toEqual([])
  })

  const of = (...routes: readonly object[]) => ({
    origins: { legacy: 'elsewhere' },
    routes: routes.map((one, index) => ({ path: `/${index}/**`, origin: 'elsewhere', ...one })),
    checks: { callers: { edge } },
  })
  const [host, other] = hosts
  it.each<[string, object, boolean]>([
    ['of one host', of({ host }, { host }), false],
    ['of two hosts', of({ host }, { host: other }), true],
    ['of any host while two are served', of({}), true],
    ['of any host while one is', { ...of({}), hosts: [host] }, false],
    ['of two hosts below one', of({ host: '*.example.com' }), true],
    ['of the one host below another', { ...of({ host: '*.example.com' }), hosts: [host] }, false],
    ['of two hosts, each with a name', of({ host }, { host: other, origin: 'legacy' }), false],
  ])('warns of one audience for the APIs %s', (_, config, warns) => {
    expect(warned(config).includes('origins.elsewhere')).toBe(warns)
  })

  it.each<[string, object, boolean]>([
    ['of one', of({ host }), false],
    ['of two', of({ host }, { host: other }), true],
    ['of all below one', of({ host: '*.example.com' }), true],
  ])('where no config names the hosts, warns of the APIs %s', (_, config, warns) => {
    const places = gatewayOf(config).warnings.map(({ place }) => place)
    expect(places.includes('origins.elsewhere')).toBe(warns)
  })
})
