import { beforeAll, describe, expect, it } from 'vitest'
import {
  accessClaims,
  type IssuerKey,
  machineClaims,
  publicIssuerJwk,
  sessionClaims,
  signToken,
  templateClaims,
  tokenHeader,
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

  it.each([
    ['session_token', { cat: 'cl_B7d4PD111AAA', typ: 'JWT' }],
    ['jwt_template', { cat: 'cl_B7d4PD222AAA', typ: 'JWT' }],
    ['m2m_token', { cat: 'cl_B7d4PD333AAA', typ: 'JWT' }],
    ['oauth_token', { typ: 'at+jwt' }],
  ] as const)('writes the header of a %s as Clerk does', (type, members) => {
    expect(tokenHeader(type, key)).toEqual({ alg: 'RS256', kid: key.kid, ...members })
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

  const registered = {
    exp: nowSeconds + 60,
    iat: nowSeconds,
    iss: 'https://clerk.1234abcd.localhost',
    nbf: nowSeconds - 10,
  }

  it('writes a template of its name alone, with no session in it', () => {
    const own = { sub: ada.id, jti: expect.stringMatching(/^[0-9a-f]{32}$/), template: 'hasura' }
    expect(templateClaims({ ...session, template: 'hasura' })).toEqual({
      ...{ ...registered, ...own, azp: 'http://localhost:8787' },
    })
    const forBackend = { ...session, authorizedParty: undefined, template: 'hasura' }
    expect(templateClaims(forBackend)).toEqual({ ...registered, ...own })
  })

  it('writes an access token for a client, with its scopes in one text', () => {
    const scopes = ['read', 'write']
    expect(accessClaims({ ...session, clientId: 'client_1', scopes })).toEqual({
      ...registered,
      sub: ada.id,
      client_id: 'client_1',
      jti: expect.stringMatching(/^oat_[0-9a-f]{32}$/),
      scope: 'read write',
    })
  })

  it('writes a token of a machine for other machines', () => {
    const receivers = ['mch_b', 'mch_c']
    expect(machineClaims({ ...session, machineId: 'mch_a', receivers })).toEqual({
      ...registered,
      sub: 'mch_a',
      aud: receivers,
      jti: expect.stringMatching(/^mt_[0-9a-f]{32}$/),
      scopes: 'mch_b mch_c',
    })
  })

  it.each(['https://clerk.example.com', 'https://clerk.localhost.example.com'])(
    'never issues for %s',
    (issuer) => {
      const issue = { ...session, issuer, template: 'x', clientId: 'client_x', scopes: [] }
      const machine = { ...issue, machineId: 'mch_x', receivers: [] }
      expect(() => sessionClaims(issue)).toThrow(TypeError)
      expect(() => templateClaims(issue)).toThrow(TypeError)
      expect(() => accessClaims(issue)).toThrow(TypeError)
      expect(() => machineClaims(machine)).toThrow(TypeError)
    },
  )

  it('signs so that the published key verifies, and publishes nothing private', async () => {
    const token = await signToken(key, tokenHeader('session_token', key), sessionClaims(session))
    const [header, claims, signature] = token.split('.')
    const published = publicIssuerJwk(key)
    expect(Object.keys(published).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    const jwk = { kty: 'RSA', n: known(key.n), e: known(key.e) }
    const verifier = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify'])
    const bytes = known(decodeBase64url(signature ?? ''))
    const input = new TextEncoder().encode(`${header}.${claims}`)
    expect(await crypto.subtle.verify(algorithm.name, verifier, bytes, input)).toBe(true)
    expect(decode(header)).toEqual(tokenHeader('session_token', key))
    expect(decode(claims)).toEqual(sessionClaims(session))
  })
})
