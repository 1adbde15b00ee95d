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
          const isLeft = /route-unknown|method-not-allowed/.test(String(expected))
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

describe('the route that is tried', () => {
  const line = fc.record({
    path: fc.constantFrom('/**', '/a/**', '/a/*', '/*/b', '/a/b'),
    methods: fc.constantFrom(undefined, undefined, ['GET'], ['GET', 'POST']),
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
    for (const kind of ['found', 'not found', 'tried beside another', 'tried alone']) {
      expect([kind, (tally.get(kind) ?? 0) >= 10]).toEqual([kind, true])
    }
  })
})
