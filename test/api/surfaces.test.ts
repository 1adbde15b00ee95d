import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { databaseThat } from '../support/faults.ts'
import { createWorld, gatewayUrl, type World } from '../support/world.ts'

const aliased = {
  aliases: { '/api/users/clerk-test/': 'clerk-test', '/healthz': 'livez' },
} as const

let world: World
beforeEach(async () => {
  world = await createWorld({ config: aliased })
})

const acme = {
  v: 2,
  fea: 'o:reports',
  o: { id: 'org_1', slg: 'acme', rol: 'admin', per: 'read', fpm: '1' },
}

async function body(response: Response): Promise<unknown> {
  expect(response.headers.get('content-type')).toContain('json')
  return response.json()
}

describe('me', () => {
  it('is who the gateway thinks you are', async () => {
    const response = await world.get(
      '/_usher/me',
      await world.token({ ...acme, email: 'a@b.test' }),
    )
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(await body(response)).toMatchObject({
      authenticated: true,
      user_id: 'user_ada',
      session_id: 'sess_ada',
      organization: {
        id: 'org_1',
        slug: 'acme',
        role: 'org:admin',
        permissions: ['org:reports:read'],
      },
      roles: ['admin', 'user'],
      permissions: [],
      user: { number: expect.any(Number), email: null, email_verified: false, status: 'active' },
      claims: { email: 'a@b.test' },
    })
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list of null', [null]],
    ['an object', { id: 'user_ada' }],
  ])('has no record of a person of whom D1 says %s, and clerk-test is 503', async (_, said) => {
    const asked: string[] = []
    world.store.database = databaseThat(async (sql, real) => {
      if (!sql.includes('from "users"')) return real()
      asked.push(sql)
      return said
    }, env.DB)
    const me = await world.get('/_usher/me', await world.token())
    expect([me.status, await body(me)]).toMatchObject([200, { authenticated: true, user: null }])
    const test = await world.get('/_usher/clerk-test', await world.token())
    expect([test.status, await body(test)]).toMatchObject([503, { code: 'facts-unavailable' }])
    expect(asked.length).toBeGreaterThanOrEqual(2)
  })

  it('is nobody without a credential, and 401 with a bad one', async () => {
    expect(await body(await world.get('/_usher/me'))).toEqual({ authenticated: false })
    const response = await world.get('/_usher/me', 'junk')
    expect([response.status, await body(response)]).toMatchObject([401, { code: 'token-invalid' }])
  })
})

describe('verify', () => {
  const post = async (content: unknown, token?: string) => {
    const headers = new Headers(token ? { authorization: `Bearer ${token}` } : {})
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    return world.walk(
      new Request(`${gatewayUrl}/_usher/verify`, { method: 'POST', headers, body: text }),
    )
  }

  it('tells a signed-in caller whether a token is valid, and its claims or its one reason', async () => {
    const token = await world.token()
    const good = await body(await post({ token: await world.token({ sub: 'user_grace' }) }, token))
    expect(good).toMatchObject({ valid: true, claims: { sub: 'user_grace' } })
    const bad = await world.token({ iss: 'https://evil.test' })
    expect(await body(await post({ token: bad }, token))).toEqual({
      valid: false,
      reason: 'token-invalid-issuer',
      message: 'The token was issued by someone else.',
    })
  })

  it('is for signed-in callers only', async () => {
    expect((await post({ token: await world.token() })).status).toBe(401)
  })

  it.each(['', 'x', 'null', '[]', '{}', '{"token":1}'])(
    '%j is a body that it refuses',
    async (text) => {
      expect((await post(text, await world.token())).status).toBe(400)
    },
  )

  it('reads no body of more than 16 KiB', async () => {
    expect((await post({ token: 'x'.repeat(20_000) }, await world.token())).status).toBe(413)
  })

  it('does not answer a cookie from another site', async () => {
    const headers = { cookie: `__session=${await world.token()}`, origin: 'https://evil.test' }
    const request = new Request(`${gatewayUrl}/_usher/verify`, {
      method: 'POST',
      headers,
      body: '{}',
    })
    expect((await world.walk(request)).status).toBe(403)
  })
})

describe('clerk-test', () => {
  it('answers to the letter, also at its alias, with and without the last slash', async () => {
    const own = await createWorld({ config: { ...aliased, users: { trustedEmailClaim: 'email' } } })
    const token = await own.token({ sub: 'user_django', email: 'User@example.com' })
    const expected = {
      message: 'Clerk authentication successful!',
      user: {
        id: expect.any(Number),
        username: 'user@example.com',
        email: 'user@example.com',
        clerk_id: 'user_django',
      },
    }
    for (const path of ['/_usher/clerk-test', '/api/users/clerk-test/', '/api/users/clerk-test']) {
      const response = await own.get(path, token)
      expect([response.status, await body(response)]).toEqual([200, expected])
    }
    expect(world.sent).toEqual([])
  })

  it('is 401 without a token', async () => {
    expect((await world.get('/api/users/clerk-test/')).status).toBe(401)
  })
})

describe("Usher's own prefix", () => {
  it.each([
    '/_usher/unknown',
    '/_usher/',
    '/_usher',
    '/_usher/livez/',
    '/_USHER/livez',
    '/%5fUSHER/x',
    '/__clerk/v1/client',
    '/__CLERK',
  ])('%s reaches no origin', async (path) => {
    const open = await createWorld({
      config: { routes: [{ path: '/**', origin: 'api', access: 'public' }] },
    })
    expect((await open.get(path)).status).toBe(404)
    expect(open.sent).toEqual([])
  })

  it.each([
    ['GET', '/_usher/verify', 'POST'],
    ['POST', '/_usher/me', 'GET'],
    ['DELETE', '/_usher/clerk-test', 'GET'],
  ])('%s %s is 405 and says what is allowed', async (method, path, allow) => {
    const headers = { authorization: `Bearer ${await world.token()}` }
    const response = await world.walk(new Request(`${gatewayUrl}${path}`, { method, headers }))
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
    expect(await body(response)).toMatchObject({ code: 'method-not-allowed' })
  })

  it('names the request on every answer, and tells of no fault in a room', async () => {
    expect((await world.get('/_usher/livez')).headers.get('x-usher-request-id')).toMatch(
      /^[0-9a-f-]{36}$/,
    )
    const faulty = await createWorld({
      facts: async () => {
        throw new RangeError('the secret')
      },
    })
    const response = await faulty.get('/_usher/me', await faulty.token())
    expect([response.status, await body(response)]).toMatchObject([500, { code: 'internal-error' }])
  })

  it('an alias leads to its surface', async () => {
    expect(await body(await world.get('/healthz'))).toEqual({ status: 'alive' })
  })
})
