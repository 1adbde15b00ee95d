import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AccessConfig } from '../../src/config/define.ts'
import { includesSet } from '../../src/config/request-set.ts'
import { matchesRequest, selectRoute } from '../../src/config/selection.ts'
import { canonicalize } from '../../src/gateway/canonical.ts'
import { buildRouteTable, match } from '../../src/gateway/match.ts'
import type { Route } from '../../src/model/route.ts'
import { compile, withRoutes } from '../config/sample.ts'
import { type Tally, tallyUp } from '../support/tally.ts'
import type { World } from '../support/world.ts'
import { factsInHand, fate, shadow, worldOf } from './shadow-scene.ts'

// Configs with something in shadow, and the same configs without it.

describe('shadow never widens what another policy refuses, and refuses nobody', () => {
  /** A policy of a route in force, and what is left of it without what is in shadow. */
  const policy = fc.constantFrom<readonly [AccessConfig, AccessConfig]>(
    ['public', 'public'],
    ['optional', 'optional'],
    ['signed-in', 'signed-in'],
    [{ role: 'reader' }, { role: 'reader' }],
    [{ role: 'admin' }, { role: 'admin' }],
    [{ role: 'reader', ...shadow }, 'signed-in'],
    [{ not: { role: 'reader', ...shadow } }, 'signed-in'],
    [{ any: [{ role: 'admin' }, { role: 'reader', ...shadow }] }, { role: 'admin' }],
    [{ all: [{ role: 'reader' }, { plan: 'pro', ...shadow }] }, { role: 'reader' }],
  )
  const places = [
    { path: '/**' },
    { path: '/a/**' },
    { path: '/a/*' },
    { path: '/a/b', methods: ['GET'] },
    { path: '/c/:id', methods: ['POST'] },
  ] as const
  const enforced = fc
    .subarray([...places], { minLength: 1, maxLength: 4 })
    .chain((chosen) => fc.tuple(...chosen.map((place) => policy.map((one) => ({ place, one })))))
  const tried = fc.subarray(
    [
      ...places.map((place) => ({ ...place, access: { role: 'admin' } })),
      { path: '/a/b', access: 'optional' as const },
      { path: '/c/:id', accepts: ['api_key'] as const },
    ],
    { minLength: 1, maxLength: 4 },
  )
  const requests = [
    ...['/', '/a', '/a/x', '/a/b', '/a/b/c', '/a/%62', '/a/x/../b'].map((path) => ({
      path,
      method: 'GET',
    })),
    ...['/a/b', '/c/d', '/e'].map((path) => ({ path, method: 'POST' })),
  ]

  async function credentialsOf(world: World): Promise<readonly (string | undefined)[]> {
    return [undefined, await world.token(), 'junk', await world.token({ exp: 1 })]
  }

  /** Fails on the first request that is decided otherwise with routes in shadow than without them. */
  async function checkWorlds(runs: number, isTried = true): Promise<Tally> {
    const tally: Tally = new Map()
    const law = fc.asyncProperty(enforced, tried, async (lines, trials) => {
      const inForce = (index: 0 | 1) =>
        lines.map(({ place, one }) => ({ ...place, origin: 'api', access: one[index] }))
      const isTaken = (path: string) => lines.some(({ place }) => place.path === path)
      const apart = trials
        .filter(({ path }) => isTried || !isTaken(path))
        .map((one) => ({ ...one, origin: 'tried', ...(isTried && shadow) }))
      const { facts } = factsInHand(() => ({}))
      const plain = await worldOf(inForce(1), { facts })
      const world = await worldOf([...inForce(0), ...apart], { facts })
      for (const token of await credentialsOf(plain)) {
        for (const { path, method } of requests) {
          const [expected, user] = await fate(plain, path, token, { method })
          const [found, foundUser, note] = await fate(world, path, token, { method })
          const isLeft = /route-unknown/.test(String(expected))
          const isOpened = isLeft && found === 'tried'
          if (!isOpened) expect([path, found, foundUser]).toEqual([path, expected, user])
          const isRefused = typeof note === 'string' && !note.endsWith(': passed')
          tallyUp(tally, [isOpened ? 'opened' : expected === 'origin' ? 'passed' : 'refused'])
          if (isRefused) tallyUp(tally, ['would be refused'])
        }
      }
    })
    await fc.assert(law, { numRuns: runs })
    return tally
  }

  it.each([
    ['/a%2Fb', {}, '400 target-has-encoded-separator'],
    ['/a/live', { headers: { upgrade: 'websocket' } }, '400 upgrade-not-allowed'],
  ])('where it is no policy either: %s', async (path, init, end) => {
    const open = { path: '/**', origin: 'tried', escapes: ['%2F'], websocket: true } as const
    for (const one of [open, { ...open, path: '/a/**' }]) {
      const world = await worldOf([
        { path: '/**', origin: 'api', access: 'public' },
        { ...one, ...shadow },
      ])
      expect(await fate(world, path, undefined, init)).toEqual([end, undefined, undefined])
    }
  })

  it.each([
    ['/x/1', 'POST', '405 method-not-allowed'],
    ['/x/1', 'HEAD', 'origin'],
    ['/x/1', 'OPTIONS', '405 method-not-allowed'],
    ['/x/1', 'TRACE', '405 method-not-allowed'],
    ['/y/1', 'POST', 'tried'],
    ['/y%2F1', 'POST', 'tried'],
    // Its origin could undo the escape, and would be led past the 405.
    ['/x%2F1', 'POST', '400 target-has-encoded-separator'],
    ['/x;y/1', 'POST', '400 target-has-path-parameter'],
    ['/a/b', 'POST', '404 route-unknown'],
    ['/a%2Fb', 'POST', '400 target-has-encoded-separator'],
    ['/a%2Fc', 'POST', 'tried'],
  ])(
    'nor is what routes in force refuse by method or lead elsewhere: %s %s',
    async (path, method, end) => {
      const world = await worldOf([
        { path: '/x/**', origin: 'api', methods: ['GET'], access: 'public' },
        { path: '/a/b', origin: 'elsewhere', access: 'public' },
        { path: '/**', origin: 'tried', escapes: ['%2F'], ...shadow },
      ])
      expect([path, (await fate(world, path, undefined, { method }))[0]]).toEqual([path, end])
    },
  )

  it('in generated configs', async () => {
    const tally = await checkWorlds(10)
    for (const kind of ['opened', 'passed', 'refused', 'would be refused']) {
      expect([kind, (tally.get(kind) ?? 0) >= 10]).toEqual([kind, true])
    }
  })

  it('which would be found out were the routes in force', async () => {
    const fault: unknown = await checkWorlds(10, false).catch(({ cause }) => cause)
    expect(String(fault)).toMatch(/AssertionError: expected .* to deeply equal/)
  })
})

describe('a route in shadow changes nothing for what is in force, and', () => {
  it('hides no header from the origin of what is in force', async () => {
    const open = { path: '/**', origin: 'api', access: 'public' } as const
    const keys = { accepts: ['api_key'], carriers: ['x-api-key'] } as const
    const world = await worldOf([
      open,
      { path: '/keys', origin: 'tried', ...keys, ...shadow },
      { path: '/mine', origin: 'api', access: 'public' },
    ])
    for (const path of ['/keys', '/mine']) {
      const found = await fate(world, path, undefined, { headers: { 'x-api-key': 'ak_ada' } })
      expect(found.slice(0, 2)).toEqual(['origin', ''])
      expect(world.sent.at(-1)?.headers.get('x-api-key')).toBe('ak_ada')
    }
  })

  it('is not tried on a preflight that it would answer', async () => {
    const world = await worldOf([
      { path: '/**', origin: 'api', access: 'public' },
      { path: '/x', origin: 'tried', cors: { origins: ['https://page.test'] }, ...shadow },
      { path: '/y', origin: 'tried', ...shadow },
    ])
    const headers = { origin: 'https://page.test', 'access-control-request-method': 'GET' }
    for (const [path, tried] of [
      ['/x', undefined],
      ['/y', '/y: token-missing'],
    ] as const) {
      const found = await fate(world, path, undefined, { method: 'OPTIONS', headers })
      expect(found).toEqual(['origin', '', tried])
    }
  })

  it('names no resource that OAuth tokens count at, and takes none from an origin', async () => {
    const line = {
      path: '/api/oauth',
      origin: 'tried',
      accepts: ['oauth_token'],
      ...shadow,
    } as const
    const address = '/.well-known/oauth-protected-resource'
    for (const [mode, status] of [
      [shadow, 404],
      [{ mode: 'enforced' as const }, 200],
    ] as const) {
      const world = await worldOf([{ ...line, ...mode }])
      for (const path of [address, `${address}/api/oauth`]) {
        expect([path, (await world.get(path)).status]).toEqual([path, status])
      }
      const open = { path: '/**', origin: 'api', access: 'public' } as const
      const [end] = await fate(await worldOf([open, { ...line, ...mode }]), address)
      expect(end === 'origin').toBe(status === 404)
    }
  })
})

describe('the route that is tried', () => {
  const line = fc.record({
    path: fc.constantFrom('/**', '/a/**', '/a/*', '/*/b', '/a/b'),
    methods: fc.constantFrom(undefined, undefined, ['GET'], ['GET', 'POST'], ['POST']),
    host: fc.constantFrom(undefined, undefined, 'h.test', '*.h.test'),
    mode: fc.constantFrom(undefined, 'shadow' as const),
  })
  const asked = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT'),
    host: fc.constantFrom('h.test', 'x.h.test'),
    segments: fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 }),
  })

  /** The routes of a config without those of which the compiler says that something is wrong. */
  function compiled(lines: readonly object[]): readonly Route[] {
    const config = withRoutes(...lines.map((one) => JSON.parse(JSON.stringify(one))))
    const found = compile(config)
    if (found.ok) return found.value.rules.routes
    const wrong = new Set(found.error.map(({ place }) => place))
    return compiled(lines.filter((_, index) => !wrong.has(`routes[${index}]`)))
  }

  it('is the most specific of all, and what is in force is found as if there were no other', () => {
    const tally: Tally = new Map()
    const law = fc.property(
      fc.array(line, { minLength: 6, maxLength: 12, size: 'max' }),
      fc.array(asked, { minLength: 20, size: 'max', maxLength: 30 }),
      (lines, requests) => {
        const routes = compiled(lines)
        const table = buildRouteTable(routes)
        const alone = buildRouteTable(routes.filter(({ mode }) => mode === undefined))
        for (const { method, host, segments } of requests) {
          const url = `https://${host}/${segments.join('/')}`
          const target = canonicalize({ url, headers: new Headers() }, new Set())
          if (!target.ok) throw new Error(url)
          const request = { method, headers: new Headers() }
          const found = match(table, target.value, request)
          const inForce = match(alone, target.value, request)
          expect(found.ok && found.value.route).toBe(
            selectRoute(routes, { method, host, segments }) ?? false,
          )
          if (inForce.ok) expect(found.ok && found.value.route).toBe(inForce.value.route)
          const refusal = found.ok || inForce.ok ? undefined : inForce.error
          if (refusal?.code === 'method-not-allowed') {
            expect(found).toEqual(inForce)
            tallyUp(tally, ['refused by method'])
            continue
          }
          const taking = routes.filter((one) => matchesRequest(one, { method, host, segments }))
          const tried = taking.find(({ mode, ...one }) =>
            taking.every(
              (other) =>
                includesSet(other, one) &&
                (mode || !includesSet(one, other) || other.mode === mode),
            ),
          )
          const trial = found.ok ? found.value.trial?.route : undefined
          expect(trial).toBe(tried?.mode === 'shadow' ? tried : undefined)
          tallyUp(tally, [
            ...(found.ok ? ['found'] : ['not found']),
            ...(trial ? [inForce.ok ? 'tried beside another' : 'tried alone'] : []),
          ])
        }
      },
    )
    fc.assert(law, { numRuns: 80 })
    const kinds = ['found', 'not found', 'tried beside another', 'tried alone', 'refused by method']
    for (const kind of kinds) {
      expect([kind, (tally.get(kind) ?? 0) >= 10]).toEqual([kind, true])
    }
  })
})
