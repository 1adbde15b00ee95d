import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/config/duration.ts'
import { placesOf, problemsOf, withRoutes } from './sample.ts'

describe('the check of a config', () => {
  it('reports five errors of five kinds, each with its place', () => {
    const config = {
      origins: { api: { url: 'http://api.example.com' }, 'b d': { service: 'B' } },
      routes: [
        { path: '/a', origin: 'apu' },
        { path: 'b', origin: 'api' },
        { path: '/c', origin: 'api', access: { rolle: 'admin' } },
      ],
    }
    expect(placesOf(config)).toEqual([
      'origins.api.url',
      'origins["b d"]',
      'routes[1].path',
      'routes[2].access.rolle',
      'routes[0].origin',
    ])
  })

  it('reports a broken environment together with a broken config', () => {
    const env = { AUTHORIZED_PARTIES: '*' }
    expect(placesOf(withRoutes('/a//b'), { env })).toEqual([
      'AUTHORIZED_PARTIES',
      'CLERK_PUBLISHABLE_KEY',
      'routes[0].path',
      'routes[0].assertion',
    ])
  })

  it('says of every problem how to mend it, in sentences', () => {
    const config = {
      ...withRoutes('/a//b', { origin: 'x', methods: ['get'] }),
      prefix: '',
      routez: 1,
    }
    const problems = problemsOf(config, { env: {} })
    expect(problems.length).toBeGreaterThan(5)
    for (const { message } of problems) expect(message).toMatch(/^[A-Z"].{10,}[.?]$/)
  })

  it.each(['accepts', 'scopes', 'revocable', 'fresh'])(
    'never compiles the unknown access word "%s"',
    (word) => {
      expect(placesOf(withRoutes({ access: { role: 'admin', [word]: 'x' } }))).toEqual([
        `routes[0].access.${word}`,
      ])
    },
  )

  it.each(['cache', 'limit', 'maxBytes', 'Path', 'headers'])(
    'never compiles the unknown route key "%s"',
    (key) => {
      expect(placesOf(withRoutes({ [key]: 'x' }))).toEqual([`routes[0].${key}`])
    },
  )

  it.each(['facts', 'operator', 'host', 'route'])('never compiles the unknown key "%s"', (key) => {
    expect(placesOf({ ...withRoutes('/**'), [key]: 'x' })).toEqual([key])
  })

  it('never takes an inherited key for a written one', () => {
    const route = Object.create({ access: 'public' })
    Object.assign(route, { path: '/**', origin: 'api', assertion: 'session' })
    expect(placesOf({ origins: { api: { service: 'API' } }, routes: [route] })).toEqual([])
  })

  it.each(['access', 'methods', 'host', 'assertion'])(
    'never takes a "%s" that is undefined for one that was left out',
    (key) => {
      expect(placesOf(withRoutes({ [key]: undefined }))).toEqual([`routes[0].${key}`])
    },
  )

  it('suggests the key that was probably meant', () => {
    const [problem] = problemsOf(withRoutes({ acces: 'public' }))
    expect(problem?.message).toContain('Did you mean "access"?')
  })

  it('suggests the origin that was probably meant', () => {
    const [problem] = problemsOf(withRoutes({ origin: 'apii' }))
    expect(problem?.message).toContain('Did you mean "api"?')
  })

  it.each([undefined, null, [], 'config', 42, Promise.resolve({}), {}])(
    '%j is no config',
    (config) => {
      expect(placesOf(config)).not.toEqual([])
    },
  )

  it.each([
    ['routes[0]', { routes: ['/**'] }],
    ['routes', { routes: {} }],
    ['routes', { routes: [] }],
    ['origins', { origins: [] }],
    ['origins', { origins: undefined }],
    ['prefix', { prefix: 'usher' }],
    ['prefix', { prefix: '/' }],
    ['prefix', { prefix: '/a/b' }],
    ['prefix', { prefix: '/Usher' }],
    ['prefix', { prefix: '/..' }],
    ['prefix', { prefix: '/usher.' }],
    ['prefix', { prefix: '/__clerk' }],
    ['prefix', { prefix: '/%75' }],
    ['hosts', { hosts: [] }],
    ['hosts', { hosts: 'api.example.com' }],
    ['hosts[0]', { hosts: ['https://api.example.com'] }],
    ['hosts[0]', { hosts: ['api.example.com/'] }],
    ['hosts[0]', { hosts: ['*.example.com'] }],
    ['hosts[0]', { hosts: ['example.com.'] }],
    ['hosts[0]', { hosts: ['example.com.:8080'] }],
    ['hosts[0]', { hosts: ['a*.example.com'] }],
    ['hosts[0]', { hosts: ['a@example.com'] }],
    ['canonicalOrigin', { canonicalOrigin: 'http://a.example.com' }],
    ['canonicalOrigin', { canonicalOrigin: 'https://a.example.com/' }],
    ['canonicalOrigin', { canonicalOrigin: 'https://a.example.com/x' }],
    ['canonicalOrigin', { canonicalOrigin: 'a.example.com' }],
    ['aliases.x', { aliases: { x: 'livez' } }],
    ['aliases["/a/../b"]', { aliases: { '/a/../b': 'livez' } }],
    ['aliases["/a%20b"]', { aliases: { '/a%20b': 'livez' } }],
    ['aliases["/a/:b"]', { aliases: { '/a/:b': 'livez' } }],
    ['aliases["/x"]', { aliases: { '/x': 'admin' } }],
    ['aliases["/x"]', { aliases: { '/x': 'auth/envoy' } }],
    ['aliases["/x/"]', { aliases: { '/x': 'livez', '/x/': 'me' } }],
    ['aliases["/_usher/x"]', { aliases: { '/_usher/x': 'livez' } }],
    ['aliases["/__CLERK"]', { aliases: { '/__CLERK': 'livez' } }],
  ])('places a problem at %s of %j', (place, part) => {
    expect(placesOf({ ...withRoutes('/**'), ...part })).toContain(place)
  })

  it.each([
    ['1ms', 1],
    ['500ms', 500],
    ['10s', 10_000],
    ['10m', 600_000],
  ])('takes a time of %s', (source, milliseconds) => {
    expect(parseDuration(source)).toEqual({ ok: true, value: milliseconds })
  })

  it.each([
    '',
    '0s',
    '10',
    '-1s',
    '1.5s',
    '1e3ms',
    '11m',
    '601s',
    '10 s',
    's',
    '1h',
    '999999999999s',
  ])('refuses a time of %j', (source) => {
    expect(parseDuration(source).ok).toBe(false)
  })
})

describe('the access of a route', () => {
  it.each([
    ['routes[0].access', 'admin'],
    ['routes[0].access', ''],
    ['routes[0].access', null],
    ['routes[0].access', true],
    ['routes[0].access', ['public']],
    ['routes[0].access', {}],
    ['routes[0].access.role', { role: undefined }],
    ['routes[0].access.role', { org: 'acme', role: undefined }],
    ['routes[0].access.role', { role: '' }],
    ['routes[0].access.role', { role: [] }],
    ['routes[0].access.role', { role: 'org:' }],
    ['routes[0].access.role', { role: 'org:reports:read' }],
    ['routes[0].access.role', { role: 'Org:admin' }],
    ['routes[0].access.role', { role: 'two words' }],
    ['routes[0].access.role[1]', { role: ['admin', 7] }],
    ['routes[0].access.permission', { permission: 'org:reports' }],
    ['routes[0].access.permission', { permission: 'org:sys_memberships:manage' }],
    ['routes[0].access.org', { org: ':' }],
    ['routes[0].access.org', { org: 'a b' }],
    ['routes[0].access', { org: ':orgId' }],
    ['routes[0].access.all', { all: {} }],
    ['routes[0].access.any', { any: [] }],
    ['routes[0].access.any[0]', { any: [{}] }],
    ['routes[0].access.any[1].roll', { any: [{ role: 'a' }, { roll: 'b' }] }],
    ['routes[0].access.not', { not: [] }],
    ['routes[0].access.not', { not: 'public' }],
  ])('has a problem at %s in %j', (place, access) => {
    expect(placesOf(withRoutes({ access }))).toEqual([place])
  })

  it('never loops on conditions that contain themselves', () => {
    const access: Record<string, unknown> = { role: 'admin' }
    access.not = access
    expect(placesOf(withRoutes({ access }))).toHaveLength(1)
  })
})
