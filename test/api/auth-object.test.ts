import { getAuth as getAuthOfSuccessor } from '@clerk/hono'
import { getAuth } from '@hono/clerk-auth'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { anonymous } from '../../src/model/principal.ts'
import { credentialForms, everyCredential } from '../support/credentials.ts'
import { createWorld, type World } from '../support/world.ts'
import { access, answerAsBackend, countedClient, verified, within } from './hono-room.ts'

// What the gateway has verified is put before the getAuth of both of Clerk's packages for Hono.

const acme = {
  fea: 'o:reports,u:export',
  pla: 'o:team',
  o: { id: 'org_1', slg: 'acme', rol: 'admin', per: 'read', fpm: '1' },
}

const packages = [
  ['@hono/clerk-auth', getAuth],
  ['@clerk/hono', getAuthOfSuccessor],
] as const

let world: World
beforeAll(async () => {
  world = await createWorld({ variables: everyCredential })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const asked = [
  undefined,
  'session_token',
  'api_key',
  'm2m_token',
  'oauth_token',
  ['api_key', 'm2m_token'],
  ['session_token', 'oauth_token'],
  'any',
] as const

describe.each(packages)('getAuth of %s', (_name, readAuth) => {
  it('speaks of the session, its organisation and its rights', async () => {
    const token = await world.token(acme)
    const principal = await verified(world, token)
    const auth = await within({ principal }, (c) => {
      const { has, getToken, ...rest } = readAuth(c)
      const rights = {
        role: has({ role: 'org:admin' }),
        otherRole: has({ role: 'org:member' }),
        permission: has({ permission: 'org:reports:read' }),
        otherPermission: has({ permission: 'org:reports:write' }),
        feature: has({ feature: 'user:export' }),
        otherFeature: has({ feature: 'org:export' }),
        plan: has({ plan: 'team' }),
        otherPlan: has({ plan: 'user:team' }),
        reverification: has({ reverification: 'strict' }),
        empty: has({} as Parameters<typeof has>[0]),
      }
      return getToken().then((own) => ({ ...rest, rights, own }))
    })
    expect(auth).toMatchObject({
      isAuthenticated: true,
      tokenType: 'session_token',
      userId: 'user_ada',
      sessionId: 'sess_ada',
      orgId: 'org_1',
      orgSlug: 'acme',
      orgRole: 'org:admin',
      orgPermissions: ['org:reports:read'],
      own: token,
      rights: {
        role: true,
        otherRole: false,
        permission: true,
        otherPermission: false,
        feature: true,
        otherFeature: false,
        plan: true,
        otherPlan: false,
        reverification: true,
        empty: false,
      },
    })
  })

  it('gets the token of a template from the Backend API with the secret key', async () => {
    const principal = await verified(world, await world.token())
    const sent = answerAsBackend({ object: 'token', jwt: 'the.template.jwt' })
    const token = await within({ principal }, (c) => readAuth(c).getToken({ template: 'hasura' }))
    expect(token).toBe('the.template.jwt')
    expect(sent.map(({ url, headers }) => [url, headers.get('authorization')])).toEqual([
      ['https://api.clerk.test/v1/sessions/sess_ada/tokens/hasura', 'Bearer sk_test_secret'],
    ])
  })

  it('gets none without a secret key, and says so', async () => {
    const principal = await verified(world, await world.token())
    const poor = { ...access, secretKey: undefined }
    const failure = await within({ principal, access: poor }, (c) =>
      readAuth(c)
        .getToken({ template: 'hasura' })
        .catch((error: unknown) => String(error)),
    )
    expect(failure).toMatch(/secret ?key/i)
  })

  it.each(credentialForms)('tells of $name to whom asks for its type alone', async (form) => {
    const principal = await verified(world, await form.make(world))
    const outcomes = await Promise.all(
      asked.map(async (acceptsToken) => {
        const options = acceptsToken === undefined ? undefined : { acceptsToken }
        const seen = await within({ principal }, (c) => {
          const { isAuthenticated, tokenType } = (readAuth as (...words: unknown[]) => Seen)(
            c,
            options,
          )
          return { isAuthenticated, tokenType }
        })
        return [acceptsToken, seen.isAuthenticated, seen.tokenType] as const
      }),
    )
    for (const [acceptsToken, isAuthenticated, tokenType] of outcomes) {
      const types: readonly unknown[] = Array.isArray(acceptsToken)
        ? acceptsToken
        : [acceptsToken ?? 'session_token']
      const isAsked = acceptsToken === 'any' || types.includes(form.type)
      // Clerk knows of no template's token.
      expect([acceptsToken, isAuthenticated]).toEqual([
        acceptsToken,
        isAsked && form.type !== 'jwt_template',
      ])
      if (isAuthenticated) expect(tokenType).toBe(form.type)
      else if (typeof acceptsToken === 'string' && acceptsToken !== 'any')
        expect(tokenType).toBe(acceptsToken)
    }
    const good = outcomes.filter(([, isAuthenticated]) => isAuthenticated).length
    expect(good).toBe(expectedCount[form.type])
  })

  it('knows nobody without a credential', async () => {
    const auth = await within({ principal: anonymous }, (c) => {
      const { userId, isAuthenticated, has } = readAuth(c)
      return { userId, isAuthenticated, may: has({ role: 'org:admin' }) }
    })
    expect(auth).toEqual({ userId: null, isAuthenticated: false, may: false })
  })

  it('takes a session with tasks left for none, unless it is asked to', async () => {
    const principal = await verified(world, await world.token())
    const pending = { ...principal, claims: { ...principal.claims, sts: 'pending' } }
    const seen = await within({ principal: pending }, (c) =>
      [{}, { treatPendingAsSignedOut: true }, { treatPendingAsSignedOut: false }].map((options) => {
        const { userId, sessionStatus } = readAuth(c, options)
        return [userId, sessionStatus]
      }),
    )
    expect(seen).toEqual([
      [null, 'pending'],
      [null, 'pending'],
      ['user_ada', 'pending'],
    ])
  })

  it('makes no client of the Backend API', async () => {
    const { createClient, clerk } = countedClient()
    for (const form of credentialForms) {
      const principal = await verified(world, await form.make(world))
      await within({ principal, clerk }, (c) => readAuth(c, { acceptsToken: 'any' }))
      await within({ principal, clerk }, (c) => readAuth(c).getToken())
    }
    expect(createClient).not.toHaveBeenCalled()
  })
})

interface Seen {
  readonly isAuthenticated: boolean
  readonly tokenType: string | null
}

/** By how many of the ways to ask each type is found. */
const expectedCount = {
  session_token: 4,
  api_key: 3,
  m2m_token: 3,
  oauth_token: 3,
  jwt_template: 0,
}
