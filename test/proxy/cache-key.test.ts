import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../src/model/base64url.ts'
import { momentAlone } from '../../src/model/clock.ts'
import { isStripped } from '../../src/model/headers.ts'
import type { Principal, User } from '../../src/model/principal.ts'
import type { CacheTerms } from '../../src/model/terms.ts'
import { keyed } from '../../src/proxy/cache-key.ts'
import type { Departure } from '../../src/proxy/road.ts'
import { routeOf } from './cache-scene.ts'

// Which two requests have one answer: a model says so, and the key agrees.

const terms: CacheTerms = {
  maxAgeMs: 60_000,
  scope: 'principal',
  keyedHeaders: ['accept-language'],
  keyedQuery: ['page'],
}
const route = routeOf({
  requestHeaders: { set: { 'X-App': 'ours' } },
  cache: { maxAge: '1m', scope: 'principal', headers: ['accept-language'], query: ['page'] },
})

/** One request, in what may tell its answer from another, and in what must not. */
interface Asked {
  readonly host: string
  readonly path: string
  readonly page: string | undefined
  readonly language: string | undefined
  readonly user: string | undefined
  readonly session: string
  readonly organization: string | undefined
  readonly role: string
  readonly scope: string
  readonly granted: string
  readonly noise: Readonly<Record<string, string>>
  /** Whether a trace begins here. */
  readonly traces: boolean
  readonly track: string | undefined
  readonly issuedAt: number
}

const few = (...values: readonly string[]) => fc.constantFrom(...values)
const maybe = (value: string) => fc.constantFrom(undefined, value)
const noiseNames = [
  'accept',
  'cookie',
  'x-host',
  'x-forwarded-for',
  'user-agent',
  'accept_language',
  // What the gateway says under these names it says over what the client does, or takes that away.
  ...['x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-prefix', 'traceparent', 'tracestate'],
  ...['x-usher-request-id', 'x-usher-assertion', 'x-usher-user-id', 'x-usher-hops', 'x-app'],
]
const junk = ['junk', '"><script>']

const asked: fc.Arbitrary<Asked> = fc.record({
  host: few('a.test', 'b.test'),
  path: few('/a/b', '/a/B', '/a/b/', '/a/b/c'),
  page: fc.constantFrom(undefined, '1', '2', '1&page=2'),
  language: fc.constantFrom(undefined, 'de', 'en'),
  user: fc.constantFrom(undefined, 'user_1', 'user_2'),
  session: few('sess_1', 'sess_2'),
  organization: maybe('org_1'),
  role: few('org:admin', 'org:member'),
  scope: few('', 'read'),
  granted: few('', 'admin'),
  noise: fc.dictionary(few(...noiseNames), few(...junk)),
  traces: fc.boolean(),
  track: maybe('t'),
  issuedAt: fc.nat(100),
})

/** A pair that differs in one thing, or in a few. */
const pair: fc.Arbitrary<readonly [Asked, Asked]> = fc
  .tuple(asked, asked, fc.subarray(fieldNames(), { minLength: 0, maxLength: 3 }))
  .map(([left, right, changed]) => [
    left,
    { ...left, ...Object.fromEntries(changed.map((name) => [name, right[name]])) },
  ])

function fieldNames(): (keyof Asked)[] {
  return [
    ...(['host', 'path', 'page', 'language', 'user', 'session', 'organization'] as const),
    ...(['role', 'scope', 'granted', 'noise', 'traces', 'track', 'issuedAt'] as const),
  ]
}

function principalOf({ user, session, organization, role, scope }: Asked): Principal {
  if (user === undefined) return { kind: 'anonymous' }
  const person: User = {
    kind: 'user',
    tokenType: 'session_token',
    tokenId: undefined,
    organization: organization
      ? { id: organization, slug: undefined, role, permissions: [] }
      : undefined,
    scopes: scope === '' ? [] : [scope],
    issuedAtSeconds: 0,
    expiresAtSeconds: 60,
    claims: {},
    token: 'token',
    userId: user,
    sessionId: session,
    actor: undefined,
    clientId: undefined,
    features: undefined,
    plans: undefined,
    factorAges: undefined,
  }
  return person
}

/** As the gateway introduces them; nothing but the assertion says what Usher granted. */
function departureOf(one: Asked): Departure {
  const { host, path, page, track, language, user, granted, issuedAt, noise, traces } = one
  const query = [page && `page=${page}`, track && `track=${track}`].filter(Boolean).join('&')
  const request = new Request(`https://${host}${path}${query && `?${query}`}`, { headers: noise })
  if (language !== undefined) request.headers.set('accept-language', language)
  const headers = new Headers([...request.headers].filter(([name]) => !isStripped(name)))
  headers.set('x-forwarded-host', host)
  headers.set('x-usher-request-id', String(issuedAt))
  if (traces) headers.set('traceparent', `00-${issuedAt}`)
  headers.set('x-usher-user-id', user ?? '')
  headers.set('x-app', 'ours')
  const said = { sub: user, roles: [granted], iat: issuedAt, exp: issuedAt + 60 }
  const assertion = user && ['', encodeBase64url(JSON.stringify(said)), ''].join('.')
  headers.set('x-usher-assertion', assertion ?? '')
  return {
    request,
    target: {
      scheme: 'https',
      host,
      path,
      segments: path.split('/').filter(Boolean),
      query: query && `?${query}`,
      url: request.url,
      escapes: [],
      isPlain: true,
    },
    headers,
    route,
    principal: principalOf(one),
    moment: momentAlone(0),
    names: [...request.headers.keys()],
  }
}

/** Everything that may tell two answers apart. Who is nobody has no session, role, scope or grant. */
function meaningOf({ host, path, page, language, user, ...caller }: Asked): string {
  const { session, organization, role, scope, granted } = caller
  const member = organization && [organization, role]
  const known = user === undefined ? null : [user, session, member, scope, granted]
  return JSON.stringify([host, path, page, language, known])
}

/** What the origin would see of a request, but what is new with every one. */
function seenOf({ departure }: { departure: Departure }): string {
  const perRequest = ['x-usher-request-id', 'x-usher-assertion', 'traceparent']
  const headers = [...departure.headers].filter(([name]) => !perRequest.includes(name))
  return JSON.stringify([departure.target, headers])
}

function sharesWhatIsTheSame(
  means: (one: Asked) => string,
  tally: { same: number; other: number },
) {
  return fc.asyncProperty(pair, async ([left, right]) => {
    const [one, two] = [
      await keyed(departureOf(left), terms, []),
      await keyed(departureOf(right), terms, []),
    ]
    if (one === undefined || two === undefined) throw new Error('A request has no key')
    const isSame = means(left) === means(right)
    tally[isSame ? 'same' : 'other'] += 1
    expect(one.key === two.key).toBe(isSame)
    if (isSame) expect(seenOf(one)).toBe(seenOf(two))
    for (const { departure } of [one, two]) {
      expect([...departure.headers.values()].filter((value) => junk.includes(value))).toEqual([])
    }
  })
}

describe('two requests share an answer', () => {
  it('only if nothing tells them apart that their origin could see', async () => {
    const tally = { same: 0, other: 0 }
    await fc.assert(sharesWhatIsTheSame(meaningOf, tally), { numRuns: 1500 })
    expect(tally.same).toBeGreaterThan(300)
    expect(tally.other).toBeGreaterThan(300)
  })

  it.each([
    'host',
    'path',
    'page',
    'language',
    'user',
    'session',
    'role',
    'scope',
    'granted',
  ] as const)('and a key without %s would be found out', async (name) => {
    const without = (one: Asked) => meaningOf({ ...one, [name]: 'same' })
    const run = { numRuns: 2000, endOnFailure: true }
    const found = await fc.check(sharesWhatIsTheSame(without, { same: 0, other: 0 }), run)
    expect(found.failed).toBe(true)
  })

  it('never where it cannot be told who is asking', async () => {
    for (const one of fc.sample(asked, 10)) {
      const departure = departureOf(one)
      departure.headers.set('x-usher-assertion', 'a.?.c')
      expect(await keyed(departure, terms, [])).toBeUndefined()
    }
  })
})
