import { describe, expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/config/define.ts'
import type { IdentityMapConfig } from '../../src/config/hand-off.ts'
import { decodeBase64url } from '../../src/model/base64url.ts'
import { ok } from '../../src/model/result.ts'
import { answerFrom, apiKey, everyCredential } from '../support/credentials.ts'
import { createWorld, everyoneHolds, type World } from '../support/world.ts'

// Headers of identity under names of the author's choice: what an origin reads in them.

const routes: GatewayConfig['routes'] = [
  { path: '/public/**', origin: 'api', access: 'public' },
  { path: '/optional/**', origin: 'api', access: 'optional' },
  { path: '/api/**', origin: 'api', accepts: ['session_token', 'api_key'] },
]

interface Known {
  readonly roles?: readonly string[]
  readonly email?: string
}

function openWorld(identityMap: IdentityMapConfig, { roles = [], email }: Known = {}) {
  return createWorld({
    config: { routes, identityMap },
    facts: async () => ok({ ...everyoneHolds(roles), email }),
    variables: everyCredential,
  })
}

/** The headers with these names that reached the origin; `null` for one that did not. */
function arrived({ sent }: World, names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, sent.at(-1)?.headers.get(name)]))
}

/** The value that reaches the origin of a claim with this value. */
async function valueOfClaim(value: unknown, how: { as?: 'json'; maxBytes?: number } = {}) {
  const world = await openWorld({ 'X-It': { from: { claim: 'it' }, ...how } })
  expect((await world.get('/api/x', await world.token({ it: value }))).status).toBe(200)
  return world.sent.at(-1)?.headers.get('x-it')
}

describe('a preset', () => {
  const claims = { preferred_username: 'ada', name: 'Ada Lovelace' }
  it.each([
    [
      'x-forwarded-user',
      {
        'X-Forwarded-User': 'user_ada',
        'X-Forwarded-Email': 'ada@example.com',
        'X-Forwarded-Groups': 'admin,editor',
        'X-Forwarded-Preferred-Username': 'ada',
      },
    ],
    [
      'x-auth-request',
      {
        'X-Auth-Request-User': 'user_ada',
        'X-Auth-Request-Email': 'ada@example.com',
        'X-Auth-Request-Groups': 'admin,editor',
        'X-Auth-Request-Preferred-Username': 'ada',
      },
    ],
    [
      'remote-user',
      {
        'Remote-User': 'user_ada',
        'Remote-Email': 'ada@example.com',
        'Remote-Groups': 'admin,editor',
        'Remote-Name': 'Ada Lovelace',
      },
    ],
  ] as const)('%s says who is asking, and of nobody says so', async (preset, expected) => {
    const world = await openWorld(preset, { roles: ['editor', 'admin'], email: 'ada@example.com' })
    const names = Object.keys(expected)
    await world.get('/api/x', await world.token(claims))
    expect(arrived(world, names)).toEqual(expected)
    for (const path of ['/public/x', '/optional/x']) {
      await world.get(path)
      expect(arrived(world, names)).toEqual(Object.fromEntries(names.map((name) => [name, ''])))
    }
  })

  it('leaves what Usher says of the connection as it is', async () => {
    const world = await openWorld('x-forwarded-user')
    await world.get('/api/x', await world.token())
    expect(arrived(world, ['X-Forwarded-Host', 'X-Forwarded-Proto'])).toEqual({
      'X-Forwarded-Host': 'api.usher.test',
      'X-Forwarded-Proto': 'https',
    })
  })
})

describe('a mapped header', () => {
  const map = {
    'X-Person': 'userId',
    'X-Tenant': 'orgId',
    'X-Roles': { from: 'roles', as: 'json' },
    'X-Scopes': 'scopes',
    'X-Tier': { from: { claim: '/metadata/tier' } },
  } as const
  const silent = Object.fromEntries(Object.keys(map).map((name) => [name, '']))

  it('says what its source says, of a user and of a key', async () => {
    const world = await openWorld(map, { roles: ['editor'] })
    const o = { id: 'org_acme', slg: 'acme', rol: 'admin' }
    await world.get('/api/x', await world.token({ o, metadata: { tier: 'gold' } }))
    expect(arrived(world, Object.keys(map))).toEqual({
      'X-Person': 'user_ada',
      'X-Tenant': 'org_acme',
      'X-Roles': '["editor"]',
      'X-Scopes': '',
      'X-Tier': 'gold',
    })
    world.backend.answer = answerFrom({
      ak_acme: apiKey({ subject: 'org_acme', scopes: ['ingest', 'read'] }),
    })
    expect((await world.get('/api/x', 'ak_acme')).status).toBe(200)
    expect(arrived(world, Object.keys(map))).toMatchObject({
      'X-Person': '',
      'X-Roles': '',
      'X-Scopes': 'ingest,read',
    })
  })

  it('is never the client’s, under no spelling and on no route', async () => {
    const world = await openWorld(map)
    const spellings = ['X-Person', 'x_person', 'X.Person', 'x-Person-', '-x--person', 'x_-TIER']
    for (const [path, token] of [
      ['/public/x', undefined],
      ['/optional/x', undefined],
      ['/api/x', await world.token()],
    ] as const) {
      for (const name of spellings) {
        await world.get(path, token, { headers: { [name]: 'forged', 'X-Persona': 'kept' } })
        const headers = world.sent.at(-1)?.headers
        expect(JSON.stringify([...(headers ?? [])])).not.toContain('forged')
        expect(headers?.get('x-persona')).toBe('kept')
        expect(headers?.get('x-person')).toBe(token === undefined ? '' : 'user_ada')
      }
    }
    expect(arrived(world, Object.keys(map))).not.toEqual(silent)
  })

  it('needs no facts unless it tells what only they say', async () => {
    const factsRead = async (identityMap: IdentityMapConfig) => {
      let reads = 0
      const facts = async () => {
        reads += 1
        return ok(everyoneHolds([]))
      }
      const variables = everyCredential
      const world = await createWorld({ config: { routes, identityMap }, facts, variables })
      await world.get('/api/x', await world.token())
      return reads
    }
    expect(await factsRead({ 'X-A': 'userId', 'X-B': { from: { claim: 'roles' } } })).toBe(0)
    for (const source of ['roles', 'permissions', 'email'] as const) {
      expect(await factsRead({ 'X-A': { from: source, as: 'json' } })).toBe(1)
    }
  })

  it('of the address has the assertion say it too, and of anything else not', async () => {
    for (const [source, said] of [
      ['email', 'ada@example.com'],
      ['roles', undefined],
    ] as const) {
      const world = await openWorld({ 'X-A': source }, { email: 'ada@example.com' })
      await world.get('/api/x', await world.token())
      const [, claims = ''] = world.sent.at(-1)?.headers.get('x-usher-assertion')?.split('.') ?? []
      const { email } = JSON.parse(new TextDecoder().decode(decodeBase64url(claims)))
      expect(email).toBe(said)
    }
  })
})

describe('a value', () => {
  it.each([
    ['gold', 'gold'],
    [7, '7'],
    [false, 'false'],
    [['a', 'b'], 'a,b'],
    [['a,b', 'c'], 'a%2Cb,c'],
    ['a,admin', 'a%2Cadmin'],
    ['100%', '100%25'],
    ['%2C', '%252C'],
    [' a b ', '%20a b%20'],
    [[' a', 1, true], '%20a,1,true'],
    ['Zoë', 'Zo%C3%AB'],
    ['a\r\nX-Evil: 1', 'a%0D%0AX-Evil: 1'],
    ['\u007f\u0000', '%7F%00'],
    ['\ud800', '%EF%BF%BD'],
    ['😀', '%F0%9F%98%80'],
    [null, ''],
    [undefined, ''],
    [[], ''],
    [{ a: 1 }, ''],
    [['a', ['b']], ''],
    [['a', null], ''],
  ])('%j is written %j in a list with commas', async (value, expected) => {
    expect(await valueOfClaim(value)).toBe(expected)
  })

  it.each([
    ['gold', '"gold"'],
    [['a,b', 7, null], '["a,b",7,null]'],
    [{ a: { b: [] } }, '{"a":{"b":[]}}'],
    ['Zoë\r\n', '"Zo\\u00eb\\r\\n"'],
    ['\u007f😀', '"\\u007f\\ud83d\\ude00"'],
    [undefined, ''],
  ])('%j is written %j as JSON, which says the same', async (value, expected) => {
    const written = await valueOfClaim(value, { as: 'json' })
    expect(written).toBe(expected)
    if (value !== undefined) expect(JSON.parse(String(written))).toEqual(value)
  })

  it('that is too long is left empty, never cut, as it is written', async () => {
    expect(await valueOfClaim('abcd', { maxBytes: 4 })).toBe('abcd')
    expect(await valueOfClaim('abcde', { maxBytes: 4 })).toBe('')
    expect(await valueOfClaim('ë', { maxBytes: 5 })).toBe('')
    expect(await valueOfClaim(['ab', 'cd'], { maxBytes: 4 })).toBe('')
    expect(await valueOfClaim('abc', { as: 'json', maxBytes: 4 })).toBe('')
    expect(await valueOfClaim('a'.repeat(1024))).toHaveLength(1024)
    expect(await valueOfClaim('a'.repeat(1025))).toBe('')
  })
})
