import { describe, expect, it } from 'vitest'
import { gatewayOf, local, placesOf, problemsOf, variables, withRoutes } from './sample.ts'

// What routes for browsers and the proxy for Clerk's Frontend API need of a config and of the environment.

const env = {
  ...variables,
  CLERK_SECRET_KEY: 'sk_test_x',
  AUTHORIZED_PARTIES: 'https://app.example.com',
}
const origin = 'https://app.example.com'
const proxied = { ...env, CLERK_PROXY_URL: `${origin}/__clerk` }
const browser = { sessions: 'browser' }

function without(...names: readonly string[]) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)))
}

describe('a route for browsers', () => {
  const config = { ...withRoutes(browser), canonicalOrigin: origin }

  it('says where browsers know the gateway and where they sign in', () => {
    const [route] = gatewayOf(config, { env }).rules.routes
    expect(route?.sessions).toEqual({
      origin,
      signInUrl: `${origin}/_usher/sign-in`,
      satellite: undefined,
      organizationPatterns: [],
      personalAccountPatterns: [],
    })
  })

  it('signs in at signInUrl where there is one, and nowhere without pages', () => {
    const signInUrl = 'https://accounts.example.com/sign-in'
    const signInOf = (more: object) =>
      gatewayOf({ ...config, ...more }, { env }).rules.routes[0]?.sessions?.signInUrl
    expect(signInOf({ signInUrl })).toBe(signInUrl)
    expect(signInOf({ pages: false })).toBeUndefined()
    expect(signInOf({ prefix: '/_gate' })).toBe(`${origin}/_gate/sign-in`)
  })

  it('knows the gateway by the proxy for Clerk where nothing else names it', () => {
    const { rules } = gatewayOf(withRoutes(browser), { env: proxied })
    expect(rules.routes[0]?.sessions?.origin).toBe(origin)
    expect(rules.canonicalOrigin).toBeUndefined()
  })

  it('is like any other where it is only tried', () => {
    const tried = { ...config, ...withRoutes({ ...browser, mode: 'shadow' }) }
    expect(gatewayOf(tried, { env }).rules.routes[0]?.sessions).toBeUndefined()
  })

  it('is like any other where it does not say so', () => {
    expect(gatewayOf(withRoutes('/**'), { env }).rules.routes[0]?.sessions).toBeUndefined()
  })

  it('names all that it lacks at once', () => {
    const bare = without('AUTHORIZED_PARTIES', 'CLERK_SECRET_KEY', 'CLERK_PUBLISHABLE_KEY')
    const named = { ...bare, CLERK_JWT_ISSUER: 'https://clerk.example.com' }
    const problems = problemsOf(withRoutes(browser), { env: named })
    expect(problems.map(({ place, message }) => [place, message.split(':')[0]])).toEqual([
      ['routes[0].sessions', 'The session of a browser is a cookie'],
      ['routes[0].sessions', 'Clerk tells what became of a session'],
      ['routes[0].sessions', 'Browsers are sent to the instance'],
      ['canonicalOrigin', 'Is missing'],
    ])
  })

  it.each([
    ['another word', { sessions: 'cookies' }],
    ['a public route', { ...browser, access: 'public' }],
    ['a route that is only asked about', { ...browser, origin: 'elsewhere' }],
    ['a route that looks for no cookie', { ...browser, carriers: ['bearer'] }],
    ['a route that accepts no session', { ...browser, accepts: ['api_key'] }],
    ['nothing', { sessions: undefined }],
  ])('is not %s', (_case, route) => {
    const config = { ...withRoutes(route), canonicalOrigin: origin }
    expect(placesOf(config, { env })).toEqual(['routes[0].sessions'])
  })
})

describe('what routes for browsers share', () => {
  const config = {
    ...withRoutes(browser),
    canonicalOrigin: origin,
    signInUrl: 'https://primary.example/sign-in',
  }
  const shared = (browserSessions: object, more: object = {}) => ({
    ...config,
    browserSessions,
    ...more,
  })

  it('is a satellite, and the paths that name organisations', () => {
    const { rules } = gatewayOf(
      shared({
        satellite: { domain: 'app.example.com', autoSync: true },
        organizationSync: {
          organizationPatterns: ['/teams/:slug/**', '/orgs/:id'],
          personalAccountPatterns: ['/me/**'],
        },
      }),
      { env },
    )
    expect(rules.routes[0]?.sessions).toMatchObject({
      satellite: { domain: 'app.example.com', autoSync: true },
      organizationPatterns: [{ source: '/teams/:slug/**' }, { source: '/orgs/:id' }],
      personalAccountPatterns: [{ source: '/me/**' }],
    })
  })

  it.each(['https://clerk.example.com/__clerk', 'https://proxy.example.com/fapi'])(
    'is at one origin with the proxy for Clerk, which alone gets its cookies, and not at %s',
    (address) => {
      const other = { ...env, CLERK_PROXY_URL: address }
      expect(placesOf(config, { env: other })).toEqual(['canonicalOrigin'])
      expect(placesOf(config, { env: proxied })).toEqual([])
      expect(placesOf({ ...config, ...withRoutes('/**') }, { env: other })).toEqual([])
    },
  )

  it('needs no domain of a satellite that has a proxy', () => {
    const satellite = { satellite: {} }
    expect(placesOf(shared(satellite), { env: proxied })).toEqual([])
    expect(placesOf(shared(satellite), { env })).toEqual(['browserSessions.satellite.domain'])
  })

  it.each([
    ['on a satellite itself', `${origin}/sign-in`],
    ['nowhere', undefined],
  ])('is no satellite where one signs in %s', (_case, signInUrl) => {
    const { signInUrl: _, ...rest } = config
    const satellite = { browserSessions: { satellite: { domain: 'app.example.com' } } }
    const place = { ...rest, ...satellite, ...(signInUrl && { signInUrl }) }
    expect(placesOf(place, { env })).toEqual(['signInUrl'])
  })

  it.each([
    ['browserSessions.satellite.domain', { satellite: { domain: 'https://x.example.com' } }],
    ['browserSessions.satellite.isSatellite', { satellite: { domain: 'x.io', isSatellite: true } }],
    [
      'browserSessions.organizationSync.organizationPatterns[0]',
      { organizationSync: { organizationPatterns: ['/teams/**'] } },
    ],
    [
      'browserSessions.organizationSync.organizationPatterns[0]',
      { organizationSync: { organizationPatterns: ['/:id/:slug'] } },
    ],
    [
      'browserSessions.organizationSync.personalAccountPatterns[0]',
      { organizationSync: { personalAccountPatterns: ['me'] } },
    ],
    ['browserSessions.signUpUrl', { signUpUrl: 'https://x.io' }],
  ])('says what is wrong at %s', (place, browserSessions) => {
    expect(placesOf(shared(browserSessions), { env })).toEqual([place])
  })

  it('is nothing without such a route', () => {
    const idle = { ...withRoutes('/**'), browserSessions: { organizationSync: {} } }
    expect(placesOf(idle, { env })).toEqual(['browserSessions'])
  })
})

describe('the proxy for Clerk', () => {
  const proxyOf = (clerkProxy: boolean | undefined, from: Record<string, string>) =>
    gatewayOf(
      { ...withRoutes('/**'), ...(clerkProxy !== undefined && { clerkProxy }) },
      { env: from },
    ).rules.clerkProxy

  it('is where CLERK_PROXY_URL leads, on that host alone', () => {
    const proxy = { origin, host: 'app.example.com' }
    expect(proxyOf(undefined, proxied)).toEqual(proxy)
    expect(proxyOf(true, { ...proxied, CLERK_PROXY_URL: `${origin}/__clerk/` })).toEqual(proxy)
    const port = { ...proxied, CLERK_PROXY_URL: 'https://App.example.com:8443/__clerk' }
    expect(proxyOf(undefined, port)?.host).toBe('app.example.com:8443')
  })

  it('is nowhere where nobody asks for it', () => {
    const { CLERK_SECRET_KEY: _, ...keyless } = proxied
    expect(proxyOf(false, proxied)).toBeUndefined()
    expect(proxyOf(undefined, env)).toBeUndefined()
    expect(proxyOf(undefined, keyless)).toBeUndefined()
    const elsewhere = { ...proxied, CLERK_PROXY_URL: `${origin}/api/__clerk` }
    expect(proxyOf(undefined, elsewhere)).toBeUndefined()
  })

  it('names all that it lacks at once where it is asked for', () => {
    const config = { ...withRoutes('/**'), clerkProxy: true }
    const bare = { ...without('CLERK_SECRET_KEY', 'CLERK_PUBLISHABLE_KEY') }
    const named = { ...bare, CLERK_JWT_ISSUER: 'https://clerk.example.com' }
    expect(placesOf(config, { env: named })).toEqual(['clerkProxy', 'clerkProxy', 'clerkProxy'])
    const elsewhere = { ...proxied, CLERK_PROXY_URL: `${origin}/clerk` }
    expect(problemsOf(config, { env: elsewhere })).toEqual([
      {
        place: 'clerkProxy',
        message: 'The proxy is at /__clerk and nowhere else: end CLERK_PROXY_URL in it.',
      },
    ])
  })

  it('is told of a plain address by the variable alone, and of none but locally', () => {
    const plain = { ...proxied, CLERK_PROXY_URL: 'http://localhost:8787/__clerk' }
    const config = { ...withRoutes('/**'), clerkProxy: true }
    expect(placesOf(config, { env: plain })).toEqual(['CLERK_PROXY_URL'])
    const { rules } = gatewayOf(config, { env: plain, relaxations: local })
    expect(rules.clerkProxy?.host).toBe('localhost:8787')
  })
})

describe('lint', () => {
  const warned = (config: object, from: Record<string, string>) =>
    gatewayOf({ ...withRoutes('/**'), ...config }, { env: from }).warnings.map(({ place }) => place)

  it('warns of a proxy on a host that is not served, and of one without a key', () => {
    expect(warned({ hosts: ['www.example.com'] }, proxied)).toContain('CLERK_PROXY_URL')
    expect(warned({ hosts: ['app.example.com'] }, proxied)).not.toContain('CLERK_PROXY_URL')
    const { CLERK_SECRET_KEY: _, ...keyless } = proxied
    expect(warned({ hosts: ['app.example.com'] }, keyless)).toContain('CLERK_PROXY_URL')
    expect(warned({ hosts: ['www.example.com'] }, keyless)).not.toContain('CLERK_PROXY_URL')
  })

  it('says nothing of an issuer elsewhere where the address of the Frontend API is named', () => {
    const other = { ...env, CLERK_JWT_ISSUER: 'https://clerk.other.example' }
    expect(warned({}, other)).toContain('CLERK_JWT_ISSUER')
    const named = { ...env, CLERK_FAPI_URL: 'https://fapi.example.com' }
    expect(warned({}, named)).not.toContain('CLERK_JWT_ISSUER')
    expect(warned({}, { ...other, CLERK_PROXY_URL: `${origin}/__clerk` })).not.toContain(
      'CLERK_JWT_ISSUER',
    )
  })
})
