import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limitKey } from '../../src/gateway/limit-key.ts'
import type { Machine, Principal, User } from '../../src/model/principal.ts'
import type { Limit, LimitKey } from '../../src/model/terms.ts'
import { createWorld, type World } from '../support/world.ts'
import { createEdge, limited } from './limit-scene.ts'

// By what callers are counted, which nothing that a client writes can move.

const credential = {
  tokenType: 'session_token',
  tokenId: 'jti',
  organization: undefined,
  scopes: [],
  issuedAtSeconds: 0,
  expiresAtSeconds: 60,
  claims: {},
  token: 'token',
} as const

const ada: User = {
  ...credential,
  kind: 'user',
  userId: 'user_ada',
  sessionId: 'sess_ada',
  actor: undefined,
  clientId: undefined,
  features: undefined,
  plans: undefined,
  factorAges: undefined,
}
const machine: Machine = {
  ...credential,
  tokenType: 'm2m_token',
  kind: 'machine',
  subject: 'mch_1',
}
const nobody: Principal = { kind: 'anonymous' }

function inOrganization(id: string): User['organization'] {
  return { id, slug: undefined, role: undefined, permissions: [] }
}

function apiKey<T extends User | Machine>(principal: T, tokenId: string): T {
  return { ...principal, tokenType: 'api_key', tokenId }
}

const home = '203.0.113.7'

function keyBy(by: LimitKey, principal: Principal, clientAddress = home): string {
  return limitKey('/**', limitBy(by), { principal, clientAddress })
}

function limitBy(by: LimitKey): Limit {
  return { kind: 'exact', name: 'n', by, requests: 5, windowMs: 60_000, unreachable: 'refuse' }
}

const user: LimitKey = { kind: 'user' }
const organization: LimitKey = { kind: 'organization' }
const key: LimitKey = { kind: 'api-key' }
const address: LimitKey = { kind: 'address' }
const plan: LimitKey = { kind: 'claim', claim: '/metadata/plan' }

function withPlan(value: unknown): User {
  return { ...ada, claims: { metadata: { plan: value } } }
}

const bob: User = { ...ada, userId: 'user_bob' }
const acme = { organization: inOrganization('org_acme') }

describe('a limit counts together', () => {
  const together: [what: string, by: LimitKey, one: Principal, other: Principal][] = [
    ['the sessions of a user', user, ada, { ...ada, sessionId: 'sess_2', tokenId: 'jti2' }],
    ['a user and a key of theirs', user, ada, apiKey(ada, 'ak_1')],
    ['a user in whatever organisation', user, ada, { ...ada, ...acme }],
    ['the members of an organisation', organization, { ...ada, ...acme }, { ...bob, ...acme }],
    ['them and its own key', organization, { ...ada, ...acme }, { ...machine, ...acme }],
    ['whoever uses one key', key, apiKey(ada, 'ak_1'), apiKey(ada, 'ak_1')],
    ['the users of one claim', plan, withPlan('free'), { ...withPlan('free'), userId: 'user_bob' }],
    ['everybody at one address', address, ada, nobody],
  ]
  it.each(together)('%s', (_, by, one, other) => {
    expect(keyBy(by, one)).toBe(keyBy(by, other))
  })

  it.each([
    ['2001:db8:1:2::7', '2001:db8:1:2:ffff::1'],
    ['2001:DB8:1:2::7', '2001:db8:1:2:0:0:0:7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['', 'unknown'],
    ['', '203.0.113.7, 198.51.100.1'],
  ])('the addresses %j and %j', (one, other) => {
    expect(keyBy(address, nobody, one)).toBe(keyBy(address, nobody, other))
  })
})

describe('a limit counts apart', () => {
  it('everyone else, by whatever it tells callers apart', () => {
    const keys = [
      ...[ada, bob, machine, apiKey(machine, 'ak_2')].map((one) => keyBy(user, one)),
      ...[ada, { ...ada, ...acme }, { ...ada, organization: inOrganization('org_2') }].map((one) =>
        keyBy(organization, one),
      ),
      ...[ada, apiKey(ada, 'ak_1'), apiKey(ada, 'ak_2'), machine].map((one) => keyBy(key, one)),
      ...['free', 'Free', 1, '1', true, 'true', ['free'], { free: 1 }, null, ''].map((value) =>
        keyBy(plan, withPlan(value)),
      ),
      ...[home, '203.0.113.8', '2001:db8:1:2::7', '2001:db8:1:3::7', ''].map((at) =>
        keyBy(address, ada, at),
      ),
    ]
    // A machine is itself, with a key or without; what is no plain value tells nobody apart.
    const [sameMachine, sameUser] = [1, 3]
    expect(new Set(keys).size).toBe(keys.length - sameMachine - sameUser)
  })

  it('whoever lacks what it asks for: by who they are, else by address', () => {
    for (const by of [user, organization, key, plan]) {
      const keys = [ada, bob, machine, nobody].map((one) => keyBy(by, one))
      expect(new Set(keys).size).toBe(4)
      expect(keyBy(by, ada, '198.51.100.1')).toBe(keyBy(by, ada))
      expect(keyBy(by, nobody, '198.51.100.1')).not.toBe(keyBy(by, nobody))
    }
  })

  it('what another limit counts, though it is of the same caller', () => {
    const limits: Limit[] = [
      limitBy(user),
      limitBy(organization),
      limitBy(plan),
      limitBy({ kind: 'claim', claim: 'plan' }),
      { ...limitBy(user), requests: 6 },
      { ...limitBy(user), kind: 'edge', binding: 'B' } as Limit,
      { kind: 'concurrent', name: 'n', by: user, requests: 5 },
    ]
    const sender = { principal: ada, clientAddress: home }
    const keys = ['/**', '/a/**'].flatMap((route) =>
      limits.map((limit) => limitKey(route, limit, sender)),
    )
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('values that hold what stands between values', () => {
    // What a key has between the name of a claim and its value, were it only strung together.
    const between = '560000claimstring'
    const piece = fc.constantFrom('', '1', '4', ':', 'a', between)
    const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''))
    const keyOf = (claim: string, value: string) =>
      keyBy({ kind: 'claim', claim }, { ...ada, claims: { [claim]: value } })
    fc.assert(
      fc.property(text, text, text, (first, middle, last) => {
        const one = keyOf(`a${first}`, `${middle}${between}${last}a`)
        const other = keyOf(`a${first}${between}${middle}`, `${last}a`)
        return one !== other
      }),
      { numRuns: 1000 },
    )
    expect(keyOf('a', 'a')).toBe(keyOf('a', 'a'))
  })
})

const perUser = {
  limiter: 'edge',
  by: 'user',
  binding: 'BURST',
  requests: 20,
  window: '10s',
} as const

describe('the key of a caller', () => {
  const client = { 'cf-connecting-ip': '203.0.113.7' }
  const disguises: [what: string, target: string, headers: Record<string, string>][] = [
    ['plainly', '/Limited', {}],
    ['in another case', '/limited', {}],
    ['with a query', '/Limited?user=user_grace&key=1', {}],
    ['with an encoded letter', '/L%69mited', {}],
    ['with a slash at the end', '/Limited/', {}],
    ['further down', '/Limited/a/b', {}],
    ['with X-Forwarded-For', '/Limited', { 'x-forwarded-for': '198.51.100.1' }],
    ['with Forwarded', '/Limited', { forwarded: 'for=198.51.100.1' }],
    ['with X-Real-IP', '/Limited', { 'x-real-ip': '198.51.100.1' }],
    ['with True-Client-IP', '/Limited', { 'true-client-ip': '198.51.100.1' }],
    ['with a name of ours', '/Limited', { 'x-usher-user-id': 'user_grace' }],
    ['with an API key beside the token', '/Limited', { 'x-api-key': 'ak_1' }],
    ['with cookies', '/Limited', { cookie: 'user=user_grace' }],
    ['with another agent', '/Limited', { 'user-agent': 'other', 'accept-language': 'xx' }],
    ['with another Host', '/Limited', { host: 'other.usher.test' }],
    ['with an X-Request-Id', '/Limited', { 'x-request-id': '1', 'x-usher-request-id': '2' }],
  ]

  /** The keys that each way of asking was counted by, of a caller with a token or of one without. */
  async function keysOf(by: 'user' | 'address', token: (world: World) => Promise<string> | string) {
    const burst = createEdge()
    const limits = [{ ...perUser, by }]
    const access = 'optional'
    const world = await createWorld({
      config: {
        routes: [
          // One route for both cases of its path: each segment is whatever is asked for.
          { path: '/:any/**', origin: 'api', access, limits },
        ],
      },
      bindings: { BURST: burst },
    })
    const credential = await token(world)
    for (const [, target, headers] of disguises) {
      await world.get(target, credential || undefined, { headers: { ...client, ...headers } })
    }
    return burst.keys
  }

  it.each([
    ['user', (world: World) => world.token()],
    ['address', (world: World) => world.token()],
    ['user', () => ''],
    ['address', () => ''],
  ] as const)('by %s is the same, however they ask', async (by, token) => {
    const keys = await keysOf(by, token)
    expect(keys).toHaveLength(disguises.length)
    expect(new Set(keys).size).toBe(1)
  })

  it('names nobody, and is no longer for a long claim', async () => {
    const { world, ask, burst } = await limited([{ ...perUser, by: { claim: 'long' } }])
    await ask(undefined, await world.token({ long: 'x'.repeat(2000) }))
    await ask(undefined, await world.token({ long: 'user_ada' }))
    for (const key of burst.keys) expect(key).toMatch(/^[\w-]{43}$/)
    expect(new Set(burst.keys).size).toBe(2)
  })

  it('by address is that of the edge, and without one the same for all', async () => {
    const { ask, burst } = await limited([{ ...perUser, by: 'address' }], { access: 'public' })
    const addresses = ['203.0.113.7', '203.0.113.8', undefined, 'unknown', '203.0.113.7, 1.1.1.1']
    for (const address of addresses) {
      await ask(address === undefined ? {} : { headers: { 'cf-connecting-ip': address } }, '')
    }
    const [one, other, none, ...noAddress] = burst.keys
    expect(new Set([one, other, none]).size).toBe(3)
    expect(noAddress).toEqual([none, none])
  })
})
