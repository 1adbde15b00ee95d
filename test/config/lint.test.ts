import { describe, expect, it } from 'vitest'
import { gatewayOf, local, variables, withRoutes } from './sample.ts'

const quiet = { hosts: ['a.example.com'], canonicalOrigin: 'https://a.example.com' }

const env = { ...variables, AUTHORIZED_PARTIES: 'https://app.example.com' }

const everyCredential = { CLERK_SECRET_KEY: 'sk_test_x', CLERK_MACHINE_ID: 'mch_1' }

function warned(
  config: Parameters<typeof gatewayOf>[0],
  options: Parameters<typeof gatewayOf>[1] = {},
) {
  return gatewayOf(config, { env, ...options }).warnings.map(({ place }) => place)
}

describe('lint', () => {
  it('is silent about a config with nothing risky', () => {
    expect(warned({ ...withRoutes('/**'), ...quiet })).toEqual([])
  })

  it('warns of a public and a protected route on one origin, once', () => {
    const config = withRoutes(
      '/**',
      { path: '/a', access: 'public' },
      { path: '/b', access: 'public' },
    )
    expect(warned({ ...config, ...quiet })).toEqual(['origins.api'])
  })

  it('does not mind a public and a protected route on two origins', () => {
    const config = {
      origins: { api: 'same-host', site: { service: 'SITE' } },
      routes: [
        { path: '/api/**', origin: 'api' },
        { path: '/**', origin: 'site', access: 'public' },
      ],
    }
    expect(warned({ ...config, ...quiet })).toEqual([])
  })

  it.each([
    [{ role: 'org:admin' }, true],
    [{ permission: 'org:a:read' }, true],
    [{ not: { role: 'org:admin' } }, true],
    [{ any: [{ role: 'org:admin' }, { org: 'org_1' }] }, true],
    [{ any: [{ role: 'org:admin', org: 'org_1' }, { permission: 'org:a:b' }] }, true],
    [{ role: 'admin' }, false],
    [{ role: 'org:admin', org: 'org_1' }, false],
    [{ org: 'org_1', any: [{ role: 'org:admin' }, { role: 'org:owner' }] }, false],
    [{ all: [{ role: 'org:admin' }, { all: [{ org: 'org_1' }] }] }, false],
  ])('of %j warns that no organisation is named: %s', (access, warns) => {
    expect(warned({ ...withRoutes({ access }), ...quiet })).toEqual(
      warns ? ['routes[0].access'] : [],
    )
  })

  it('counts a pattern that names the organisation as naming it', () => {
    const access = { role: 'org:admin', orgPatterns: ['/orgs/:id/**'] }
    expect(warned({ ...withRoutes({ path: '/orgs/:id/**', access }), ...quiet })).toEqual([])
  })

  const machine = ['m2m_token']
  const credentials: [object, string[] | undefined, string[]][] = [
    [{ scope: 'a' }, undefined, ['scope']],
    [{ scope: 'a' }, ['session_token', 'jwt_template'], ['scope']],
    [{ scope: 'a' }, ['session_token', 'api_key'], []],
    [{ scope: 'a' }, ['oauth_token'], []],
    [{ not: { any: [{ scope: 'a' }] } }, undefined, ['scope']],
    [{ role: 'org:admin', org: 'org_1' }, ['api_key'], ['role']],
    [{ permission: 'org:a:read', org: 'org_1' }, ['api_key', 'm2m_token'], ['permission']],
    [{ feature: 'a', plan: 'b' }, ['jwt_template'], ['feature', 'plan']],
    [{ reverification: 'lax' }, ['oauth_token'], ['reverification']],
    [{ reverification: 'lax' }, ['oauth_token', 'session_token'], []],
    [{ role: 'admin' }, machine, ['role']],
    [{ permission: ['a', 'b'] }, machine, ['permission']],
    [{ role: 'admin' }, ['api_key'], []],
    [{ org: 'org_1' }, ['oauth_token'], ['org']],
    [{ org: 'org_1' }, ['api_key'], []],
    [{ actor: 'deny' }, ['jwt_template'], ['actor']],
    [{ claims: { a: { has: 'b' } } }, machine, []],
    [{ scope: 'mch_1' }, machine, []],
  ]
  it.each(credentials)('of %j for %j warns that these never hold: %j', (access, accepts, words) => {
    const config = { ...withRoutes({ access, ...(accepts && { accepts }) }), ...quiet }
    const audience = { CLERK_JWT_AUDIENCE: 'https://api.example.com' }
    const { warnings } = gatewayOf(config, { env: { ...env, ...everyCredential, ...audience } })
    expect(warnings.map(({ place }) => place)).toEqual(words.map(() => 'routes[0].access'))
    expect(warnings.map(({ message }) => /^Asks for (\w+), /.exec(message)?.[1])).toEqual(words)
  })

  const either = { any: [{ scope: 'ingest' }, { claims: { role: { equals: 'sensor' } } }] }
  it('does not warn of a scope beside which a machine can pass', () => {
    const config = withRoutes({ access: either, accepts: ['api_key', 'm2m_token'] })
    expect(warned({ ...config, ...quiet }, { env: { ...env, ...everyCredential } })).toEqual([])
  })

  const { CLERK_SECRET_KEY: _, ...keyless } = everyCredential
  it.each([
    [['m2m_token'], keyless, ['mt_']],
    [['oauth_token'], keyless, ['oat_', 'any other service']],
    [['m2m_token', 'oauth_token'], keyless, ['mt_ and oat_', 'any other service']],
    [['m2m_token'], { ...keyless, CLERK_MACHINE_SECRET_KEY: 'ak_x' }, []],
    [['m2m_token'], everyCredential, []],
    [['jwt_template'], everyCredential, ['any other service']],
    [['jwt_template'], { ...everyCredential, CLERK_JWT_AUDIENCE: 'https://a.example.com' }, []],
    [['session_token'], keyless, []],
  ])('of %j warns of what is refused or was made for others', (accepts, variables, words) => {
    const config = { ...withRoutes({ accepts }), ...quiet }
    const { warnings } = gatewayOf(config, { env: { ...env, ...variables } })
    expect(warnings.map(({ place }) => place)).toEqual(words.map(() => 'routes[0].accepts'))
    for (const [index, word] of words.entries()) expect(warnings[index]?.message).toContain(word)
  })

  it('does not warn of tokens for others where the audience is asked for', () => {
    const access = { claims: { aud: { has: 'https://api.example.com' } } }
    const config = withRoutes({ access, accepts: ['jwt_template'] })
    expect(warned({ ...config, ...quiet }, { env: { ...env, ...everyCredential } })).toEqual([])
  })

  it("warns of a scope that no machine's token can have", () => {
    const config = withRoutes({ access: { scope: 'ingest' }, accepts: ['api_key', 'm2m_token'] })
    const { warnings } = gatewayOf({ ...config, ...quiet }, { env: { ...env, ...everyCredential } })
    expect(warnings.map(({ place }) => place)).toEqual(['routes[0].access'])
    expect(warnings[0]?.message).toContain('m2m_token')
  })

  it('warns of what callers of verify can never be', () => {
    const config = { ...withRoutes('/**'), ...quiet, verify: { access: { scope: 'verify' } } }
    expect(warned(config)).toEqual(['verify.access'])
  })

  it('warns of no hosts, but not where plain addresses are allowed', () => {
    const config = { ...withRoutes('/**'), canonicalOrigin: quiet.canonicalOrigin }
    expect(warned(config)).toEqual(['hosts'])
    expect(warned(config, { relaxations: local })).toEqual([])
  })

  it('warns that any frontend is accepted', () => {
    expect(warned({ ...withRoutes('/**'), ...quiet }, { env: variables })).toEqual([
      'AUTHORIZED_PARTIES',
    ])
  })

  it("warns that Clerk's webhooks are not taken, but not on one's own machine", () => {
    const { CLERK_WEBHOOK_SIGNING_SECRET: _, ...deaf } = env
    const config = { ...withRoutes('/**'), ...quiet }
    expect(warned(config, { env: deaf })).toEqual(['CLERK_WEBHOOK_SIGNING_SECRET'])
    expect(warned(config, { env: deaf, relaxations: local })).toEqual([])
  })

  it('warns of an issuer that is not where the keys come from', () => {
    const other = { ...env, CLERK_JWT_ISSUER: 'https://clerk.other.com' }
    expect(warned({ ...withRoutes('/**'), ...quiet }, { env: other })).toEqual(['CLERK_JWT_ISSUER'])
    const meant = { ...other, CLERK_FAPI_URL: 'https://keys.example.com' }
    expect(warned({ ...withRoutes('/**'), ...quiet }, { env: meant })).toEqual([])
  })

  it('knows one address under two names', () => {
    const config = {
      origins: { one: { url: 'https://o.example.com' }, two: { url: 'https://o.example.com/v1' } },
      routes: [
        { path: '/admin/**', origin: 'one' },
        { path: '/**', origin: 'two', access: 'public' },
      ],
    }
    expect(warned({ ...config, ...quiet })).toEqual(['origins.two'])
  })

  it('warns once of a stricter route in a weaker one', () => {
    const config = withRoutes(
      '/**',
      { path: '/admin/**', access: { role: 'admin' } },
      { path: '/staff/**', access: { role: 'staff' } },
    )
    expect(warned({ ...config, ...quiet })).toEqual(['routes[1].access'])
    const optional = withRoutes({ path: '/**', access: 'optional' }, '/api/**')
    expect(warned({ ...optional, ...quiet })).toEqual(['routes[1].access'])
  })

  it('warns of an organisation by slug, and of credentials on a public route', () => {
    expect(warned({ ...withRoutes({ access: { org: 'acme' } }), ...quiet })).toEqual([
      'routes[0].access.org',
    ])
    const shown = withRoutes({ path: '/**', access: 'public', passCredential: true })
    expect(warned({ ...shown, ...quiet })).toEqual(['routes[0].passCredential'])
  })

  it('warns of cookies without a canonical origin', () => {
    const config = { ...withRoutes('/**'), hosts: ['a.example.com'] }
    expect(warned(config, { env })).toEqual(['canonicalOrigin'])
    expect(warned({ ...config, ...quiet }, { env })).toEqual([])
  })

  it.each([
    ['https://a.example.com/sign-in', ['signInUrl']],
    ['https://a.example.com/open/sign-in', []],
    ['https://a.example.com/_usher/sign-in', []],
    ['https://accounts.example.com/sign-in', []],
  ])('of a sign-in page at %s warns %j', (signInUrl, places) => {
    const config = withRoutes('/**', { path: '/open/**', access: 'optional' })
    expect(warned({ ...config, ...quiet, signInUrl })).toEqual(places)
  })
})
