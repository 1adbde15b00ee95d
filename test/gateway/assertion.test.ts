import { beforeEach, describe, expect, it } from 'vitest'
import { decodeBase64url } from '../../src/model/base64url.ts'
import { ok } from '../../src/model/result.ts'
import { createWorld, everyoneHolds, gatewayUrl, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await createWorld()
})

const text = (part: string) => new TextDecoder().decode(decodeBase64url(part))

function last(at = world): string {
  return at.sent.at(-1)?.headers.get('x-usher-assertion') ?? 'none'
}

function read(assertion = last()): {
  header: Record<string, unknown>
  claims: Record<string, unknown>
} {
  const [header = '', claims = ''] = assertion.split('.')
  return { header: JSON.parse(text(header)), claims: JSON.parse(text(claims)) }
}

const nowSeconds = () => Math.floor(world.clock.now() / 1000)
const organization = (id: string) => ({ v: 2, o: { id, rol: 'member' } })

describe('the assertion', () => {
  it('verifies with the published key, and names issuer, origin, person and session', async () => {
    await world.get('/api/x', await world.token(organization('org_1')))
    const response = await world.get('/_usher/jwks.json')
    const { keys } = (await response.json()) as { keys: [JsonWebKey] }
    expect(Object.keys(keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('jwk', keys[0], algorithm, false, ['verify'])
    const [header, claims, signature = ''] = last().split('.')
    const signed = new TextEncoder().encode(`${header}.${claims}`)
    const bytes = decodeBase64url(signature) ?? new Uint8Array()
    expect(await crypto.subtle.verify(algorithm, key, bytes, signed)).toBe(true)
    expect(read().header).toEqual({ alg: 'ES256', kid: 'signing-key', typ: 'JWT' })
    expect(read().claims).toEqual({
      iss: 'usher',
      aud: 'api',
      sub: 'user_ada',
      sid: 'sess_ada',
      iat: nowSeconds(),
      exp: nowSeconds() + 60,
      org: { id: 'org_1', role: 'org:member', permissions: [] },
    })
  })

  it('is used again for the same token until half its life is over', async () => {
    const token = await world.token()
    await world.get('/api/x', token)
    const first = last()
    await world.clock.advance(29_000)
    await world.get('/api/y', token)
    expect(last()).toBe(first)
    await world.clock.advance(2000)
    await world.get('/api/y', token)
    expect(last()).not.toBe(first)
  })

  it('never outlives the credential and its skew', async () => {
    await world.get('/api/x', await world.token({ exp: nowSeconds() + 20 }))
    expect(read().claims.exp).toBe(nowSeconds() + 25)
  })

  it('shows the new organisation as soon as the session has switched', async () => {
    await world.get('/api/x', await world.token(organization('org_1')))
    expect(read().claims).toMatchObject({ org: { id: 'org_1' } })
    await world.get('/api/x', await world.token(organization('org_2')))
    expect(read().claims).toMatchObject({ org: { id: 'org_2' } })
    expect(world.sent.at(-1)?.headers.get('x-usher-org-id')).toBe('org_2')
    await world.get('/api/x', await world.token())
    expect(read().claims).not.toHaveProperty('org')
  })

  it('is made anew when the facts have changed', async () => {
    let roles = ['admin']
    const own = await createWorld({ facts: async () => ok(everyoneHolds(roles, ['a'])) })
    const token = await own.token()
    await own.get('/admin/x', token)
    expect(read(last(own)).claims).toMatchObject({ roles: ['admin'], permissions: ['a'] })
    roles = ['admin', 'support']
    await own.get('/admin/x', token)
    expect(read(last(own)).claims).toMatchObject({ roles: ['admin', 'support'] })
  })

  it('is bound to the origin that it is for', async () => {
    const own = await createWorld({
      config: {
        origins: { one: { url: 'https://one.test' }, two: { url: 'https://two.test' } },
        routes: [
          { path: '/one/**', origin: 'one' },
          { path: '/two/**', origin: 'two' },
        ],
      },
    })
    const token = await own.token()
    for (const name of ['one', 'two', 'one']) {
      await own.get(`/${name}/x`, token)
      expect(read(last(own)).claims.aud).toBe(name)
    }
  })

  it('of an unsafe method is bound to the request', async () => {
    const token = await world.token()
    const headers = { authorization: `Bearer ${token}` }
    for (const path of ['/api/a', '/api/b%20c']) {
      await world.walk(
        new Request(`${gatewayUrl}${path}?q=1`, { method: 'POST', headers, body: 'x' }),
      )
      expect(read().claims).toMatchObject({ mth: 'POST', hst: 'api.usher.test', pth: path })
    }
    await world.get('/api/a', token)
    expect(read().claims).not.toHaveProperty('mth')
  })

  it('is what the route says: bound, reusable, or not made', async () => {
    const own = await createWorld({
      config: {
        routes: (['session', 'request', 'off'] as const).map((assertion) => ({
          path: `/${assertion}/**`,
          origin: 'api',
          assertion,
        })),
      },
    })
    const headers = { authorization: `Bearer ${await own.token()}` }
    const send = async (mode: string, method: string) => {
      await own.walk(new Request(`${gatewayUrl}/${mode}/x`, { method, headers }))
      return last(own)
    }
    expect(read(await send('session', 'POST')).claims).not.toHaveProperty('mth')
    expect(read(await send('request', 'GET')).claims).toMatchObject({ mth: 'GET' })
    expect(await send('off', 'GET')).toBe('')
  })

  it.each(['/public/x', '/optional/x'])('of nobody is empty: %s', async (path) => {
    await world.get(path)
    expect(last()).toBe('')
    expect(world.sent.at(-1)?.headers.get('x-usher-authenticated')).toBe('0')
  })

  it('says who is really acting', async () => {
    await world.get('/api/x', await world.token({ act: { sub: 'user_support' } }))
    expect(read().claims).toMatchObject({ sub: 'user_ada', act: { sub: 'user_support' } })
  })

  it('is never served after its end, however short its life was', async () => {
    const endSeconds = nowSeconds() + 1
    const ending = await world.token({ exp: endSeconds })
    await world.clock.advance((endSeconds + 4.8) * 1000 - world.clock.now())
    await world.get('/api/x', ending)
    expect(read().claims.exp).toBe(endSeconds + 5)
    await world.clock.advance(400)
    await world.get('/api/x', await world.token())
    expect(read().claims.exp).toBeGreaterThan(world.clock.now() / 1000)
  })

  it('serves the next token of a session too, where it would say the same and ends no later', async () => {
    await world.get('/api/x', await world.token())
    const first = last()
    await world.clock.advance(10_000)
    await world.get('/api/x', await world.token())
    expect(last()).toBe(first)
    await world.get('/api/x', await world.token({ sid: 'sess_other' }))
    expect(last()).not.toBe(first)
    await world.get('/api/x', await world.token({ act: { sub: 'user_support' } }))
    expect(last()).not.toBe(first)
    await world.get('/api/x', await world.token({ exp: nowSeconds() + 5 }))
    expect(last()).not.toBe(first)
    expect(read().claims.exp).toBe(nowSeconds() + 10)
  })
})

describe('where the assertion is all the identity', () => {
  const config = {
    identity: 'assertion',
    routes: [
      { path: '/api/**', origin: 'api' },
      { path: '/public/**', origin: 'api', access: 'public' },
    ],
  } as const
  const forged = {
    'X-Usher-User-Id': 'user_forged',
    X_Usher_Authenticated: '1',
    'X-Usher-Assertion': 'x',
  }
  const identityOf = (at: World) =>
    [...(at.sent.at(-1)?.headers.keys() ?? [])].filter((name) => /usher-(?!hops)/.test(name))

  it.each(['/api/x', '/public/x'])(
    'no other identity header arrives, whoever wrote it: %s',
    async (path) => {
      const own = await createWorld({ config })
      await own.get(path, path === '/api/x' ? await own.token() : undefined, { headers: forged })
      expect(identityOf(own)).toEqual(['x-usher-assertion', 'x-usher-request-id'])
      expect(last(own)).not.toBe('x')
      expect(last(own) === '').toBe(path === '/public/x')
    },
  )
})
