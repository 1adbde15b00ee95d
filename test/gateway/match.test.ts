import { describe, expect, it } from 'vitest'
import { compileGateway } from '../../src/config/compile.ts'
import { defineGateway, type RouteConfig } from '../../src/config/define.ts'
import { strict } from '../../src/config/relaxations.ts'
import { canonicalize } from '../../src/gateway/canonical.ts'
import { buildRouteTable, match } from '../../src/gateway/match.ts'
import { makeSigningKeys } from '../support/signing-keys.ts'
import { createWorld } from '../support/world.ts'

const variables = {
  CLERK_FRONTEND_API: 'clerk.usher.test',
  USHER_SIGNING_KEY: await makeSigningKeys(),
}

function tableOf(routes: readonly Omit<RouteConfig, 'origin'>[]) {
  const definition = defineGateway(() => ({
    origins: { api: { url: 'https://origin.usher.test' } },
    routes: routes.map((route) => ({ origin: 'api', ...route })),
  }))
  const compiled = compileGateway(definition, variables, strict)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error))
  const { rules } = compiled.value
  const table = buildRouteTable(rules.routes)
  return (url: string, method = 'GET', headers: HeadersInit = {}) => {
    const target = canonicalize({ url, headers: new Headers() }, rules.escapes)
    if (!target.ok) return target.error.code
    const found = match(table, target.value, { method, headers: new Headers(headers) })
    if (!found.ok) return found.error.code
    return [found.value.route.path.source, ...[...found.value.parameters].flat()].join(' ')
  }
}

const at = (path: string) => `https://api.usher.test${path}`

describe('the most specific route wins, whatever the order', () => {
  const routes = [
    { path: '/**' },
    { path: '/api/**' },
    { path: '/api/:id' },
    { path: '/api/admin' },
    { path: '/api/:id/files/*' },
    { path: '/api/admin/**' },
  ]
  const cases: [string, string][] = [
    ['/', '/**'],
    ['/x', '/**'],
    ['/api', '/api/**'],
    ['/api/', '/api/**'],
    ['/api/7', '/api/:id id 7'],
    ['/api/7/', '/api/:id id 7'],
    ['/api/admin', '/api/admin'],
    ['/api/admin/', '/api/admin'],
    ['/api/admin/x', '/api/admin/**'],
    ['/api/admins', '/api/:id id admins'],
    ['/api/7/files/a', '/api/:id/files/* id 7'],
    ['/api/7/files', '/api/**'],
    ['/api/7/files/a/b', '/api/**'],
    ['/API/admin', '/**'],
  ]
  it.each(cases)('%s is for %s', (path, expected) => {
    // The files route and the admin route meet in /api/admin/files/x; the admin's lies before it.
    const complete = [...routes, { path: '/api/admin/files/*' }]
    expect(tableOf(complete)(at(path))).toBe(expected)
    expect(tableOf(complete.toReversed())(at(path))).toBe(expected)
  })
})

describe('a literal is compared by its meaning', () => {
  const find = tableOf([
    { path: '/a!b/x' },
    { path: '/caf%C3%A9' },
    { path: '/**', access: 'public' },
  ])
  it.each([
    ['/a!b/x', '/a!b/x'],
    ['/a%21b/x', '/a!b/x'],
    ['/%61!b/x', '/a!b/x'],
    ['/café', '/caf%C3%A9'],
    ['/caf%c3%a9', '/caf%C3%A9'],
  ])('%s meets the policy of %s', (path, expected) => expect(find(at(path))).toBe(expected))

  it('and a parameter is decoded', () => {
    expect(tableOf([{ path: '/u/:name' }])(at('/u/a%20b'))).toBe('/u/:name name a b')
  })
})

describe('methods, hosts, escapes and upgrades', () => {
  it('what only another method reaches is 405 and says which', () => {
    const find = tableOf([{ path: '/ingest', methods: ['POST', 'PUT'] }])
    expect(find(at('/ingest'), 'POST')).toBe('/ingest')
    expect(find(at('/ingest'), 'GET')).toBe('method-not-allowed')
    expect(find(at('/other'), 'POST')).toBe('route-unknown')
  })

  it('HEAD is for the route of GET', () => {
    const find = tableOf([
      { path: '/a', methods: ['GET'] },
      { path: '/**', access: 'public' },
    ])
    expect(find(at('/a'), 'HEAD')).toBe('/a')
    expect(find(at('/a'), 'POST')).toBe('/**')
  })

  it('the narrower host wins, and a subdomain is one label', () => {
    const find = tableOf([
      { path: '/**' },
      { path: '/**', host: '*.usher.test', access: 'public' },
      { path: '/x/**', host: 'api.usher.test' },
      { path: '/x/**', host: '*.usher.test', access: 'optional' },
    ])
    expect(find('https://api.usher.test/x/1')).toBe('/x/**')
    expect(find('https://usher.test/x/1')).toBe('/**')
    expect(find('https://a.b.usher.test/x/1')).toBe('/**')
    expect(find('https://evilusher.test/x')).toBe('/**')
  })

  it('an escape is for the route that asked for it alone', () => {
    const find = tableOf([{ path: '/npm/**', escapes: ['%2F'] }, { path: '/**' }])
    expect(find(at('/npm/@a%2fb'))).toBe('/npm/**')
    expect(find(at('/x/@a%2fb'))).toBe('target-has-encoded-separator')
    expect(find(at('/npm/a%25'))).toBe('target-has-encoded-separator')
  })

  it('an escape never leads a lenient origin past the policy of another route', () => {
    const every = ['%2F', '%25', '%3B', '%23', '%3F', ';'] as const
    const find = tableOf([
      { path: '/**', access: 'public', escapes: every },
      { path: '/admin/**', access: { org: 'org_1' } },
      { path: '/reports/:a/:b' },
    ])
    const bad = [
      ...['/admin%2fx', '/admin;a/x', '/%2fadmin/x', '/admin%3f', '/admin%23/x', '/;/admin/x'],
      ...['/reports%2Fa%2Fb', '/reports%2Fa%2F;x', '/reports/a%2Fb', '/reports/a%2Fb%3Fc'],
    ]
    for (const path of bad)
      expect([path, find(at(path))]).toEqual([path, 'target-has-encoded-separator'])
    for (const path of ['/a%2fb', '/a;b', '/x%2fadmin', '/100%25'])
      expect(find(at(path))).toBe('/**')
  })

  it('a WebSocket is for the route that takes them', () => {
    const find = tableOf([{ path: '/ws', websocket: true }, { path: '/**' }])
    expect(find(at('/ws'), 'GET', { upgrade: 'WebSocket' })).toBe('/ws')
    expect(find(at('/x'), 'GET', { upgrade: 'websocket' })).toBe('upgrade-not-allowed')
    expect(find(at('/x'), 'GET', { upgrade: 'h2c' })).toBe('/**')
  })

  it.each(['TRACE', 'TRACK', 'CONNECT'])(
    '%s would show the caller what is the origin’s: 405',
    (method) => {
      expect(tableOf([{ path: '/**', access: 'public' }])(at('/x'), method)).toBe(
        'method-not-allowed',
      )
    },
  )

  it('a request that came back is recognised before anyone is authenticated', async () => {
    const world = await createWorld({
      config: {
        origins: { self: 'same-host' },
        routes: [{ path: '/**', origin: 'self' }],
        hosts: ['api.usher.test'],
      },
    })
    const response = await world.get('/x', undefined, { headers: { 'x-usher-loop': '1' } })
    expect(response.status).toBe(508)
    expect((await world.get('/x', await world.token())).status).toBe(200)
    expect(world.sent[0]?.headers.get('x-usher-loop')).toBe('1')
  })

  it('what no route matches reaches no origin', () => {
    expect(tableOf([{ path: '/a/**' }])(at('/b'))).toBe('route-unknown')
  })
})
