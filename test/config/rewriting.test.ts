import { describe, expect, it } from 'vitest'
import { gatewayOf, placesOf, problemsOf, variables, withRoutes } from './sample.ts'

/** What the one route of a config compiles to. */
function routeOf(route: Record<string, unknown>) {
  const compiled = gatewayOf(withRoutes(route)).rules.routes[0]
  if (compiled === undefined) throw new Error('There is no route')
  return compiled
}

describe('a rewrite', () => {
  it.each([
    ['/api/:org/**', '/v2/:org/**', ['v2', 1], ['api', 1], 2],
    ['/:a/:b', '/x/:b/:a', ['x', 1, 0], [2, 1], undefined],
    ['/api/**', '/', [], undefined, undefined],
    ['/api/:a/**', '/:a', [1], undefined, undefined],
    ['/api/:a/**', '/x/**', ['x'], undefined, 2],
    ['/api/*/**', '/x/**', ['x'], undefined, 2],
    ['/api/*/**', { strip: '/api' }, [], ['api'], 1],
    ['/api/v1/:a', { strip: '/api/v1', add: '/x/y' }, ['x', 'y'], ['api', 'v1'], 2],
    ['/**', { add: '/v2' }, ['v2'], [], 0],
    [
      '/caf%C3%A9/**',
      { strip: '/café', add: "/a b/+@:$&=,'" },
      ['a%20b', "+@:$&=,'"],
      ['caf%C3%A9'],
      1,
    ],
    ['/a%2Fb/:x', '/y/:x', ['y', 1], ['a%2Fb', 1], undefined],
  ] as const)('%s by %j is pieces and the way back', (path, rewrite, there, back, restFrom) => {
    expect(routeOf({ path, rewrite, escapes: ['%2F'] }).rewrite).toMatchObject({
      there,
      back,
      restFrom,
    })
  })

  it.each([
    [{ strip: '/api' }, '/api'],
    [{ strip: '/api/v1' }, '/api/v1'],
    [{ strip: '/api', add: '/v2' }, ''],
    [{ add: '/v2' }, ''],
    ['/v2/**', ''],
  ])('%j strips %j, which is told where nothing takes its place', (rewrite, stripped) => {
    expect(routeOf({ path: '/api/v1/**', rewrite }).rewrite?.stripped).toBe(stripped)
  })

  it.each([
    ['/api/**', 'v2/**', ''],
    ['/api/**', '', ''],
    ['/api/**', 7, ''],
    ['/api/**', null, ''],
    ['/api/**', {}, ''],
    ['/api/**', { strip: '/api', to: '/x' }, '.to'],
    ['/api/**', { strip: undefined }, '.strip'],
    ['/api/**', { strip: '/' }, '.strip'],
    ['/api/**', { strip: 'api' }, '.strip'],
    ['/api/**', { strip: '/api/**' }, '.strip'],
    ['/api/:a', { strip: '/api/:a' }, '.strip'],
    ['/api/**', { add: '/' }, '.add'],
    ['/api/**', { add: '/x/*' }, '.add'],
    ['/api/**', { add: '/x/../y' }, '.add'],
    ['/api/**', { add: '/a%2Fb' }, '.add'],
    // Whole segments only, and literal ones.
    ['/api/**', { strip: '/ap' }, '.strip'],
    ['/api/**', { strip: '/api/v1' }, '.strip'],
    ['/api/:v/**', { strip: '/api/v1' }, '.strip'],
    ['/Api/**', { strip: '/api' }, '.strip'],
    ['/x/api/**', { strip: '/api' }, '.strip'],
    // Only what the path names, each once.
    ['/api/:a', '/v2/:b', ''],
    ['/api/:a', '/v2/:A', ''],
    ['/api/:a', '/v2/:a/:a', ''],
    ['/api/*', '/v2/*', ''],
    ['/api/:a', '/v2/**', ''],
    ['/api/**', '/v2/**/x', ''],
    // One reading only.
    ['/api/**', '/v2//x', ''],
    ['/api/**', '/v2/./x', ''],
    ['/api/**', '/v2/%2e%2e/x', ''],
    ['/api/**', '/v2/\u2025/x', ''],
    ['/api/**', '/v2/%2E%20/x', ''],
    ['/api/**', '/v2/a%2Fb', ''],
    ['/api/**', '/v2/a;b', ''],
    ['/api/**', '/v2/a%3Bb', ''],
    ['/api/**', '/v2/a%25b', ''],
    ['/api/**', '/v2/a%23b', ''],
    ['/api/**', '/v2?x=1', ''],
    ['/api/**', '/v2#x', ''],
    ['/api/**', '/v2\\x', ''],
    ['/api/**', '//evil.test/**', ''],
    ['/api/**', 'https://evil.test/**', ''],
    // Never where an Usher behind would have its own surfaces.
    ['/api/**', '/_usher/**', ''],
    ['/api/**', '/_USHER/**', ''],
    ['/api/**', '/%5Fusher', ''],
    ['/api/**', { strip: '/api', add: '/__clerk' }, ''],
  ])('of %s is never %j', (path, rewrite, key) => {
    expect(placesOf(withRoutes({ path, rewrite }))).toEqual([`routes[0].rewrite${key}`])
  })

  it('never leads to the surfaces of a prefix of one’s own', () => {
    const config = { ...withRoutes({ path: '/a/**', rewrite: '/door/**' }), prefix: '/door' }
    expect(placesOf(config)).toEqual(['routes[0].rewrite'])
  })
})

describe('two routes to one path of an origin', () => {
  const admin = { path: '/admin/**', access: { role: 'admin' } }
  const warnings = (...routes: readonly Record<string, unknown>[]) =>
    gatewayOf(withRoutes(...routes)).warnings.filter(({ place }) => place.endsWith('.rewrite'))

  it.each([
    [{ path: '/x/**', rewrite: { strip: '/x' } }],
    [{ path: '/x/:y/**', rewrite: '/:y/**' }],
    [{ path: '/x/**', rewrite: '/admin/help' }],
    [{ path: '/x/**', access: 'optional', rewrite: '/admin/help' }],
  ])('are warned of where one asks for less: %j', (route) => {
    const [warning, ...others] = warnings(route, admin)
    expect(warning).toMatchObject({ place: 'routes[0].rewrite' })
    expect([warning?.message.includes('/admin/**'), others]).toEqual([true, []])
  })

  it.each([
    [{ path: '/x/**', rewrite: '/y/**' }],
    [{ path: '/x/**' }],
    [{ path: '/x/**', access: { role: 'admin' }, rewrite: { strip: '/x' } }],
  ])('are none here: %j', (route) => {
    expect(warnings(route, admin)).toEqual([])
  })
})

describe('headers that are changed', () => {
  it('are compiled with every name that goes, folded', () => {
    const { requestHeaders, responseHeaders } = routeOf({
      requestHeaders: { set: { 'X-Api-Key': 'k', Authorization: 'Basic eA==' }, remove: ['X-Old'] },
      responseHeaders: { remove: ['Server', 'X-Powered-By'], preset: 'page', hstsDays: 2 },
    })
    expect(requestHeaders).toEqual({
      set: [
        ['X-Api-Key', 'k'],
        ['Authorization', 'Basic eA=='],
      ],
      remove: ['x-old', 'x-api-key', 'authorization'],
    })
    expect(responseHeaders).toMatchObject({
      set: [],
      remove: ['server', 'x-powered-by'],
      transport: 'max-age=172800',
    })
    expect(responseHeaders?.defaults.length).toBeGreaterThan(2)
  })

  it('have of a preset what is not removed; what is set is still said on refusals', () => {
    const { responseHeaders } = routeOf({
      responseHeaders: {
        preset: 'page',
        remove: ['x-frame-options', 'Referrer-Policy'],
        set: { 'X-Content-Type-Options': 'nosniff' },
      },
    })
    expect(responseHeaders?.defaults.map(([name]) => name)).toEqual([
      'X-Content-Type-Options',
      'Cross-Origin-Opener-Policy',
    ])
  })

  it.each([
    ['requestHeaders', { set: { 'X-A': 'x' }, remove: ['X-B', 'x-a'] }, 'remove[1]'],
    ['responseHeaders', { set: { 'X-A': 'x', 'x-b': 'x' }, remove: ['X-B'] }, 'remove[0]'],
    ['responseHeaders', { hstsDays: 1, set: { 'strict-transport-security': 'x' } }, 'hstsDays'],
    ['responseHeaders', { hstsDays: 0, remove: ['Strict-Transport-Security'] }, 'hstsDays'],
  ])('never contradict themselves: %s %j', (word, changes, key) => {
    expect(placesOf(withRoutes({ [word]: changes }))).toEqual([`routes[0].${word}.${key}`])
  })

  const names = [
    ...['X-Usher-User-Id', 'x-usher-roles', 'X-Usher', 'X-Usher-Request-Id'],
    ...['Connection', 'Keep-Alive', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Expect'],
    ...['Proxy-Authorization', 'Content-Length', 'Content-Encoding', 'Host', 'Sec-WebSocket-Key'],
    ...['', 'X Y', 'X_Y', 'X:', 'X\r\nY', 'é', '-x', 'x-', 'x--y', `x${'y'.repeat(64)}`],
  ]
  it.each(names)('are never %j, in neither direction', (name) => {
    for (const word of ['requestHeaders', 'responseHeaders']) {
      const key = /^[A-Za-z]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
      const place = `routes[0].${word}`
      expect(placesOf(withRoutes({ [word]: { set: { [name]: 'x' } } }))).toEqual([
        `${place}.set${key}`,
      ])
      expect(placesOf(withRoutes({ [word]: { remove: [name] } }))).toEqual([`${place}.remove[0]`])
    }
  })

  it.each([
    ...['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Prefix', 'X-Real-IP', 'CF-Connecting-IP'],
    ...['X-Original-URL', 'X-HTTP-Method-Override', 'X-Clerk-Auth-Status', 'CDN-Loop'],
    'Accept-Encoding',
  ])('on the way to the origin are never %s, which the edge or Usher says', (name) => {
    expect(placesOf(withRoutes({ requestHeaders: { remove: [name] } }))).toHaveLength(1)
    expect(placesOf(withRoutes({ responseHeaders: { remove: [name] } }))).toEqual([])
  })

  it('are never the cookies of everyone', () => {
    for (const [word, name] of [
      ['requestHeaders', 'Cookie'],
      ['responseHeaders', 'Set-Cookie'],
    ] as const) {
      expect(placesOf(withRoutes({ [word]: { set: { [name]: 'a=b' } } }))).toHaveLength(1)
      expect(placesOf(withRoutes({ [word]: { remove: [name] } }))).toEqual([])
    }
  })

  it.each([
    ...['', ' x', 'x ', 'a\tb', 'a\r\nX-Evil: 1', 'a\0', 'é', '\u{1f600}', 'x'.repeat(1025)],
    ...[7, null, undefined, ['x'], { from: 'x' }],
  ])('never have the value %j', (value) => {
    const places = placesOf(withRoutes({ requestHeaders: { set: { 'X-A': value } } }))
    expect(places).toEqual(['routes[0].requestHeaders.set["X-A"]'])
  })

  it('never are more than 32, nor any of them twice', () => {
    const set = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`X-${index}`, 'x']))
    const word = 'requestHeaders'
    expect(placesOf(withRoutes({ [word]: { set } }))).toEqual([`routes[0].${word}.set`])
    const remove = Object.keys(set)
    expect(placesOf(withRoutes({ [word]: { remove } }))).toEqual([`routes[0].${word}.remove`])
    expect(placesOf(withRoutes({ [word]: { set: { 'X-A': 'a', 'x-a': 'b' } } }))).toEqual([
      `routes[0].${word}.set["x-a"]`,
    ])
  })

  it.each([
    [{ responseHeaders: { preset: 'api' } }, 'responseHeaders.preset'],
    [{ responseHeaders: { hstsDays: -1 } }, 'responseHeaders.hstsDays'],
    [{ responseHeaders: { hstsDays: 1096 } }, 'responseHeaders.hstsDays'],
    [{ responseHeaders: { hstsDays: 1.5 } }, 'responseHeaders.hstsDays'],
    [{ responseHeaders: { hstsDays: '365' } }, 'responseHeaders.hstsDays'],
    [{ requestHeaders: { preset: 'page' } }, 'requestHeaders.preset'],
    [{ requestHeaders: { set: [] } }, 'requestHeaders.set'],
    [{ requestHeaders: { remove: 'X-A' } }, 'requestHeaders.remove'],
    [{ requestHeaders: 'X-A' }, 'requestHeaders'],
  ])('are never %j', (route, key) => {
    expect(placesOf(withRoutes(route))).toEqual([`routes[0].${key}`])
  })

  const env = { ...variables, CLERK_SECRET_KEY: 'sk_test_x'.padEnd(60, 'x') }
  it.each([
    [{ passCredential: true, requestHeaders: { set: { Authorization: 'x' } } }],
    [{ passCredential: true, requestHeaders: { remove: ['Cookie'] } }],
    [
      {
        passCredential: true,
        carriers: ['x-api-key'],
        accepts: ['api_key'],
        requestHeaders: { remove: ['X-Api-Key'] },
      },
    ],
    [{ exchange: 'mine', requestHeaders: { set: { Authorization: 'x' } } }],
  ])('leave the credential of the origin alone: %j', (route) => {
    expect(placesOf(withRoutes(route), { env })).toEqual(['routes[0].requestHeaders'])
  })

  it('leave the secret of the origin alone', () => {
    const config = withRoutes({ requestHeaders: { set: { 'x-edge-secret': 'forged' } } })
    const secret = { header: 'X-Edge-Secret', value: 'open sesame' }
    const origins = { api: { url: 'https://api.example.com', secret } }
    expect(placesOf({ ...config, origins })).toEqual(['routes[0].requestHeaders'])
  })

  it('leave to cors what cors says', () => {
    const cors = { origins: ['https://app.example.com'] }
    const responseHeaders = { remove: ['Access-Control-Allow-Origin'] }
    expect(placesOf(withRoutes({ responseHeaders }))).toEqual([])
    expect(placesOf(withRoutes({ cors, responseHeaders }))).toEqual(['routes[0].responseHeaders'])
  })

  it('are told of without the values', () => {
    const set = { 'X-A': 'sesame\n', 'X-B': 'open sesame ' }
    const problems = JSON.stringify(problemsOf(withRoutes({ requestHeaders: { set } })))
    expect([problems.includes('X-A'), problems.includes('sesame')]).toEqual([true, false])
  })
})
