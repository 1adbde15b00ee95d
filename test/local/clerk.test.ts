import { beforeAll, describe, expect, it } from 'vitest'
import { localUsers } from '../../src/local/clerk/users.ts'
import { marker } from '../../src/local/marker.ts'
import { createTestStandIn, type TestStandIn } from '../support/stand-in.ts'

const path = '/frontend/.well-known/jwks.json'
const ada = localUsers.get('ada')

describe('the local Clerk', () => {
  let clerk: TestStandIn
  beforeAll(async () => {
    clerk = await createTestStandIn()
  })

  function ask(host: string, what: string, headers: HeadersInit = {}) {
    return clerk.fetch(new Request(`http://${host}${what}`, { headers }))
  }

  it('publishes the public half of its key', async () => {
    const response = await ask('clerk.1234abcd.localhost:8787', path)
    expect(response.headers.get('server')).toBe(marker)
    const { n, e, kid } = clerk.key
    expect(await response.json()).toEqual({
      keys: [{ kty: 'RSA', n, e, kid, use: 'sig', alg: 'RS256' }],
    })
  })

  it('says of what Clerk has not either that it is not there', async () => {
    const response = await ask('localhost', '/frontend/v2/client')
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ errors: [{ code: 'resource_not_found' }] })
  })

  it.each(['localhost', 'x.localhost', '127.0.0.1:8787', '127.1.2.3', '[::1]'])(
    'answers on %s',
    async (host) => {
      expect((await ask(host, path)).status).toBe(200)
    },
  )

  it.each(['example.com', 'localhost.example.com', '127.0.0.1.example.com', '10.0.0.1', '[::2]'])(
    'refuses %s',
    async (host) => {
      expect((await ask(host, path)).status).toBe(421)
    },
  )

  function askBackend(what: string, authorization = `Bearer ${clerk.settings.secretKey}`) {
    return ask('127.0.0.1:8787', `/backend/v1/${what}`, { authorization })
  }

  it('tells of a user as the Backend API does, with a primary address that is verified', async () => {
    const response = await askBackend(`users/${ada?.id}`)
    const user: Record<string, unknown> = await response.json()
    expect([response.status, user]).toEqual([
      200,
      expect.objectContaining({ id: ada?.id, object: 'user', banned: false, locked: false }),
    ])
    const { primary_email_address_id: primary, email_addresses: addresses } = user
    expect(addresses).toMatchObject([
      { id: primary, email_address: ada?.email, verification: { status: 'verified' } },
    ])
  })

  it('gives its keys to the Backend API too', async () => {
    const response = await askBackend('jwks')
    expect(await response.json()).toMatchObject({ keys: [{ kid: clerk.key.kid }] })
  })

  it.each(['users/user_eve', 'users/ada', 'users/%20'])('does not know %s', async (what) => {
    expect((await askBackend(what)).status).toBe(404)
  })

  it.each([
    ['no credential', ''],
    ['another key', 'Bearer sk_live_other'],
    ['the key without its scheme', `sk_live_${'s'.repeat(43)}`],
    ['the key of a machine', `Bearer ak_${'m'.repeat(43)}`],
    ['an empty key', 'Bearer '],
    ['what no key looks like', 'Bearer undefined'],
  ])('tells nothing to %s', async (_, authorization) => {
    const response = await askBackend(`users/${ada?.id}`, authorization)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ errors: [{ code: 'clerk_key_invalid' }] })
  })
})
