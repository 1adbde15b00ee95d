import { describe, expect, it } from 'vitest'
import type { ConfigEnvironment } from '../../src/config/define.ts'
import gateway from '../../src/site/gateway.config.ts'
import { compile, gatewayOf, local, placesOf, problemsOf, variables, withRoutes } from './sample.ts'

function routeOf(route: Record<string, unknown>) {
  const [compiled] = gatewayOf(withRoutes(route)).rules.routes
  return compiled
}

function conditionOf(access: unknown, path = '/**') {
  const route = routeOf({ access, path })
  return route?.access.kind === 'signed-in' ? route.access.condition : undefined
}

describe('a compiled gateway', () => {
  it('is the shipped config with three variables and no edit', () => {
    const { rules, settings } = gatewayOf(gateway.factory)
    expect(rules.prefix).toBe('/_usher')
    expect(rules.routes).toMatchObject([
      {
        name: '/**',
        methods: undefined,
        host: { kind: 'any' },
        origin: { kind: 'url', name: 'api', base: 'https://api.example.com', timeoutMs: 30_000 },
        access: { kind: 'signed-in', needsFacts: false },
        assertion: undefined,
        websocket: undefined,
        passCredential: false,
      },
    ])
    expect(settings.signingKeys).toHaveLength(1)
  })

  it('shows the factory trimmed variables, and none that are empty or bindings', () => {
    const seen: Record<string, unknown>[] = []
    const factory = (env: ConfigEnvironment) => {
      seen.push({ ...env })
      return withRoutes('/**')
    }
    gatewayOf(factory, { env: { ...variables, A: ' a ', B: '  ', KV: { get() {} }, C: 1 } })
    expect(seen).toEqual([{ ...variables, A: 'a' }])
  })

  it('names the variables that an address may have been read from', () => {
    const factory = (env: ConfigEnvironment) => ({
      origins: { api: { url: env.MY_API } },
      routes: [{ path: '/**', origin: 'api' }],
    })
    const [problem] = problemsOf(factory)
    expect(problem?.place).toBe('origins.api.url')
    expect(problem?.message).toContain('MY_API')
  })

  it('never quotes what a factory throws', () => {
    const problems = problemsOf(() => {
      throw new TypeError('the secret is sk_test_123')
    })
    expect(problems.map(({ place }) => place)).toEqual(['defineGateway'])
    expect(JSON.stringify(problems)).toContain('TypeError')
    expect(JSON.stringify(problems)).not.toContain('sk_test')
  })

  it('names a route by its methods, host and path as written', () => {
    const route = { path: '/a/', methods: ['GET', 'POST'], host: '*.Example.com' }
    expect(routeOf(route)?.name).toBe('GET,POST *.example.com/a/')
  })

  it('brings HEAD with GET, and with nothing else', () => {
    expect(routeOf({ methods: ['GET'] })?.methods).toEqual(new Set(['GET', 'HEAD']))
    expect(routeOf({ methods: ['POST'] })?.methods).toEqual(new Set(['POST']))
  })

  it('asserts nothing on a public route, and by method where nothing is said', () => {
    expect(routeOf({ access: 'public' })?.assertion).toBe('off')
    expect(routeOf({ access: 'optional' })?.assertion).toBeUndefined()
    expect(routeOf({ assertion: 'request' })?.assertion).toBe('request')
  })

  it('gathers the escapes of every route', () => {
    const config = withRoutes({ path: '/a', escapes: ['%2F'] }, { path: '/b', escapes: [';'] })
    expect(gatewayOf(config).rules.escapes).toEqual(new Set(['%2F', ';']))
  })

  it('knows an alias with its trailing slash and without', () => {
    const aliases = { '/api/users/clerk-test/': 'clerk-test', '/': 'livez' }
    expect([...gatewayOf({ ...withRoutes('/x'), aliases }).rules.aliases]).toEqual([
      ['/api/users/clerk-test', '/clerk-test'],
      ['/api/users/clerk-test/', '/clerk-test'],
      ['/', '/livez'],
    ])
  })

  it('knows no alias of the one surface that has a path below it, and says why', () => {
    const aliases = { '/x': 'auth/envoy', '/y': 'auth/nginx' }
    expect(problemsOf({ ...withRoutes('/z'), aliases })).toEqual([
      { place: 'aliases["/x"]', message: expect.stringContaining('the path below it') },
    ])
  })

  it('sends nothing wherever a Host header says', () => {
    const config = { origins: { api: 'same-host' }, routes: [{ path: '/**', origin: 'api' }] }
    expect(problemsOf(config)).toMatchObject([{ place: 'origins.api' }])
    expect(problemsOf({ ...config, hosts: ['a.example.com'] })).toEqual([])
    expect(problemsOf(config, { relaxations: local })).toEqual([])
  })

  it('sends nothing to its own host in circles', () => {
    const config = { ...withRoutes('/**'), hosts: ['api.example.com'] }
    expect(problemsOf(config)).toMatchObject([{ place: 'origins.api.url' }])
  })

  it('compares hosts in lower case and without the default port', () => {
    const hosts = ['GATE.Example.com:443', 'localhost:8787']
    expect(gatewayOf({ ...withRoutes('/**'), hosts }).rules.hosts).toEqual(
      new Set(['gate.example.com', 'localhost:8787']),
    )
  })

  it('never compiles twice to something else', () => {
    const config = withRoutes('/a/:b', { path: '/**', access: { role: 'admin' } })
    expect(compile(config)).toEqual(compile(config))
  })
})

describe('compiled access', () => {
  it.each([
    [{ role: 'admin' }, { kind: 'usher-role', role: 'admin' }],
    [{ role: 'org:admin' }, { kind: 'clerk-role', role: 'org:admin' }],
    [{ permission: 'reports:read' }, { kind: 'usher-permission', permission: 'reports:read' }],
    [{ permission: 'org:a:read' }, { kind: 'clerk-permission', permission: 'org:a:read' }],
    [{ org: 'org_123' }, { kind: 'organization', organization: 'org_123' }],
    [{ not: { role: 'a' } }, { kind: 'not', of: { kind: 'usher-role', role: 'a' } }],
    [
      { role: ['a', 'org:b'] },
      {
        kind: 'all',
        of: [
          { kind: 'usher-role', role: 'a' },
          { kind: 'clerk-role', role: 'org:b' },
        ],
      },
    ],
    [
      { org: 'acme', any: [{ role: 'a' }, { role: 'b', permission: 'c' }] },
      {
        kind: 'all',
        of: [
          { kind: 'organization', organization: 'acme' },
          {
            kind: 'any',
            of: [
              { kind: 'usher-role', role: 'a' },
              {
                kind: 'all',
                of: [
                  { kind: 'usher-role', role: 'b' },
                  { kind: 'usher-permission', permission: 'c' },
                ],
              },
            ],
          },
        ],
      },
    ],
  ])('of %j says the same', (access, condition) => {
    expect(conditionOf(access)).toEqual(condition)
  })

  it('takes an organisation from a parameter of the path', () => {
    expect(conditionOf({ org: ':orgId' }, '/orgs/:orgId/**')).toEqual({
      kind: 'organization-parameter',
      parameter: 'orgId',
    })
  })

  it.each([
    ['signed-in', false],
    [{ role: 'org:admin' }, false],
    [{ org: 'acme' }, false],
    [{ role: 'admin' }, true],
    [{ org: 'acme', not: { any: [{ permission: 'x' }] } }, true],
  ])('of %j needs facts: %s', (access, needsFacts) => {
    expect(routeOf({ access })?.access).toMatchObject({ needsFacts })
  })
})

describe('signing in', () => {
  const routes = withRoutes('/**')

  it('needs an origin to return to', () => {
    const signInUrl = 'https://accounts.example.com/sign-in'
    expect(placesOf({ ...routes, signInUrl })).toEqual(['canonicalOrigin'])
    expect(placesOf({ ...routes, signInUrl, canonicalOrigin: 'https://a.example.com' })).toEqual([])
  })

  it('never returns to a host that is not served', () => {
    const config = { ...routes, hosts: ['a.example.com'], canonicalOrigin: 'https://b.example.com' }
    expect(placesOf(config)).toEqual(['canonicalOrigin'])
  })

  it.each([
    '/sign-in',
    '//a.example.com',
    'http://a.example.com',
    'javascript:alert(1)',
    'https://u:p@a.example.com',
  ])('is never at %s', (signInUrl) => {
    expect(placesOf({ ...routes, signInUrl, canonicalOrigin: 'https://a.example.com' })).toEqual([
      'signInUrl',
    ])
  })
})

describe('an identity that is the assertion alone', () => {
  const identity = 'assertion'

  it('compiles, and headers are the default', () => {
    expect(gatewayOf({ ...withRoutes('/a'), identity }).rules.identity).toBe('assertion')
    expect(gatewayOf(withRoutes('/a')).rules.identity).toBe('headers')
  })

  it.each([
    ['with further headers', { identityHeaders: ['roles'] }, ['identity']],
    ['on a route that sends none', withRoutes({ assertion: 'off' }), ['routes[0].assertion']],
    ['by a word that is none', { identity: 'none' }, ['identity']],
  ])('is an error %s', (_, wrong, places) => {
    expect(placesOf({ ...withRoutes('/a'), identity, ...wrong })).toEqual(places)
  })
})
