import { describe, expect, it } from 'vitest'
import { gatewayOf, problemsOf, variables, withRoutes } from './sample.ts'

const env = { ...variables, CLERK_SECRET_KEY: 'sk_test_secret' }

function limited(limits: unknown, route: object = {}) {
  return withRoutes({ path: '/**', origin: 'api', ...route, limits })
}

const exact = { limiter: 'exact', by: 'user', requests: 100, window: '1m' }
const edge = { limiter: 'edge', by: 'address', binding: 'BURST', requests: 20, window: '10s' }

describe('limits', () => {
  it('are none when not given', () => {
    expect(gatewayOf(withRoutes('/**')).rules.routes[0]?.limits).toBeUndefined()
  })

  it('compile, with what happens when a limiter cannot be reached', () => {
    const limits = [edge, exact, { by: { claim: '/metadata/tier' }, concurrent: 4 }]
    expect(gatewayOf(limited(limits)).rules.routes[0]?.limits).toEqual([
      {
        kind: 'edge',
        name: 'address-10s',
        by: { kind: 'address' },
        binding: 'BURST',
        requests: 20,
        windowMs: 10_000,
        unreachable: 'allow',
      },
      {
        kind: 'exact',
        name: 'user-60s',
        by: { kind: 'user' },
        requests: 100,
        windowMs: 60_000,
        unreachable: 'refuse',
      },
      {
        kind: 'concurrent',
        name: 'claim-at-once',
        by: { kind: 'claim', claim: '/metadata/tier' },
        requests: 4,
      },
    ])
  })

  it('that would have one name are numbered, and none says which claim it is about', () => {
    const claims = ['plan', 'region'].map((claim) => ({ ...exact, by: { claim } }))
    const names = gatewayOf(limited([...claims, exact])).rules.routes[0]?.limits
    expect(names?.map(({ name }) => name)).toEqual(['claim-60s', 'claim-60s-2', 'user-60s'])
  })

  it.each([
    ['1s', 1000],
    ['90s', 90_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
  ])('count in %s', (window, windowMs) => {
    const limits = [{ ...exact, window, unreachable: 'allow' }]
    expect(gatewayOf(limited(limits)).rules.routes[0]?.limits).toMatchObject([
      { windowMs, unreachable: 'allow' },
    ])
  })

  const wrong: [what: string, limits: unknown, place: string][] = [
    ['no list', exact, ''],
    ['an empty list', [], ''],
    ['no object', ['exact'], '[0]'],
    ['no limiter', [{ by: 'user', requests: 1, window: '1m' }], '[0].limiter'],
    ['a limiter that is none', [{ ...exact, limiter: 'exakt' }], '[0].limiter'],
    ['nobody to tell apart', [{ ...exact, by: undefined }], '[0].by'],
    ['an unknown kind of key', [{ ...exact, by: 'ip' }], '[0].by'],
    ['a header as key', [{ ...exact, by: { header: 'x-key' } }], '[0].by.header'],
    ['a claim without name', [{ ...exact, by: { claim: '' } }], '[0].by.claim'],
    ['a claim that every object has', [{ ...exact, by: { claim: 'toString' } }], '[0].by.claim'],
    ['no number', [{ ...exact, requests: '100' }], '[0].requests'],
    ['nothing at all', [{ ...exact, requests: 0 }], '[0].requests'],
    ['half a request', [{ ...exact, requests: 1.5 }], '[0].requests'],
    ['more than can be counted', [{ ...exact, requests: 1_000_001 }], '[0].requests'],
    ['no end', [{ ...exact, requests: Number.POSITIVE_INFINITY }], '[0].requests'],
    ['a window in milliseconds', [{ ...exact, window: '500ms' }], '[0].window'],
    ['no window', [{ ...exact, window: '0s' }], '[0].window'],
    ['a window that has no unit', [{ ...exact, window: '60' }], '[0].window'],
    ['a window of days', [{ ...exact, window: '25h' }], '[0].window'],
    ['a window that the edge has not', [{ ...edge, window: '30s' }], '[0].window'],
    ['no binding', [{ ...edge, binding: undefined }], '[0].binding'],
    ['a binding that cannot be one', [{ ...edge, binding: 'BURST.limit' }], '[0].binding'],
    ['a binding for an exact limit', [{ ...exact, binding: 'BURST' }], '[0].binding'],
    ['an unknown word', [{ ...exact, burst: 5 }], '[0].burst'],
    ['what else could happen', [{ ...exact, unreachable: 'wait' }], '[0].unreachable'],
    ['nobody at once', [{ by: 'user', concurrent: 0 }], '[0].concurrent'],
    ['a time for what is at once', [{ by: 'user', concurrent: 1, window: '1m' }], '[0].window'],
    ['the same limit twice', [exact, edge, { ...exact, unreachable: 'allow' }], '[2]'],
  ]
  it.each(wrong)('with %s do not compile', (_, limits, place) => {
    const places = problemsOf(limited(limits), { env }).map((one) => one.place)
    expect(places).toContain(`routes[0].limits${place}`)
  })

  const senseless: [what: string, by: unknown, route: object][] = [
    ['by user where nobody is known', 'user', { access: 'public' }],
    ['by organisation where nobody is known', 'organization', { access: 'public' }],
    ['by claim where nobody is known', { claim: 'plan' }, { access: 'public' }],
    ['by API key where nobody is known', 'api-key', { access: 'public' }],
    ['by API key where none is accepted', 'api-key', {}],
  ]
  it.each(senseless)('%s do not compile', (_, by, route) => {
    const problems = problemsOf(limited([{ by, concurrent: 2 }], route), { env })
    expect(problems.map(({ place }) => place)).toEqual(['routes[0].limits[0].by'])
  })

  it('by address are for everybody, by API key for routes that accept some', () => {
    const keys = { accepts: ['api_key'] }
    expect(problemsOf(limited([edge], { access: 'public' }), { env })).toEqual([])
    expect(problemsOf(limited([{ ...exact, by: 'api-key' }], keys), { env })).toEqual([])
  })
})
