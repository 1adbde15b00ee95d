import { beforeAll, describe, expect, it } from 'vitest'
import { localClerk } from '../../src/local/clerk/clerk.ts'
import type { IssuerKey } from '../../src/local/clerk/issuer.ts'
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
    const response = await localClerk(key).request('http://localhost/v1/client')
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
})
