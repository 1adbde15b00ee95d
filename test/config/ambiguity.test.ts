import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ambiguities } from '../../src/config/overlap.ts'
import { parsePath } from '../../src/config/path.ts'
import { includesSet, intersectSets, type RequestSet } from '../../src/config/request-set.ts'
import {
  matchesRequest,
  type RoutedRequest,
  selectRoute,
  unreachableRoutes,
} from '../../src/config/selection.ts'
import type { HostPattern } from '../../src/model/host-pattern.ts'
import { placesOf, withRoutes } from './sample.ts'

function pathOf(source: string) {
  const path = parsePath(source)
  if (!path.ok) throw new Error(path.error)
  return path.value
}

const anyPath = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 3 }), fc.boolean())
  .map(([parts, rest]) => pathOf(`/${[...parts, ...(rest ? ['**'] : [])].join('/')}`))

const anyHost = fc.constantFrom<HostPattern>(
  { kind: 'any' },
  { kind: 'exact', host: 'x.example.com' },
  { kind: 'exact', host: 'x.example.org' },
  { kind: 'subdomain', suffix: '.example.com' },
)

const anySet: fc.Arbitrary<RequestSet> = fc.record({
  path: anyPath,
  host: anyHost,
  methods: fc.constantFrom(
    undefined,
    new Set(['GET', 'HEAD']),
    new Set(['POST']),
    new Set(['GET', 'HEAD', 'POST']),
  ),
})

const anyRequest: fc.Arbitrary<RoutedRequest> = fc.record({
  host: fc.constantFrom('x.example.com', 'y.example.com', 'x.y.example.com', 'x.example.org', 'z'),
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'),
  segments: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 }),
})

describe('sets of requests', () => {
  it('intersect in exactly the requests of both', () => {
    fc.assert(
      fc.property(anySet, anySet, anyRequest, (left, right, request) => {
        const both = intersectSets(left, right)
        expect(both !== undefined && matchesRequest(both, request)).toBe(
          matchesRequest(left, request) && matchesRequest(right, request),
        )
      }),
      { numRuns: 2000 },
    )
  })

  it('include one another only when every request does', () => {
    fc.assert(
      fc.property(anySet, anySet, anyRequest, (outer, inner, request) => {
        const isInner = includesSet(outer, inner) && matchesRequest(inner, request)
        expect(isInner && !matchesRequest(outer, request)).toBe(false)
      }),
      { numRuns: 5000 },
    )
  })
})

describe('the route of a request', () => {
  const anyRoutes = fc
    .array(anySet, { minLength: 1, maxLength: 6 })
    .filter((sets) => ambiguities(sets.map((set) => ({ ...set, place: '' }))).length === 0)

  it('never depends on the order of the routes', () => {
    fc.assert(
      fc.property(anyRoutes, anyRequest, (routes, request) => {
        expect(selectRoute(routes.toReversed(), request)).toBe(selectRoute(routes, request))
      }),
    )
  })

  it('is found whenever one matches, when nothing is ambiguous', () => {
    fc.assert(
      fc.property(anyRoutes, anyRequest, (routes, request) => {
        const matches = routes.some((route) => matchesRequest(route, request))
        expect(selectRoute(routes, request) !== undefined).toBe(matches)
      }),
    )
  })

  it('is never one that is reported as unreachable', () => {
    fc.assert(
      fc.property(anyRoutes, anyRequest, (routes, request) => {
        expect(unreachableRoutes(routes, undefined)).not.toContain(selectRoute(routes, request))
      }),
    )
  })

  it('is the most specific one', () => {
    const routes = ['/**', '/a/**', '/a/*', '/a/b'].map((source) => ({
      path: pathOf(source),
      host: { kind: 'any' as const },
      methods: undefined,
    }))
    const sourceFor = (...segments: string[]) =>
      selectRoute(routes, { host: 'h', method: 'GET', segments })?.path.source
    expect(sourceFor('a', 'b')).toBe('/a/b')
    expect(sourceFor('a', 'c')).toBe('/a/*')
    expect(sourceFor('a', 'b', 'c')).toBe('/a/**')
    expect(sourceFor('a')).toBe('/a/**')
    expect(sourceFor()).toBe('/**')
  })
})

describe('routes', () => {
  const get = (path: string) => ({ path, methods: ['GET'] })
  const post = (path: string) => ({ path, methods: ['POST'] })

  it.each([
    ['of different literals', ['/a', '/b']],
    ['of which one lies within the other', ['/**', '/a/**', '/a/:x', '/a/b']],
    ['of different methods', [get('/a'), post('/a')]],
    ['of different hosts', [{ host: 'a.example.com' }, { host: '*.example.org' }]],
    ['of a host and every host', [{ host: 'a.example.com' }, { host: '*.example.com' }, {}]],
    ['of different lengths', ['/a/*', '/a/*/*']],
    ['whose overlap a third takes', ['/a/*', '/*/b', '/a/b']],
    ['whose overlap in methods a third takes', [get('/*'), '/a', get('/a')]],
  ])('%s are clear', (_case, routes) => {
    expect(placesOf(withRoutes(...routes))).toEqual([])
  })

  it.each([
    ['that are the same', ['/a', '/a']],
    ['that differ in the names of parameters only', ['/a/:x', '/a/:y']],
    ['that differ in a trailing slash only', ['/a', '/a/']],
    ['that differ in spelling only', ['/%61', '/a']],
    ['that cross in their paths', ['/a/*', '/*/b']],
    ['that cross in their depth', ['/a/**', '/*/b']],
    ['that cross in path and method', [get('/*'), '/a']],
    ['that cross in path and host', [{ path: '/a' }, { path: '/**', host: 'a.example.com' }]],
    ['that share HEAD by GET', [get('/a'), { path: '/a', methods: ['HEAD', 'POST'] }]],
    ['whose overlap a third takes only in part', ['/a/**', '/*/b/**', '/a/b']],
  ])('%s are ambiguous', (_case, routes) => {
    expect(placesOf(withRoutes(...routes))).toEqual([expect.stringMatching(/^routes\[[12]\]$/)])
  })

  it.each([
    [
      'by its methods',
      [{ path: '/a', methods: ['GET', 'POST'] }, get('/a'), post('/a')],
      undefined,
    ],
    ['by its depths', ['/a/**', '/a', '/a/*/**'], undefined],
    [
      'by the hosts that are served',
      ['/**', { host: 'a.example.com' }, { host: 'b.example.com' }],
      ['a.example.com', 'b.example.com'],
    ],
    [
      'by the subdomains that are served',
      [{ host: '*.example.com' }, { host: 'a.example.com' }],
      ['a.example.com', 'z.example.org'],
    ],
  ])('that others cover %s are unreachable', (_case, routes, hosts) => {
    expect(placesOf({ ...withRoutes(...routes), ...(hosts && { hosts }) })).toEqual(['routes[0]'])
  })

  it.each([
    ['one depth', ['/a/**', '/a', '/a/*', '/a/*/*']],
    ['fresh literals', ['/a/*', '/a/b', '/a/c']],
    ['other methods', ['/a', get('/a'), post('/a')]],
    ['other hosts', ['/a', { path: '/a', host: '*.example.com' }]],
  ])('that keep %s are reachable', (_case, routes) => {
    expect(placesOf(withRoutes(...routes))).toEqual([])
  })
})
