import { getAuth as getAuthOfSuccessor } from '@clerk/hono'
import { getAuth } from '@hono/clerk-auth'
import { describe, expect, it } from 'vitest'
import { credentialForms } from '../support/credentials.ts'
import {
  access,
  answerAsBackend,
  countedClient,
  sharedWorld,
  verified,
  within,
} from './hono-room.ts'

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

const world = await sharedWorld()

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
