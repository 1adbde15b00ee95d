import { describe, expect, it } from 'vitest'
import { gatewayOf, placesOf, variables } from './sample.ts'

const gatewayErrors = new Set([502, 503, 504, 521, 522, 523, 530])
const health = {
  failuresMax: 3,
  statuses: gatewayErrors,
  probeAfterMs: 10_000,
  check: undefined,
}
const retry = {
  attemptsMax: 3,
  statuses: gatewayErrors,
  attemptTimeoutMs: undefined,
  budgetPercent: 20,
}
const bases = ['https://a.example.com', 'https://b.example.com']
const members = bases.map((one) => ({ url: one }))

function originOf(origin: unknown) {
  const [route] = gatewayOf({
    origins: { api: origin },
    routes: [{ path: '/**', origin: 'api' }],
    hosts: ['usher.test'],
  }).rules.routes
  return route?.origin
}

describe('a set of members', () => {
  it('has names, weights, health and retries of its own where it says no more', () => {
    expect(originOf({ members: [...members, { service: 'B', weight: 0 }] })).toEqual({
      kind: 'set',
      name: 'api',
      timeoutMs: 30_000,
      secret: undefined,
      sticky: undefined,
      members: [
        ...bases.map((base, index) => ({
          name: `${index + 1}`,
          weight: 1,
          endpoint: { kind: 'url', base, certificate: undefined },
        })),
        { name: '3', weight: 0, endpoint: { kind: 'service', binding: 'B' } },
      ],
      health,
      retry,
    })
  })

  it('says all of it otherwise', () => {
    const written = {
      members: [{ url: 'https://a.example.com/v1/', name: 'east', weight: 3, certificate: 'CERT' }],
      sticky: 'cookie',
      timeout: '5s',
      health: { failures: 1, statuses: [500], probeAfter: '1m', check: { path: '/healthz' } },
      retry: { attempts: 2, statuses: [429, 503], attemptTimeout: '1s', budgetPercent: 50 },
    }
    expect(originOf(written)).toMatchObject({
      timeoutMs: 5_000,
      sticky: 'cookie',
      members: [
        {
          name: 'east',
          weight: 3,
          endpoint: { base: 'https://a.example.com/v1', certificate: 'CERT' },
        },
      ],
      health: {
        failuresMax: 1,
        statuses: new Set([500]),
        probeAfterMs: 60_000,
        check: { path: '/healthz' },
      },
      retry: {
        attemptsMax: 2,
        statuses: new Set([429, 503]),
        attemptTimeoutMs: 1_000,
        budgetPercent: 50,
      },
    })
  })

  it.each([
    [true, retry],
    [{}, retry],
    [false, undefined],
  ])('with retry %j retries by %j', (written, terms) => {
    expect(originOf({ members, retry: written })).toMatchObject({ retry: terms })
  })

  it.each([
    [{ members: [] }, ['members']],
    [{ members: 'https://a.example.com' }, ['members']],
    [{ members: [{}] }, ['members[0]']],
    [{ members: [{ sameHost: true }] }, ['members[0]']],
    [{ members: ['same-host'] }, ['members[0]']],
    [{ members: [{ url: 'http://a.example.com' }] }, ['members[0].url']],
    [{ members: [{ url: 'https://10.0.0.1' }] }, ['members[0].url']],
    [{ members: [{ url: undefined }] }, ['members[0].url']],
    [{ members: [{ ...members[0], weight: -1 }] }, ['members[0].weight']],
    [{ members: [{ ...members[0], weight: 0.5 }] }, ['members[0].weight']],
    [{ members: [{ ...members[0], weight: 1001 }] }, ['members[0].weight']],
    [{ members: [{ ...members[0], weight: '1' }] }, ['members[0].weight']],
    [{ members: [{ ...members[0], weight: Number.NaN }] }, ['members[0].weight']],
    [{ members: members.map((one) => ({ ...one, weight: 0 })) }, ['members']],
    [{ members: [{ ...members[0], name: 'a b' }] }, ['members[0].name']],
    [{ members: members.map((one) => ({ ...one, name: 'x' })) }, ['members[1].name']],
    [{ members: [members[0], { ...members[1], name: '1' }] }, ['members[1].name']],
    [{ members: [members[0], { url: 'https://A.example.com/' }] }, ['members[1]']],
    [{ members: [{ ...members[0], certificate: 'a-b' }] }, ['members[0].certificate']],
    [{ members: [{ service: 'B', certificate: 'C' }] }, ['members[0].certificate']],
    [
      { members: Array.from({ length: 33 }, (_, i) => ({ url: `https://${i}.example.com` })) },
      ['members'],
    ],
    [{ members, url: 'https://a.example.com' }, ['url']],
    [{ members, sticky: 'address' }, ['sticky']],
    [{ members, retry: 3 }, ['retry']],
    [{ members, retry: { attempts: 1 } }, ['retry.attempts']],
    [{ members, retry: { attempts: 6 } }, ['retry.attempts']],
    [{ members, retry: { statuses: [200] } }, ['retry.statuses[0]']],
    [{ members, retry: { attemptTimeout: 1 } }, ['retry.attemptTimeout']],
    [{ members, retry: { attemptTimeout: '30s' } }, ['retry.attemptTimeout']],
    [{ members, timeout: '5s', retry: { attemptTimeout: '6s' } }, ['retry.attemptTimeout']],
    [{ url: bases[0], timeout: '5s', retry: { attemptTimeout: '5s' } }, ['retry.attemptTimeout']],
    [{ members, retry: { budgetPercent: 0 } }, ['retry.budgetPercent']],
    [{ members, retry: { methods: ['POST'] } }, ['retry.methods']],
    [{ members, health: { failures: 0 } }, ['health.failures']],
    [{ members, health: { probeAfter: '99ms' } }, ['health.probeAfter']],
    [{ members, health: { statuses: [301] } }, ['health.statuses[0]']],
    [{ members, health: { check: {} } }, ['health.check.path']],
    [{ members, health: { check: { path: 'healthz' } } }, ['health.check.path']],
    [{ members, health: { check: { path: '/a/../b' } } }, ['health.check.path']],
    ...['//b', '/..', '/.', '/a/..', '/a/.', '/a/./', '/a//', '/./a', '/b//c', '/b/.'].map(
      (path): [object, string[]] => [
        { members, health: { check: { path } } },
        ['health.check.path'],
      ],
    ),
    [{ members, health: { check: { path: '/a?b' } } }, ['health.check.path']],
    [{ members, health: { check: { path: '/%61' } } }, ['health.check.path']],
    [{ url: 'https://a.example.com', sticky: 'cookie' }, ['sticky']],
    [{ url: 'https://a.example.com', health: {} }, ['health']],
  ])('is never %j', (origin, places) => {
    const config = { origins: { api: origin }, routes: [{ path: '/**', origin: 'api' }] }
    expect(placesOf(config)).toEqual(places.map((place) => `origins.api.${place}`))
  })

  it('may be asked for its health at the root, and below a folder', () => {
    for (const path of [
      '/',
      '/h',
      '/h/',
      '/healthz',
      '/status/1',
      '/a/b.json',
      '/a/',
      '/.well',
      '/a/...',
    ]) {
      expect(originOf({ members, health: { check: { path } } })).toMatchObject({
        health: { check: { path } },
      })
    }
  })

  it('may take no answer for a failure', () => {
    const written = { members, retry: { statuses: [] }, health: { statuses: [] } }
    const statuses = new Set()
    expect(originOf(written)).toMatchObject({ retry: { statuses }, health: { statuses } })
  })

  it('of one member leads nobody anywhere: the check says so', () => {
    const config = (origin: object) => ({
      origins: { api: { sticky: 'cookie', ...origin } },
      routes: ['/a/**', '/b/**'].map((path) => ({ path, origin: 'api' })),
      hosts: ['usher.test'],
    })
    const env = { ...variables, AUTHORIZED_PARTIES: 'https://app.example.com' }
    const warned = (origin: object) =>
      gatewayOf({ ...config(origin), canonicalOrigin: 'https://usher.test' }, { env }).warnings
    expect(warned({ members: [members[0]] }).map(({ place }) => place)).toEqual([
      'origins.api.sticky',
    ])
    expect(warned({ members })).toEqual([])
  })

  it('is made of a single origin that is asked again', () => {
    expect(originOf({ url: bases[0], retry: true })).toMatchObject({
      kind: 'set',
      members: [{ name: '1', weight: 1, endpoint: { base: bases[0] } }],
      health,
      retry,
    })
    expect(originOf({ url: bases[0], retry: false })).toMatchObject({ kind: 'url' })
  })
})

describe('what holds for an origin holds for each of its members', () => {
  const routes = [{ path: '/**', origin: 'api' }]

  it.each([
    [{ url: 'https://usher.test' }, 'origins.api.url'],
    [{ url: 'https://usher.test', retry: true }, 'origins.api'],
    [{ members: [...members, { url: 'https://usher.test/v1' }] }, 'origins.api'],
  ])('%j is the gateway’s own host', (origin, place) => {
    expect(placesOf({ origins: { api: origin }, routes, hosts: ['usher.test'] })).toEqual([place])
  })

  it('the own host, asked again, needs its names too', () => {
    const origins = { api: { sameHost: true, retry: true } }
    expect(placesOf({ origins, routes })).toEqual(['origins.api'])
  })

  it('a public and a protected route lead to one address, whatever the sets are', () => {
    const env = { ...variables, AUTHORIZED_PARTIES: 'https://app.example.com' }
    const config = {
      origins: { api: { members }, site: { members: [members[1], { service: 'S' }] } },
      routes: [
        { path: '/a/**', origin: 'api' },
        { path: '/b/**', origin: 'site', access: 'public' },
      ],
      hosts: ['usher.test'],
      canonicalOrigin: 'https://usher.test',
    }
    const places = gatewayOf(config, { env }).warnings.map(({ place }) => place)
    expect(places).toEqual(['origins.site'])
    const same = { ...config, routes: config.routes.map((one) => ({ ...one, origin: 'api' })) }
    const warned = gatewayOf(same, { env }).warnings.map(({ place }) => place)
    expect(warned).toEqual(['origins.api'])
  })
})
