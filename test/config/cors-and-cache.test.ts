import { describe, expect, it } from 'vitest'
import type { RouteConfig } from '../../src/config/define.ts'
import type { Route } from '../../src/model/route.ts'
import { gatewayOf, problemsOf, variables } from './sample.ts'

// What a route may say of pages of other origins, and of what is kept of it.

const page = 'https://app.usher.test'
const origins = { api: { url: 'https://api.example.com' } }

function configOf(route: object) {
  return { origins, routes: [{ path: '/a/**', origin: 'api', ...route }] }
}

function routeOf(route: object): Route {
  const [compiled] = gatewayOf(configOf(route)).rules.routes
  if (compiled === undefined) throw new Error('There is no route')
  return compiled
}

describe('the word cors', () => {
  const wrong = 'routes[0].cors'

  it.each<[place: string, value: unknown]>([
    [`${wrong}.origins`, {}],
    [`${wrong}.origins[0]`, { origins: ['*'] }],
    [`${wrong}.origins[0]`, { origins: ['null'] }],
    [`${wrong}.origins[0]`, { origins: ['https://app.example.com/'] }],
    [`${wrong}.origins[0]`, { origins: ['https://app.example.com/path'] }],
    [`${wrong}.origins[0]`, { origins: ['https://*.example.com'] }],
    [`${wrong}.origins[0]`, { origins: ['https://App.example.com'] }],
    [`${wrong}.origins[0]`, { origins: ['https://app.example.com:443'] }],
    [`${wrong}.origins[0]`, { origins: ['http://app.example.com'] }],
    [`${wrong}.origins[0]`, { origins: ['app.example.com'] }],
    [`${wrong}.origins`, { origins: [] }],
    [`${wrong}.origins`, { origins: 'https://app.example.com' }],
    [`${wrong}.credentials`, { origins: '*', credentials: true }],
    [`${wrong}.requestHeaders[0]`, { origins: '*', requestHeaders: ['*'] }],
    [`${wrong}.requestHeaders[0]`, { origins: '*', requestHeaders: ['X_Usher-User-Id'] }],
    [`${wrong}.requestHeaders[0]`, { origins: '*', requestHeaders: ['x-forwarded-for'] }],
    [`${wrong}.requestHeaders[0]`, { origins: '*', requestHeaders: ['a b'] }],
    [`${wrong}.exposed[0]`, { origins: '*', exposed: ['*'] }],
    [`${wrong}.maxAge`, { origins: '*', maxAge: '1h' }],
    [`${wrong}.methods`, { origins: '*', methods: ['GET'] }],
  ])('is wrong at %s: %j', (place, value) => {
    expect(problemsOf(configOf({ cors: value })).map((one) => one.place)).toEqual([place])
  })

  it('takes pages of extensions and of a developer on one machine', () => {
    const pages = ['chrome-extension://abcdefghij', 'http://localhost:5173', page]
    const { rules } = gatewayOf(configOf({ cors: { origins: pages } }))
    expect(rules.routes[0]?.cors?.origins).toEqual(new Set(pages))
  })

  it('lets pages send a token, JSON, and what carries a credential, unless it names the headers', () => {
    const keys = { accepts: ['api_key'], carriers: ['x-api-key', 'bearer', 'x-key'] }
    const env = { ...variables, CLERK_SECRET_KEY: 'sk_test_x' }
    const headersOf = (route: object, given: object = {}) => {
      const config = configOf({ ...route, cors: { origins: '*', ...given } })
      const { rules } = gatewayOf({ ...config, cors: { origins: '*' } }, { env })
      return [rules.routes[0]?.cors?.requestHeaders, rules.cors?.requestHeaders]
    }
    const plain = ['authorization', 'content-type']
    const keyed = [...plain, 'x-api-key', 'x-key']
    expect(headersOf({})).toEqual([plain, plain])
    expect(headersOf(keys)).toEqual([keyed, keyed])
    expect(headersOf(keys, { requestHeaders: ['X-One'] })).toEqual([['x-one'], keyed])
  })

  it.each<[places: readonly string[], route: Partial<RouteConfig>]>([
    [['routes[0].cors.credentials'], {}],
    [['routes[0].cors.credentials'], { methods: ['GET', 'POST'] }],
    [[], { methods: ['GET'] }],
    [[], { carriers: ['bearer'] }],
    [[], { access: 'public' }],
  ])('with cookies is warned of where it promises too much: %j %j', (places, route) => {
    const config = configOf({ cors: { origins: [page], credentials: true }, ...route })
    const env = { ...variables, AUTHORIZED_PARTIES: page }
    const { warnings } = gatewayOf(config, { env })
    const about = warnings.map((one) => one.place).filter((place) => place.includes('cors'))
    expect(about).toEqual(places)
  })
})

describe('the word cache', () => {
  const maxAge = '1m' as const
  const open = { access: 'public' } as const
  const wrong = 'routes[0].cache'
  const env = { ...variables, CLERK_SECRET_KEY: 'sk_test_x' }

  it('is for everyone on a public route, and must say for whom elsewhere', () => {
    expect(routeOf({ ...open, cache: { maxAge } }).cache).toEqual({
      maxAgeMs: 60_000,
      scope: 'everyone',
      keyedHeaders: [],
      keyedQuery: 'all',
    })
    expect(routeOf({ cache: { maxAge: '24h', scope: 'principal' } }).cache).toMatchObject({
      maxAgeMs: 86_400_000,
      scope: 'principal',
    })
    expect(routeOf({}).cache).toBeUndefined()
  })

  const forOne = { maxAge, scope: 'principal' } as const
  it.each<[place: string, route: object]>([
    [wrong, { cache: { maxAge } }],
    [wrong, { cache: { maxAge, scope: 'everyone' } }],
    [wrong, { access: 'optional', cache: { maxAge } }],
    [wrong, { ...open, cache: forOne }],
    [wrong, { ...open, methods: ['POST'], cache: { maxAge } }],
    [wrong, { exchange: 'hasura', cache: forOne }],
    [wrong, { passCredential: true, cache: forOne }],
    [wrong, { carriers: ['x-api-key'], cache: { ...forOne, headers: ['X-Api-Key'] } }],
    [`${wrong}.maxAge`, { ...open, cache: {} }],
    [`${wrong}.maxAge`, { ...open, cache: { maxAge: '25h' } }],
    [`${wrong}.maxAge`, { ...open, cache: { maxAge: '0s' } }],
    [`${wrong}.maxAge`, { ...open, cache: { maxAge: 60 } }],
    [`${wrong}.scope`, { ...open, cache: { maxAge, scope: 'all' } }],
    [`${wrong}.query`, { ...open, cache: { maxAge, query: [] } }],
    [`${wrong}.ttl`, { ...open, cache: { maxAge, ttl: 1 } }],
    ...[
      ...[
        '*',
        'cookie',
        'Authorization',
        'range',
        'If-None-Match',
        'accept-encoding',
        'x-forwarded-for',
      ],
      ...['X_Usher_User_Id', 'cf-ipcountry', 'connection', 'cache-control', 'host'],
    ].map((name): [string, object] => [
      `${wrong}.headers[0]`,
      { ...open, cache: { maxAge, headers: [name] } },
    ]),
  ])('is wrong at %s: %j', (place, given) => {
    expect(problemsOf(configOf(given), { env }).map((one) => one.place)).toEqual([place])
  })
})
