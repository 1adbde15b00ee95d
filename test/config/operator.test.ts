import { describe, expect, it } from 'vitest'
import { gatewayOf, local, placesOf, problemsOf, variables, withRoutes } from './sample.ts'

// Where operators work: on a host of their own, on the same one where that is accepted, or nowhere.

const base = withRoutes('/**')
const hosts = ['gate.example.com']
const own = { operator: { host: 'Ops.Example.com' } }

describe('operator', () => {
  it.each([
    ['nothing', base, { isAnywhere: false, host: undefined }],
    ['a host', { ...base, ...own }, { isAnywhere: false, host: 'ops.example.com' }],
    ['the same host', { ...base, operator: 'same-host' }, { isAnywhere: true, host: undefined }],
  ])('is where the config says: %s', (_, config, operator) => {
    expect(gatewayOf(config).rules.operator).toEqual(operator)
  })

  it('is everywhere where the entry relaxes it, whatever the config says', () => {
    for (const config of [base, { ...base, ...own }]) {
      const { operator } = gatewayOf(config, { relaxations: local }).rules
      expect(operator.isAnywhere).toBe(true)
    }
  })

  it.each([
    ['another word', 'everywhere', 'operator'],
    ['a bare host', 'ops.example.com', 'operator'],
    ['true', true, 'operator'],
    ['a list', [{ host: 'ops.example.com' }], 'operator'],
    ['no host', {}, 'operator.host'],
    ['an address', { host: 'https://ops.example.com' }, 'operator.host'],
    ['every subdomain', { host: '*.example.com' }, 'operator.host'],
    ['a path', { host: 'ops.example.com/admin' }, 'operator.host'],
    ['an unknown word', { host: 'ops.example.com', path: '/' }, 'operator.path'],
    ['undefined', undefined, 'operator'],
  ])('is a host or "same-host", not %s', (_, operator, place) => {
    expect(placesOf({ ...base, operator })).toEqual([place])
  })

  it('has a host that is served although it is not one of hosts', () => {
    expect(problemsOf({ ...base, hosts, ...own })).toEqual([])
  })

  it.each([
    ['a route', { ...withRoutes({ host: 'ops.example.com' }), ...own }, 'routes[0].host'],
    [
      'a route of several',
      { ...withRoutes('/a', { path: '/b', host: 'ops.example.com' }), ...own },
      'routes[1].host',
    ],
    ['all hosts', { ...base, hosts: ['ops.example.com'], ...own }, 'operator.host'],
    [
      'browsers',
      { ...base, canonicalOrigin: 'https://ops.example.com', ...own },
      'canonicalOrigin',
    ],
  ])('has a host that is not that of %s', (_, config, place) => {
    expect(placesOf(config)).toEqual([place])
  })

  it('has a host that no origin stands at', () => {
    const origins = { api: { url: 'https://ops.example.com/v1' } }
    expect(placesOf({ ...base, origins, hosts, ...own })).toEqual(['origins.api.url'])
  })
})

describe('lint', () => {
  const cookies = { ...variables, AUTHORIZED_PARTIES: 'https://app.example.com' }
  const warned = (config: object, options = {}) =>
    gatewayOf(config, options)
      .warnings.map(({ place }) => place)
      .includes('operator')

  it('warns of operators whose cookies the scripts of origins share, and of no others', () => {
    const shared = { ...base, operator: 'same-host' }
    expect(warned(shared, { env: cookies })).toBe(true)
    expect(warned(shared)).toBe(false)
    expect(warned({ ...base, ...own }, { env: cookies })).toBe(false)
    expect(warned(base, { env: cookies })).toBe(false)
    expect(warned(shared, { env: cookies, relaxations: local })).toBe(false)
  })
})
