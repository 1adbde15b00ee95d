import { beforeAll, describe, expect, it } from 'vitest'
import { localClerk } from '../../src/local/clerk/clerk.ts'
import type { IssuerKey } from '../../src/local/clerk/issuer.ts'
import { localUsers } from '../../src/local/clerk/users.ts'
import { makeIssuerKey } from '../../src/local/keyring.ts'
import { marker } from '../../src/local/marker.ts'

const path = '/.well-known/jwks.json'

describe('the local Clerk', () => {
  let key: IssuerKey
  beforeAll(async () => {
    key = await makeIssuerKey()
  })

  it('publishes the public half of its key', async () => {
    const response = await localClerk(key).request(`http://clerk.1234abcd.localhost:8787${path}`)
    expect(response.headers.get('server')).toBe(marker)
    const { n, e, kid } = key
    expect(await response.json()).toEqual({
      keys: [{ kty: 'RSA', n, e, kid, use: 'sig', alg: 'RS256' }],
    })
  })

  it('answers what it does not have with a problem', async () => {
    const response = await localClerk(key).request('http://localhost/v2/client')
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })

  it.each(['localhost', 'x.localhost', '127.0.0.1:8787', '127.1.2.3', '[::1]'])(
    'answers on %s',
    async (host) => {
      expect((await localClerk(key).request(`http://${host}${path}`)).status).toBe(200)
    },
  )

  it.each(['example.com', 'localhost.example.com', '127.0.0.1.example.com', '10.0.0.1', '[::2]'])(
    'refuses %s',
    async (host) => {
      expect((await localClerk(key).request(`http://${host}${path}`)).status).toBe(421)
    },
  )

  const secret = 'sk_live_secret'
  const ada = localUsers.get('ada')

  function askBackend(what: string, authorization: string) {
    const url = `http://clerk.1234abcd.localhost:8787/v1/${what}`
    return localClerk(key, { secretKey: secret }).request(url, { headers: { authorization } })
  }

  it('tells of a user as the Backend API does, with a primary address that is verified', async () => {
    const response = await askBackend(`users/${ada?.id}`, `Bearer ${secret}`)
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
    const response = await askBackend('jwks', `Bearer ${secret}`)
    expect(await response.json()).toMatchObject({ keys: [{ kid: key.kid }] })
  })

  it.each(['users/user_eve', 'users/ada', 'users/'])('does not know %s', async (what) => {
    const response = await askBackend(what, `Bearer ${secret}`)
    expect(response.status).toBe(404)
  })

  it.each([
    ['no credential', '', secret],
    ['another key', 'Bearer sk_live_other', secret],
    ['the key without its scheme', secret, secret],
    ['an empty key where there is none', 'Bearer ', ''],
    ['what no key looks like where there is none', 'Bearer undefined', undefined],
  ])('tells nothing to %s', async (_, authorization, opensWith) => {
    const clerk = localClerk(key, { secretKey: opensWith })
    const url = `http://localhost/v1/users/${ada?.id}`
    const response = await clerk.request(url, { headers: { authorization } })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ errors: [{ code: 'clerk_key_invalid' }] })
  })
})
