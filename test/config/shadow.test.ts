import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AccessConfig, ConditionConfig } from '../../src/config/define.ts'
import { type Attempt, attempt, compileAccess, keyOfAda, whoIs } from '../support/policy.ts'
import { type Tally, tallyUp } from '../support/tally.ts'
import { gatewayOf, placesOf, variables, withRoutes } from './sample.ts'

// What is in shadow is tried, and refuses nobody.

const shadow = { mode: 'shadow' } as const

/** What is in force and what is tried of an access, or what does not compile. */
function policiesOf(access: AccessConfig) {
  const [route] = gatewayOf(withRoutes({ access })).rules.routes
  return { enforced: route?.access, tried: route?.trial }
}

describe('conditions in shadow are left out of what is in force, as if they had not been written', () => {
  const admin = { role: 'admin' } as const
  const paid = { plan: 'pro' } as const
  const cases: [ConditionConfig, AccessConfig, ConditionConfig][] = [
    [{ ...admin, ...shadow }, 'signed-in', admin],
    [{ ...admin, ...paid, ...shadow }, 'signed-in', { ...admin, ...paid }],
    [{ all: [admin, { ...paid, ...shadow }] }, { all: [admin] }, { all: [admin, paid] }],
    [{ ...paid, all: [{ ...admin, ...shadow }] }, { all: [paid] }, { ...paid, all: [admin] }],
    [{ any: [admin, { ...paid, ...shadow }] }, { any: [admin] }, { any: [admin, paid] }],
    [{ any: [{ ...admin, ...shadow }] }, 'signed-in', { any: [admin] }],
    [{ any: [{ ...admin, ...shadow }], ...paid }, { all: [paid] }, { any: [admin], ...paid }],
    [{ not: { ...admin, ...shadow } }, 'signed-in', { not: admin }],
    [
      { not: { all: [admin, { ...paid, ...shadow }] } },
      { not: { all: [admin] } },
      { not: { all: [admin, paid] } },
    ],
    [{ not: { any: [{ ...admin, ...shadow }] } }, 'signed-in', { not: { any: [admin] } }],
    [
      { any: [{ all: [admin, { ...paid, ...shadow }] }, { not: { ...paid, ...shadow } }] },
      { any: [{ all: [admin] }] },
      { any: [{ all: [admin, paid] }, { not: paid }] },
    ],
    [
      { all: [{ any: [admin, paid], ...shadow }, paid] },
      { all: [paid] },
      { all: [{ any: [admin, paid] }, paid] },
    ],
    [{ all: [{ ...admin, ...shadow }], ...shadow }, 'signed-in', { all: [admin] }],
  ]
  it.each(cases)('%j', (written, enforced, tried) => {
    expect(policiesOf(written)).toEqual({
      enforced: compileAccess(enforced),
      tried: compileAccess(tried),
    })
  })

  it('and nothing is tried where nothing is in shadow', () => {
    const written = {
      all: [{ ...admin, mode: 'enforced' }, { any: [paid, { not: admin }] }],
    } as const
    expect(policiesOf(written).tried).toBeUndefined()
    expect(policiesOf({ ...admin, mode: 'enforced' }).enforced).toEqual(compileAccess(admin))
    expect(policiesOf('signed-in').tried).toBeUndefined()
  })
})

describe('what is in force', () => {
  interface Written {
    readonly with: ConditionConfig
    /** The same without what is in shadow; `undefined` where nothing is left. */
    readonly without: ConditionConfig | undefined
  }

  const leaf = fc.constantFrom<ConditionConfig>(
    { role: 'admin' },
    { permission: 'reports.read' },
    { plan: 'pro' },
    { actor: 'deny' },
    { claims: { tier: { equals: 'gold' } } },
    { scope: 'read' },
    { org: 'org_acme' },
  )

  /** Trees in which some objects are in shadow, and by hand the same without those. */
  const { tree } = fc.letrec<{ tree: Written; node: Written }>((tie) => {
    const parts = fc.array(tie('tree'), { minLength: 1, maxLength: 3 })
    const several = (kind: 'all' | 'any') =>
      parts.map((of): Written => {
        const left = of.flatMap(({ without }) => without ?? [])
        return {
          with: { [kind]: of.map((one) => one.with) },
          without: left.length === 0 ? undefined : { [kind]: left },
        }
      })
    return {
      node: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf.map((one): Written => ({ with: one, without: one })),
        several('all'),
        several('any'),
        tie('tree').map(({ with: one, without }): Written => {
          return { with: { not: one }, without: without && { not: without } }
        }),
      ),
      tree: fc.tuple(tie('node'), fc.nat({ max: 3 })).map(([node, chance]): Written => {
        return chance > 0 ? node : { with: { ...node.with, ...shadow }, without: undefined }
      }),
    }
  })

  const session = { v: 2, o: { id: 'org_acme', slg: 'acme' } }
  const holdings = { roles: ['admin'], permissions: ['reports.read'] }
  const nothing = { roles: [], permissions: [] }
  const callers = fc.constantFrom<Attempt>(
    { principal: whoIs({ ...session, pla: 'u:pro', tier: 'gold' }), holdings },
    { principal: whoIs({ ...session, pla: 'u:free', tier: 'tin' }), holdings: nothing },
    { principal: whoIs({ act: { sub: 'user_support' }, tier: 'gold' }), holdings },
    { principal: whoIs({ pla: 'u:pro' }), holdings: undefined },
    { principal: keyOfAda, holdings },
    { principal: keyOfAda, holdings: nothing },
  )

  /** How a tree is read; the real way unless a test shows that a wrong one is found out. */
  function checkTrees(read = policiesOf): Tally {
    const tally: Tally = new Map()
    const law = fc.property(tree, fc.array(callers, { minLength: 3 }), (written, attempts) => {
      const { enforced, tried } = read(written.with)
      const left = compileAccess(written.without ?? 'signed-in')
      if (enforced === undefined || left === undefined) throw new Error('does not compile')
      expect(enforced).toEqual(left)
      tallyUp(tally, [
        'trees',
        ...(tried ? ['in shadow'] : []),
        ...(written.without ? [] : ['all in shadow']),
      ])
      for (const one of attempts) {
        const [found, expected] = [attempt(enforced, one), attempt(left, one)]
        expect(found).toEqual(expected)
        const isTriedAlike = tried === undefined || attempt(tried, one)?.code === expected?.code
        tallyUp(tally, [
          expected ? 'refused' : 'passed',
          ...(isTriedAlike ? [] : ['tried otherwise']),
        ])
      }
    })
    fc.assert(law, { numRuns: 400 })
    return tally
  }

  it('refuses whomever it would refuse without what is in shadow, and nobody else', () => {
    const tally = checkTrees()
    for (const kind of ['in shadow', 'all in shadow', 'refused', 'passed', 'tried otherwise']) {
      expect([kind, (tally.get(kind) ?? 0) >= 40]).toEqual([kind, true])
    }
  })

  it('would be found out where a condition in shadow counted as one that holds', () => {
    const holding = (written: AccessConfig): ReturnType<typeof policiesOf> => {
      const text = JSON.stringify(written, (_, value) =>
        value?.mode === 'shadow' ? { not: { claims: { '\0': { equals: 1 } } } } : value,
      )
      return { ...policiesOf(written), enforced: compileAccess(JSON.parse(text)) }
    }
    expect(() => checkTrees(holding)).toThrow()
  })
})

describe('the config', () => {
  it.each([
    [{ access: { role: 'admin', mode: 'shado' } }, 'routes[0].access.mode'],
    [{ access: { role: 'admin', mode: true } }, 'routes[0].access.mode'],
    [{ access: { mode: 'shadow' } }, 'routes[0].access'],
    [{ access: { all: [{ role: 'admin', mode: null }] } }, 'routes[0].access.all[0].mode'],
    [{ mode: 'off' }, 'routes[0].mode'],
    [{ mode: 'shadow', access: 'public' }, 'routes[0].mode'],
    [{ access: { org: ':orgId', mode: 'shadow' } }, 'routes[0].access'],
    [{ access: { orgPatterns: ['/x/:id'], mode: 'shadow' }, path: '/y/**' }, 'routes[0].access'],
  ])('refuses %j', (route, place) => {
    expect(placesOf(withRoutes(route))).toEqual([place])
  })

  it('refuses a condition in shadow where no route is recorded', () => {
    const config = { ...withRoutes('/**'), verify: { access: { role: 'admin', ...shadow } } }
    expect(placesOf(config)).toEqual(['verify.access'])
  })

  it.each([
    [[{ path: '/a/*', ...shadow }, { path: '/a/**' }], []],
    [[{ path: '/**', ...shadow }, { path: '/**' }], []],
    [
      [
        { path: '/**', ...shadow },
        { path: '/**', ...shadow },
      ],
      ['routes[1]'],
    ],
    // Once in force, neither would be the more specific one.
    [[{ path: '/a/*' }, { path: '/*/b', ...shadow }], ['routes[1]']],
    [[{ path: '/a/*' }, { path: '/*/b' }, { path: '/a/b', ...shadow }], ['routes[1]']],
    [[{ path: '/a/*' }, { path: '/*/b', ...shadow }, { path: '/a/b', ...shadow }], []],
    // What is in shadow takes nothing from what is in force, but from what is tried.
    [[{ path: '/a' }, { path: '/a', methods: ['GET'], ...shadow }], []],
    [
      [
        { path: '/a', host: 'x.test' },
        { path: '/a', host: 'x.test', methods: ['GET'] },
      ],
      [],
    ],
  ])('of %j has problems at %j', (routes, places) => {
    expect(placesOf(withRoutes(...routes))).toEqual(places)
  })

  it('calls what is in force unreachable by nothing that is in shadow, and the other way round', () => {
    const [outer, inner] = [{ path: '/a/**' }, [{ path: '/a' }, { path: '/a/*/**' }]]
    const all = { hosts: ['h.test'], ...withRoutes(outer, ...inner) }
    expect(placesOf(all)).toEqual(['routes[0]'])
    const tried = inner.map((one) => ({ ...one, ...shadow }))
    expect(placesOf(withRoutes(outer, ...tried))).toEqual([])
    expect(placesOf(withRoutes({ ...outer, ...shadow }, ...inner))).toEqual(['routes[0]'])
    expect(placesOf(withRoutes({ ...outer, ...shadow }, ...tried))).toEqual(['routes[0]'])
  })

  it('warns of whatever is in shadow, and of nothing twice', () => {
    const env = { ...variables, CLERK_SECRET_KEY: 'sk_test_x' }
    const warningsOf = (...routes: Record<string, unknown>[]) =>
      gatewayOf(withRoutes(...routes), { env })
        .warnings.map(({ place }) => place)
        .filter((place) => place.startsWith('routes'))
    expect(warningsOf({})).toEqual([])
    expect(warningsOf(shadow)).toEqual(['routes[0].mode'])
    expect(warningsOf({ access: { role: 'admin', ...shadow } })).toEqual(['routes[0].access'])
    const clerk = { access: { role: 'org:admin' } }
    expect(warningsOf(clerk)).toEqual(['routes[0].access'])
    expect(warningsOf({ ...clerk, ...shadow })).toEqual(['routes[0].access', 'routes[0].mode'])
    const both = { access: { role: 'org:admin', all: [{ plan: 'pro', ...shadow }] } }
    expect(warningsOf(both)).toEqual(['routes[0].access', 'routes[0].access'])
    expect(warningsOf({ ...shadow, passCredential: true })).toContain('routes[0].passCredential')
    const audience = { accepts: ['oauth_token'], access: { claims: { aud: { has: 'here' } } } }
    expect(warningsOf({ ...audience, ...shadow })).toEqual(['routes[0].mode'])
    // Neither protects less than the other where one of them protects nothing.
    const [outer, inner] = [{ path: '/a/**' }, { path: '/a/b', access: { role: 'admin' } }]
    expect(warningsOf(outer, inner)).toEqual(['routes[1].access'])
    expect(warningsOf({ ...outer, ...shadow }, inner)).toEqual(['routes[0].mode'])
    expect(warningsOf(outer, { ...inner, ...shadow })).toEqual(['routes[1].mode'])
  })

  it.each([
    [[{ path: '/a/**', methods: ['GET'] }], true],
    [
      [
        { path: '/a', methods: ['GET'] },
        { path: '/a/*/**', methods: ['PUT'] },
      ],
      true,
    ],
    [[{ path: '/a/**', methods: ['GET'] }, { path: '/a/**' }], false],
    [[{ path: '/a/*/**', methods: ['GET'] }], false],
    [[{ path: '/a/**', methods: ['GET'], host: 'x.test' }], false],
    [[{ path: '/a/**', methods: ['GET'], ...shadow }], false],
  ])('says that it is tried on nothing where only its methods are refused: %j', (others, is) => {
    const tried = { path: '/a/**', methods: ['POST', 'DELETE'], ...shadow }
    const { warnings } = gatewayOf(withRoutes(tried, ...others))
    const found = warnings.find(({ place }) => place === 'routes[0].mode')
    expect(/tried on nothing/.test(String(found?.message))).toBe(is)
  })

  it('takes no credential for what is not tried from a route that is', () => {
    const machines = { path: '/m', accepts: ['api_key'], carriers: ['x-api-key'] }
    const env = { ...variables, CLERK_SECRET_KEY: 'sk_test_x' }
    const cors = { origins: ['https://app.usher.test'] }
    const written = (mode: object) => ({ cors, ...withRoutes('/**', { ...machines, ...mode }) })
    const alone = gatewayOf({ cors, ...withRoutes('/**') }, { env }).rules
    const tried = gatewayOf(written(shadow), { env }).rules
    for (const word of ['surfaces', 'carrierNames', 'cors'] as const) {
      expect(tried[word]).toEqual(alone[word])
      expect(gatewayOf(written({}), { env }).rules[word]).not.toEqual(alone[word])
    }
  })

  it('lets nobody in particular pass a route in shadow, and keeps what is written to be tried', () => {
    const [route] = gatewayOf(withRoutes({ access: { role: 'admin' }, ...shadow })).rules.routes
    expect(route).toMatchObject({ ...shadow, access: { kind: 'optional' } })
    expect(route?.trial).toEqual(compileAccess({ role: 'admin' }))
  })

  it('closes no WebSocket of a route in shadow', () => {
    const [route] = gatewayOf(withRoutes({ websocket: { recheck: true }, ...shadow })).rules.routes
    expect(route?.websocket?.recheck).toBe(false)
  })
})
