import { beforeEach, describe, expect, it } from 'vitest'
import { type TokenType, tokenTypes } from '../../src/model/principal.ts'
import {
  answerFrom,
  credentialForms,
  everyCredential,
  mintAccessToken,
  mintMachineToken,
  mintTemplate,
  opaqueRecords,
  otherMachine,
  ourMachine,
  sendingMachine,
} from '../support/credentials.ts'
import { makeKey } from '../support/tokens.ts'
import { createWorld, everyoneHolds, type World } from '../support/world.ts'

// Every kind of credential at a route for every kind: one of each pair passes, the others cost nothing.

let world: World

const pathOf = (type: TokenType) => `/${type}/x`
const routes = tokenTypes.map((type) => ({
  path: `/${type}/**`,
  origin: 'api',
  accepts: [type],
}))

beforeEach(async () => {
  world = await createWorld({ config: { routes }, variables: everyCredential })
  world.backend.answer = answerFrom(opaqueRecords)
})

async function codeOf(response: Response): Promise<unknown> {
  const { code }: { code?: unknown } = response.ok ? {} : await response.json()
  return code
}

const square = tokenTypes.flatMap((accepted) =>
  credentialForms.map((form) => [form.name, accepted, form] as const),
)

describe('the whole square of credentials and routes', () => {
  it('has a row for each form of each type at each route', () => {
    expect(square).toHaveLength(35)
    expect(new Set(credentialForms.map(({ type }) => type))).toEqual(new Set(tokenTypes))
  })

  it.each(square)('%s passes at a route for %s alone if it is one', async (_, accepted, form) => {
    const response = await world.get(pathOf(accepted), await form.make(world))
    const isOne = form.type === accepted
    expect([response.status, await codeOf(response)]).toEqual(
      isOne ? [200, undefined] : [401, 'token-type-mismatch'],
    )
    expect(world.sent).toHaveLength(isOne ? 1 : 0)
    expect(world.backend.asked).toHaveLength(isOne && form.isOpaque ? 1 : 0)
    if (!isOne) expect(world.keyServer.asked).toBe(0)
  })

  it.each(square.filter(([, accepted, form]) => accepted !== form.type))(
    '%s is refused at a route for %s although it is remembered',
    async (_, accepted, form) => {
      const token = await form.make(world)
      expect((await world.get(pathOf(form.type), token)).status).toBe(200)
      const response = await world.get(pathOf(accepted), token)
      expect(await codeOf(response)).toBe('token-type-mismatch')
    },
  )

  it.each(credentialForms.filter(({ type }) => type !== 'session_token'))(
    '$name is never taken from a cookie',
    async (form) => {
      const cookie = `__session=${await form.make(world)}`
      const everything = await createWorld({
        config: { routes: [{ path: '/**', origin: 'api', accepts: [...tokenTypes] }] },
        variables: everyCredential,
      })
      const response = await everything.get('/x', undefined, { headers: { cookie } })
      expect(response.status).toBe(401)
      expect(everything.backend.asked).toHaveLength(0)
    },
  )
})

type Mint = (world: World, claims: Readonly<Record<string, unknown>>) => Promise<string>
const minters: readonly (readonly [TokenType, Mint])[] = [
  ['session_token', (own, claims) => own.token(claims)],
  ['jwt_template', mintTemplate],
  ['oauth_token', mintAccessToken],
  ['m2m_token', mintMachineToken],
]

describe.each(minters)('a JWT of type %s', (type, mint) => {
  const past = 1_000_000_000
  const bad: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['of another issuer', { iss: 'https://clerk.other.test' }, 'token-invalid-issuer'],
    ['that has expired', { exp: past }, 'token-expired'],
    ['that never expires', { exp: undefined }, 'token-invalid-exp'],
    ['that is not active yet', { nbf: 9_000_000_000 }, 'token-not-active-yet'],
    ['of the future', { iat: 9_000_000_000 }, 'token-iat-in-the-future'],
  ]
  it.each(bad)('%s is refused', async (_, claims, code) => {
    const response = await world.get(pathOf(type), await mint(world, claims))
    expect([response.status, await codeOf(response)]).toEqual([401, code])
  })

  it('signed by a key of that name that is not the issuer’s is refused', async () => {
    const forger = { ...world, token: world.token }
    const stranger = await makeKey(world.key.kid)
    forger.token = (claims, header) => world.token(claims, header, stranger)
    const response = await world.get(pathOf(type), await mint(forger, {}))
    expect(await codeOf(response)).toBe('token-invalid-signature')
  })
})

describe('a machine', () => {
  const meant: readonly (readonly [string, Record<string, unknown>])[] = [
    ['that names this one', { scopes: ourMachine }],
    ['that names this one among others', { scopes: `${otherMachine} ${ourMachine}` }],
    ['that names this one as audience', { scopes: undefined, aud: [ourMachine] }],
  ]
  it.each(meant)('passes with a token %s', async (_, claims) => {
    const response = await world.get('/m2m_token/x', await mintMachineToken(world, claims))
    expect(response.status).toBe(200)
  })

  const notMeant: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['that names another one', { scopes: otherMachine }, 'token-other-machine'],
    ['that names none', { scopes: undefined }, 'token-other-machine'],
    ['that names this one by a part', { scopes: ourMachine.slice(0, -1) }, 'token-other-machine'],
    ['that names this one in a longer name', { scopes: `${ourMachine}x` }, 'token-other-machine'],
    ['whose scopes are a list', { scopes: [ourMachine] }, 'token-other-machine'],
    [
      'whose scopes name another, whatever its audience',
      { scopes: otherMachine, aud: ourMachine },
      'token-other-machine',
    ],
    ['whose scopes are null', { scopes: null, aud: ourMachine }, 'token-other-machine'],
    ['that speaks for a person', { sub: 'user_ada' }, 'token-type-mismatch'],
    ['that speaks for nobody', { sub: undefined }, 'token-type-mismatch'],
  ]
  it.each(notMeant)('is refused with a token %s', async (_, claims, code) => {
    const response = await world.get('/m2m_token/x', await mintMachineToken(world, claims))
    expect([response.status, await codeOf(response)]).toEqual([401, code])
  })

  it('without a category is known by its subject, as tokens from before categories are', async () => {
    const token = await world.token(
      { sub: sendingMachine, sid: undefined, azp: undefined, scopes: ourMachine },
      { cat: undefined },
    )
    expect((await world.get('/m2m_token/x', token)).status).toBe(200)
    expect(await codeOf(await world.get('/session_token/x', token))).toBe('token-type-mismatch')
  })

  it('is nobody’s user: no facts are read, no record is made, no user id is sent', async () => {
    const response = await world.get('/m2m_token/x', await mintMachineToken(world))
    await world.behind()
    expect(response.status).toBe(200)
    expect(world.store.queries).toBe(0)
    const headers = world.sent[0]?.headers
    expect(headers?.get('x-usher-authenticated')).toBe('1')
    expect(headers?.get('x-usher-user-id')).toBe('')
    expect(world.records.at(-1)).toMatchObject({ subject: sendingMachine })
    expect(world.records.at(-1)).not.toHaveProperty('userId')
  })
})

describe('an OAuth token', () => {
  it.each([
    ['scope', { scope: 'read write' }],
    ['scp', { scope: undefined, scp: ['read', 'write'] }],
  ])('has the scopes of %s', async (_, claims) => {
    const own = await createWorld({
      config: {
        routes: [
          { path: '/w', origin: 'api', accepts: ['oauth_token'], access: { scope: 'write' } },
          { path: '/d', origin: 'api', accepts: ['oauth_token'], access: { scope: 'delete' } },
        ],
      },
      variables: everyCredential,
    })
    const token = await mintAccessToken(own, claims)
    expect((await own.get('/w', token)).status).toBe(200)
    expect(await codeOf(await own.get('/d', token))).toBe('scope-missing')
  })

  it.each([
    ['a scope that is a list', { scope: ['read'] }],
    ['a scope in a list that is two', { scp: ['read admin'] }],
    ['a client that is a number', { client_id: 1 }],
  ])('with %s is refused', async (_, claims) => {
    const response = await world.get('/oauth_token/x', await mintAccessToken(world, claims))
    expect(await codeOf(response)).toBe('token-invalid-claims')
  })

  it('of a machine is refused', async () => {
    const token = await mintAccessToken(world, { sub: sendingMachine })
    expect(await codeOf(await world.get('/oauth_token/x', token))).toBe('token-type-mismatch')
  })

  it('must name an audience where audiences are configured', async () => {
    const variables = { ...everyCredential, CLERK_JWT_AUDIENCE: 'https://api.usher.test' }
    const own = await createWorld({ config: { routes }, variables })
    const good = await mintAccessToken(own, { aud: ['https://api.usher.test'] })
    expect((await own.get('/oauth_token/x', good)).status).toBe(200)
    for (const aud of [undefined, 'https://other.test', []]) {
      const token = await mintAccessToken(own, { aud })
      expect(await codeOf(await own.get('/oauth_token/x', token))).toBe('token-invalid-audience')
    }
  })
})

describe('a template JWT', () => {
  it('may lack azp, but names no other frontend', async () => {
    const without = await mintTemplate(world, { azp: undefined })
    expect((await world.get('/jwt_template/x', without)).status).toBe(200)
    const foreign = await mintTemplate(world, { azp: 'https://evil.test' })
    const response = await world.get('/jwt_template/x', foreign)
    expect(await codeOf(response)).toBe('token-invalid-authorized-parties')
  })

  it.each([undefined, 'cl_I7d4PD111III'])(
    'of an instance that writes no category (%s) is known by naming no session',
    async (cat) => {
      const own = { sid: undefined, sts: undefined }
      const token = await world.token(own, { cat })
      expect((await world.get('/jwt_template/x', token)).status).toBe(200)
      expect(await codeOf(await world.get('/session_token/x', token))).toBe('token-type-mismatch')
      const session = await world.token({}, { cat })
      expect(await codeOf(await world.get('/jwt_template/x', session))).toBe('token-type-mismatch')
    },
  )

  it('makes nobody an administrator by an address that is its author’s', async () => {
    const own = await createWorld({
      config: { routes, users: { trustedEmailClaim: 'email' } },
      variables: {
        CLERK_MACHINE_ID: ourMachine,
        CLERK_SECRET_KEY: 'sk_test_secret',
        ADMIN_USER_EMAILS: 'boss@usher.test',
      },
    })
    const email = 'boss@usher.test'
    const sub = 'user_mallory'
    expect((await own.get('/jwt_template/x', await mintTemplate(own, { sub, email }))).status).toBe(
      200,
    )
    await own.behind()
    const me = async () =>
      (await own.get('/_usher/me', await own.token({ sub, sid: 'sess_m' }))).json<{
        roles: string[]
      }>()
    expect((await me()).roles).not.toContain('admin')
  })

  it('makes nobody a member: its words for an organisation are its author’s', async () => {
    const own = await createWorld({
      config: {
        routes: [
          { path: '/x', origin: 'api', accepts: ['jwt_template'], access: { role: 'org:admin' } },
        ],
      },
      variables: everyCredential,
    })
    const token = await mintTemplate(own, { org_id: 'org_1', org_role: 'org:admin' })
    expect(await codeOf(await own.get('/x', token))).toBe('role-missing')
  })
})

describe('a credential of a user that lives longer than a minute', () => {
  const forms = credentialForms.filter(({ type }) => type !== 'm2m_token')

  it.each(forms)('$name of someone banned is refused', async (form) => {
    const banned = { ...everyoneHolds([]), status: 'banned' as const }
    const facts = async () => ({ ok: true as const, value: banned })
    const own = await createWorld({ config: { routes }, variables: everyCredential, facts })
    own.backend.answer = answerFrom(opaqueRecords)
    const long = { exp: Math.floor(own.clock.now() / 1000) + 3600 }
    const mint = minters.find(([type]) => type === form.type)?.[1]
    const token = form.isOpaque || mint === undefined ? await form.make(own) : await mint(own, long)
    expect(await codeOf(await own.get(pathOf(form.type), token))).toBe('user-banned')
  })

  it('of an ended session is refused', async () => {
    const ended = { ...everyoneHolds([]), endedSessions: ['sess_ada'] }
    const facts = async () => ({ ok: true as const, value: ended })
    const own = await createWorld({ config: { routes }, variables: everyCredential, facts })
    const exp = Math.floor(own.clock.now() / 1000) + 3600
    const token = await mintTemplate(own, { sid: 'sess_ada', exp })
    expect(await codeOf(await own.get('/jwt_template/x', token))).toBe('session-ended')
    expect((await own.get('/jwt_template/x', await mintTemplate(own, { exp }))).status).toBe(200)
  })
})
