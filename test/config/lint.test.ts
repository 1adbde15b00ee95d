import { describe, expect, it } from 'vitest'
import { gatewayOf, local, variables, withRoutes } from './sample.ts'

const quiet = { hosts: ['a.example.com'], canonicalOrigin: 'https://a.example.com' }

function warned(...args: Parameters<typeof gatewayOf>) {
  return gatewayOf(...args).warnings.map(({ place }) => place)
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
    [{ any: [{ role: 'org:admin' }, { org: 'acme' }] }, true],
    [{ any: [{ role: 'org:admin', org: 'acme' }, { permission: 'org:a:b' }] }, true],
    [{ role: 'admin' }, false],
    [{ role: 'org:admin', org: 'acme' }, false],
    [{ org: 'acme', any: [{ role: 'org:admin' }, { role: 'org:owner' }] }, false],
    [{ all: [{ role: 'org:admin' }, { all: [{ org: 'acme' }] }] }, false],
  ])('of %j warns that no organisation is named: %s', (access, warns) => {
    expect(warned({ ...withRoutes({ access }), ...quiet })).toEqual(
      warns ? ['routes[0].access'] : [],
    )
  })

  it('warns of no hosts, but not where plain addresses are allowed', () => {
    expect(warned(withRoutes('/**'))).toEqual(['hosts'])
    expect(warned(withRoutes('/**'), { relaxations: local })).toEqual([])
  })

  it('warns of cookies without a canonical origin', () => {
    const env = { ...variables, AUTHORIZED_PARTIES: 'https://a.example.com' }
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
