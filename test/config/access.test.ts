import { describe, expect, it } from 'vitest'
import { gatewayOf, placesOf, problemsOf, withRoutes } from './sample.ts'

const path = '/orgs/:slug/**'

function accessOf(access: unknown) {
  const [route] = gatewayOf(withRoutes({ path, access })).rules.routes
  if (route?.access.kind !== 'signed-in') throw new Error('The route is open')
  return route.access
}

describe('the words of a policy', () => {
  const claim = { kind: 'claim', claim: 'tier' }
  it.each([
    [{ feature: 'reports' }, { kind: 'feature', name: 'reports', holder: 'either' }],
    [{ feature: 'org:reports' }, { kind: 'feature', name: 'reports', holder: 'organization' }],
    [{ feature: 'o:reports' }, { kind: 'feature', name: 'reports', holder: 'organization' }],
    [{ plan: 'organization:pro' }, { kind: 'plan', name: 'pro', holder: 'organization' }],
    [{ plan: 'user:pro' }, { kind: 'plan', name: 'pro', holder: 'user' }],
    [{ plan: 'u:pro' }, { kind: 'plan', name: 'pro', holder: 'user' }],
    [{ reverification: 'strict_mfa' }, { kind: 'reverification', asked: 'strict_mfa' }],
    [
      { reverification: { level: 'first_factor', afterMinutes: 0.5 } },
      { kind: 'reverification', asked: { level: 'first_factor', afterMinutes: 0.5 } },
    ],
    [{ scope: 'read:users' }, { kind: 'scope', scope: 'read:users' }],
    [
      { scope: ['a', 'b'] },
      {
        kind: 'all',
        of: [
          { kind: 'scope', scope: 'a' },
          { kind: 'scope', scope: 'b' },
        ],
      },
    ],
    [{ claims: { tier: { equals: '' } } }, { ...claim, test: { kind: 'equals', value: '' } }],
    [
      { claims: { tier: { in: [1, true] } } },
      { ...claim, test: { kind: 'in', values: [1, true] } },
    ],
    [{ claims: { tier: { has: false } } }, { ...claim, test: { kind: 'has', value: false } }],
    [
      { claims: { tier: { startsWith: 'g' } } },
      { ...claim, test: { kind: 'starts-with', prefix: 'g' } },
    ],
    [
      { claims: { '/a~1b/0': { equals: 1 }, 'https://a.test/b': { equals: 2 } } },
      {
        kind: 'all',
        of: [
          { kind: 'claim', claim: '/a~1b/0', test: { kind: 'equals', value: 1 } },
          { kind: 'claim', claim: 'https://a.test/b', test: { kind: 'equals', value: 2 } },
        ],
      },
    ],
    [{ actor: 'deny' }, { kind: 'no-actor' }],
    [{ not: { actor: 'deny' } }, { kind: 'not', of: { kind: 'no-actor' } }],
  ])('%j compiles, and asks Usher for no grant', (access, condition) => {
    expect(accessOf(access)).toEqual({ kind: 'signed-in', condition, needsFacts: false })
  })

  it('stand beside each other: all must hold, and a grant among them needs facts', () => {
    const access = accessOf({
      plan: 'pro',
      any: [{ actor: 'deny' }, { scope: 'a', role: 'admin' }],
    })
    expect(access.needsFacts).toBe(true)
    expect(access.condition).toMatchObject({ kind: 'all', of: [{ kind: 'plan' }, { kind: 'any' }] })
  })

  it('takes patterns of paths that name an organisation', () => {
    const { condition } = accessOf({ orgPatterns: ['/orgs/:slug/**', '/*/:id'] })
    expect(condition).toMatchObject({
      kind: 'organization-path',
      patterns: [{ source: '/orgs/:slug/**', rest: true }, { source: '/*/:id' }],
    })
  })
})

describe('what a policy cannot ask', () => {
  const inherited = Object.fromEntries([['__proto__', { equals: 1 }]])
  const cases: [string, unknown][] = [
    ['feature', { feature: '' }],
    ['feature', { feature: 'team:reports' }],
    ['feature', { feature: 'ORG:reports' }],
    ['feature', { feature: ':reports' }],
    ['feature', { feature: 'org:' }],
    ['feature', { feature: 'org:a:b' }],
    ['feature', { feature: 'a,b' }],
    ['feature[1]', { feature: ['a', 'a b'] }],
    ['plan', { plan: null }],
    ['plan', { plan: 'constructor:x' }],
    ['reverification', { reverification: 'stricter' }],
    ['reverification', { reverification: 'toString' }],
    ['reverification', { reverification: ['strict'] }],
    ['reverification.level', { reverification: { level: 'third_factor', afterMinutes: 1 } }],
    ['reverification.level', { reverification: { afterMinutes: 1 } }],
    ['reverification.afterMinutes', { reverification: { level: 'first_factor' } }],
    ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5'].map((afterMinutes): [string, unknown] => [
      'reverification.afterMinutes',
      { reverification: { level: 'first_factor', afterMinutes } },
    ]),
    [
      'reverification.minutes',
      { reverification: { level: 'first_factor', afterMinutes: 1, minutes: 1 } },
    ],
    ['scope', { scope: 'a b' }],
    ['scope', { scope: 'a"b' }],
    ['scope', { scope: 'a\\b' }],
    ['scope', { scope: 'ä' }],
    ['scope', { scope: 'a\r\nb' }],
    ['scope', { scope: [] }],
    ['claims', { claims: {} }],
    ['claims', { claims: { __proto__: { equals: 1 } } }],
    ['claims.__proto__', { claims: inherited }],
    ['claims.constructor', { claims: { constructor: { equals: 1 } } }],
    ['claims["/a/constructor"]', { claims: { '/a/constructor': { equals: 1 } } }],
    ['claims["/a~2"]', { claims: { '/a~2': { equals: 1 } } }],
    ['claims["/a~"]', { claims: { '/a~': { equals: 1 } } }],
    ['claims[""]', { claims: { '': { equals: 1 } } }],
    ['claims.tier', { claims: { tier: {} } }],
    ['claims.tier', { claims: { tier: 'gold' } }],
    ['claims.tier', { claims: { tier: { equals: 'a', in: ['b'] } } }],
    ['claims.tier.matches', { claims: { tier: { matches: '.*' } } }],
    ['claims.tier.equals', { claims: { tier: { equals: null } } }],
    ['claims.tier.equals', { claims: { tier: { equals: Number.NaN } } }],
    ['claims.tier.equals', { claims: { tier: { equals: undefined } } }],
    ['claims.tier.equals', { claims: { tier: { equals: ['a'] } } }],
    ['claims.tier.in', { claims: { tier: { in: [] } } }],
    ['claims.tier.in[1]', { claims: { tier: { in: ['a', {}] } } }],
    ['claims.tier.startsWith', { claims: { tier: { startsWith: '' } } }],
    ['claims.tier.startsWith', { claims: { tier: { startsWith: 1 } } }],
    ['actor', { actor: 'allow' }],
    ['actor', { actor: true }],
    ['orgPatterns', { orgPatterns: '/orgs/:id' }],
    ['orgPatterns', { orgPatterns: [] }],
    ['orgPatterns[0]', { orgPatterns: ['/orgs/:orgId/**'] }],
    ['orgPatterns[0]', { orgPatterns: ['/orgs/**'] }],
    ['orgPatterns[0]', { orgPatterns: ['/orgs/:id/:slug'] }],
    ['orgPatterns[0]', { orgPatterns: ['orgs/:id'] }],
    ['orgPatterns[1]', { orgPatterns: ['/orgs/:slug/**', '/orgs/*/:id'] }],
  ]
  it.each(cases)('has a problem at %s of %j', (place, access) => {
    expect(placesOf(withRoutes({ path, access }))).toEqual([`routes[0].access.${place}`])
  })

  it('says how to mend it', () => {
    const messages = cases.flatMap(([, access]) => problemsOf(withRoutes({ path, access })))
    expect(messages.length).toBe(cases.length)
    for (const { message } of messages) expect(message).toMatch(/^[A-Z"].{10,}[.?]$/)
  })

  it('of a name that every object has, nothing', () => {
    for (const name of ['toString', 'hasOwnProperty', '/valueOf']) {
      expect(
        placesOf(withRoutes({ path, access: { claims: { [name]: { has: 1 } } } })),
      ).toHaveLength(1)
    }
  })
})

describe('patterns that name the organisation', () => {
  it.each([
    [{ path: '/orgs/:name/**', access: { orgPatterns: ['/t/:id/**'] } }, 'access'],
    [{ path: '/a/b', access: { any: [{ orgPatterns: ['/a/:id', '/:slug'] }] } }, 'access'],
    [{ path: '/a/**', access: { orgPatterns: ['/a/:id'] }, escapes: ['%2F'] }, 'escapes'],
  ])('of %j do not fit the route', (route, key) => {
    expect(placesOf(withRoutes(route))).toEqual([`routes[0].${key}`])
  })

  it('may read one segment in two ways', () => {
    const access = { orgPatterns: ['/orgs/:id/**', '/orgs/:slug/**'] }
    expect(placesOf(withRoutes({ path, access }))).toEqual([])
  })
})
