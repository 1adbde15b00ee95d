import { describe, expect, it } from 'vitest'
import { placesOf, problemsOf, variables, withRoutes } from './sample.ts'

describe('a route', () => {
  it.each([
    ['/_usher', 'path'],
    ['/_usher/x', 'path'],
    ['/_USHER/**', 'path'],
    ['/%5Fusher/**', 'path'],
    ['/__clerk/**', 'path'],
    ['/__Clerk', 'path'],
  ])('never lies on %s', (path, key) => {
    expect(placesOf(withRoutes(path))).toEqual([`routes[0].${key}`])
  })

  it("never lies below a prefix of the author's own", () => {
    expect(placesOf({ ...withRoutes('/door/x', '/_usher/x'), prefix: '/door' })).toEqual([
      'routes[0].path',
    ])
  })

  it('never lies where an alias takes every request', () => {
    const config = {
      ...withRoutes('/healthz/', '/healthz/x', '/**'),
      aliases: { '/healthz': 'livez' },
    }
    expect(placesOf(config)).toEqual(['routes[0].path'])
  })

  it.each([
    [{ methods: ['get'] }, 'methods[0]'],
    [{ methods: ['GET', 'TRACE'] }, 'methods[1]'],
    [{ methods: ['CONNECT'] }, 'methods[0]'],
    [{ methods: ['A B'] }, 'methods[0]'],
    [{ methods: [] }, 'methods'],
    [{ methods: 'GET' }, 'methods'],
    [{ host: 'https://a.example.com' }, 'host'],
    [{ host: '*' }, 'host'],
    [{ host: '*.' }, 'host'],
    [{ host: '*.*.example.com' }, 'host'],
    [{ origin: undefined }, 'origin'],
    [{ origin: 'constructor' }, 'origin'],
    [{ assertion: 'always' }, 'assertion'],
    [{ access: 'public', assertion: 'session' }, 'assertion'],
    [{ escapes: ['%2f'] }, 'escapes[0]'],
    [{ websocket: 'yes' }, 'websocket'],
    [{ passCredential: 1 }, 'passCredential'],
    [{ path: '/orgs/:orgId', access: { org: ':orgid' } }, 'access'],
    [{ path: '/a%2Fb' }, 'path'],
    [{ path: '/a;b' }, 'path'],
    [{ path: '/a%25b', escapes: ['%2F'] }, 'path'],
  ])('is never %j', (route, key) => {
    expect(placesOf(withRoutes(route))).toEqual([`routes[0].${key}`])
  })

  it('may hold an escaped separator that it lets through', () => {
    expect(placesOf(withRoutes({ path: '/a%2Fb;c', escapes: ['%2F', '%3B'] }))).toEqual([])
  })

  it('never wants an assertion that nobody can sign', () => {
    const env = { ...variables, USHER_SIGNING_KEY: '' }
    const config = withRoutes(
      { path: '/a' },
      { path: '/b', access: 'public' },
      { path: '/c', assertion: 'off' },
      { path: '/d', access: 'optional' },
    )
    const problems = problemsOf(config, { env })
    expect(problems.map(({ place }) => place)).toEqual([
      'routes[0].assertion',
      'routes[3].assertion',
    ])
    expect(problems[0]?.message).toContain('npm run keys')
  })

  it('is for a host that is served', () => {
    const config = withRoutes({ host: 'a.example.com' }, { host: '*.example.org' }, '/**')
    expect(placesOf({ ...config, hosts: ['b.example.com', 'a.b.example.org'] })).toEqual([
      'routes[0].host',
      'routes[1].host',
    ])
  })
})
