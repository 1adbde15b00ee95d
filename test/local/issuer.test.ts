import { beforeAll, describe, expect, it } from 'vitest'
import {
  type IssuerKey,
  publicIssuerJwk,
  sessionClaims,
  sessionHeader,
  signToken,
} from '../../src/local/clerk/issuer.ts'
import { localOrganizations, localUsers } from '../../src/local/clerk/users.ts'
import { makeIssuerKey } from '../../src/local/keyring.ts'
import { decodeBase64url } from '../../src/model/base64url.ts'

const nowSeconds = 1_790_000_000

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not in the seed')
  return value
}

const ada = known(localUsers.get('ada'))
const grace = known(localUsers.get('grace'))
const acme = known(localOrganizations.get('acme'))

const session = {
  issuer: 'https://clerk.1234abcd.localhost',
  user: ada,
  authorizedParty: 'http://localhost:8787',
  nowSeconds,
  lifetimeSeconds: 60,
}

function decode(part: string | undefined): unknown {
  return JSON.parse(new TextDecoder().decode(decodeBase64url(part ?? '')))
}

describe('the local issuer', () => {
  let key: IssuerKey
  beforeAll(async () => {
    key = await makeIssuerKey()
  })

  it('writes the header of a Clerk session token', () => {
    expect(sessionHeader(key)).toEqual({
      alg: 'RS256',
      cat: 'cl_B7d4PD111AAA',
      kid: key.kid,
      typ: 'JWT',
    })
  })

  it('writes the claims of version 2, and no organisation when none is active', () => {
    expect(sessionClaims(session)).toEqual({
      azp: 'http://localhost:8787',
      email: ada.email,
      exp: nowSeconds + 60,
      fva: [0, -1],
      iat: nowSeconds,
      iss: 'https://clerk.1234abcd.localhost',
      nbf: nowSeconds - 10,
      number: 1,
      sid: ada.sessionId,
      sts: 'active',
      sub: ada.id,
      v: 2,
    })
  })

  it('writes the active organisation in the compact form', () => {
    const membership = known(acme.members.get('grace'))
    const active = { organization: acme, membership }
    expect(sessionClaims({ ...session, user: grace, active })).toMatchObject({
      fea: 'o:reports',
      o: { id: acme.id, slg: 'acme', rol: 'admin', per: 'read,manage', fpm: '3' },
    })
  })

  it('gives each feature the bits of its own permissions', () => {
    const permissions = ['org:reports:read', 'org:invoices:manage', 'org:invoices:void']
    const active = { organization: acme, membership: { role: 'org:member', permissions } }
    expect(sessionClaims({ ...session, active })).toMatchObject({
      fea: 'o:reports,o:invoices',
      o: { rol: 'member', per: 'read,manage,void', fpm: '1,6' },
    })
  })

  it.each(['https://clerk.example.com', 'https://clerk.localhost.example.com'])(
    'never issues for %s',
    (issuer) => {
      expect(() => sessionClaims({ ...session, issuer })).toThrow(TypeError)
    },
  )

  it('signs so that the published key verifies, and publishes nothing private', async () => {
    const token = await signToken(key, sessionHeader(key), sessionClaims(session))
    const [header, claims, signature] = token.split('.')
    const published = publicIssuerJwk(key)
    expect(Object.keys(published).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    const jwk = { kty: 'RSA', n: known(key.n), e: known(key.e) }
    const verifier = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify'])
    const bytes = known(decodeBase64url(signature ?? ''))
    const input = new TextEncoder().encode(`${header}.${claims}`)
    expect(await crypto.subtle.verify(algorithm.name, verifier, bytes, input)).toBe(true)
    expect(decode(header)).toEqual(sessionHeader(key))
    expect(decode(claims)).toEqual(sessionClaims(session))
  })
})
