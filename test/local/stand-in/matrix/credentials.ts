import { verifyToken } from '@clerk/backend'
import { expect } from 'vitest'
import { sealOpaque } from '../../../../src/local/clerk/opaque-token.ts'
import { localUsers } from '../../../../src/local/clerk/users.ts'
import { noonMs } from '../../../support/fake-clock.ts'
import { type Case, claimsIn, type Kit } from './kit.ts'

const claims = { user: '{{user.id}}', mail: '{{user.primary_email_address}}' }

async function newKey({ sdk, ada, word }: Kit) {
  return sdk.apiKeys.create({ name: `key ${word()}`, subject: ada, scopes: ['read'] })
}

/** Sessions, tickets, templates and keys. */
export const credentials: Readonly<Record<string, Case>> = {
  async 'sessions.getSessionList'({ sdk, person }) {
    const { id: userId } = await person()
    const { id } = await sdk.sessions.createSession({ userId })
    const { data, totalCount } = await sdk.sessions.getSessionList({ userId, status: 'active' })
    expect([data.map((one) => one.id), totalCount]).toEqual([[id], 1])
  },
  async 'sessions.getSession'({ sdk, person }) {
    const { id: userId } = await person()
    const { id } = await sdk.sessions.createSession({ userId })
    expect(await sdk.sessions.getSession(id)).toMatchObject({ id, userId, status: 'active' })
  },
  async 'sessions.createSession'({ sdk, grace, acme }) {
    const wish = { userId: grace, activeOrganizationId: acme }
    const session = await sdk.sessions.createSession(wish)
    expect(session).toMatchObject({ userId: grace, lastActiveOrganizationId: acme })
  },
  async 'sessions.revokeSession'({ sdk, person }) {
    const { id: userId } = await person()
    const { id } = await sdk.sessions.createSession({ userId })
    expect((await sdk.sessions.revokeSession(id)).status).toBe('revoked')
    await expect(sdk.sessions.getToken(id)).rejects.toMatchObject({ status: 404 })
  },
  async 'sessions.getToken'({ sdk, clerk, person }) {
    const { id: userId, primaryEmailAddress } = await person()
    const { id } = await sdk.sessions.createSession({ userId })
    const { jwt } = await sdk.sessions.getToken(id)
    const { keys } = await sdk.jwks.getJwks()
    expect(keys).toHaveLength(1)
    expect(claimsIn(jwt)).toMatchObject({ sub: userId, sid: id, v: 2, exp: noonMs / 1000 + 60 })
    const longer = await sdk.sessions.getToken(id, '', 600)
    expect(claimsIn(longer.jwt)).toMatchObject({ exp: noonMs / 1000 + 600 })
    const ofTemplate = await sdk.sessions.getToken(id, 'demo', 30)
    expect(claimsIn(ofTemplate.jwt)).toMatchObject({
      ...{ sub: userId, template: 'demo', email: primaryEmailAddress?.emailAddress },
      exp: noonMs / 1000 + 30,
    })
    // The tokens are of a day that is past: the client's own check is told to look away from that alone.
    const jwtKey = await pemOf(clerk.key)
    const clockSkewInMs = Math.abs(Date.now() - noonMs) + 60_000
    expect(await verifyToken(jwt, { jwtKey, clockSkewInMs })).toMatchObject({ sub: userId })
  },
  async 'sessions.refreshSession'({ sdk, person }) {
    const { id: userId } = await person()
    const { id } = await sdk.sessions.createSession({ userId })
    const shown = { expired_token: 'x', refresh_token: 'y', request_origin: 'http://localhost' }
    const asked = sdk.sessions.refreshSession(id, { ...shown, format: 'cookie' })
    // The answer on which Clerk's SDKs fall back to a handshake.
    await expect(asked).rejects.toMatchObject({ status: 401 })
  },
  async 'clients.getClientList'({ sdk, clerk }) {
    await signIn(clerk)
    expect((await sdk.clients.getClientList()).totalCount).toBeGreaterThan(0)
  },
  async 'clients.getClient'({ sdk, clerk }) {
    const { id } = await signIn(clerk)
    const client = await sdk.clients.getClient(id)
    expect([client.id, client.sessions.map(({ status }) => status)]).toEqual([id, ['active']])
  },
  async 'clients.verifyClient'({ sdk, clerk }) {
    const { id, cookie } = await signIn(clerk)
    expect((await sdk.clients.verifyClient(cookie)).id).toBe(id)
    await expect(sdk.clients.verifyClient(`${cookie}0`)).rejects.toMatchObject({ status: 404 })
    await expect(sdk.clients.verifyClient('client_x.y')).rejects.toMatchObject({ status: 404 })
  },
  async 'clients.getHandshakePayload'({ sdk }) {
    const asked = sdk.clients.getHandshakePayload({ nonce: 'never-given' })
    await expect(asked).rejects.toMatchObject({ status: 404 })
  },
  async 'signInTokens.createSignInToken'({ sdk, ada }) {
    const made = await sdk.signInTokens.createSignInToken({ userId: ada, expiresInSeconds: 60 })
    expect(made).toMatchObject({ userId: ada, status: 'pending' })
    expect(made.url).toContain(made.token)
  },
  async 'signInTokens.revokeSignInToken'({ sdk, ada }) {
    const wish = { userId: ada, expiresInSeconds: 60 }
    const { id } = await sdk.signInTokens.createSignInToken(wish)
    expect((await sdk.signInTokens.revokeSignInToken(id)).status).toBe('revoked')
    await expect(sdk.signInTokens.revokeSignInToken(id)).rejects.toMatchObject({
      errors: [{ code: 'sign_in_token_cannot_be_revoked_code' }],
    })
  },
  async 'actorTokens.create'({ sdk, ada, grace }) {
    const made = await sdk.actorTokens.create({ userId: ada, actor: { sub: grace } })
    expect(made).toMatchObject({ userId: ada, actor: { sub: grace }, status: 'pending' })
  },
  async 'actorTokens.revoke'({ sdk, ada, grace }) {
    const { id } = await sdk.actorTokens.create({ userId: ada, actor: { sub: grace } })
    expect((await sdk.actorTokens.revoke(id)).status).toBe('revoked')
  },
  async 'testingTokens.createTestingToken'({ sdk }) {
    // The client hands it over as it came, whatever its types say.
    const made = await sdk.testingTokens.createTestingToken()
    expect(made).toMatchObject({ object: 'testing_token', expires_at: noonMs / 1000 + 3600 })
    expect(made.token).toMatch(/^\d+-c_\w{43}$/)
  },
  async 'jwtTemplates.list'({ sdk }) {
    const { data } = await sdk.jwtTemplates.list()
    expect(data.map(({ name }) => name)).toContain('demo')
  },
  async 'jwtTemplates.get'({ sdk, word }) {
    const { id, name } = await sdk.jwtTemplates.create({ name: word(), claims })
    expect(await sdk.jwtTemplates.get(id)).toMatchObject({ id, name, claims, lifetime: 60 })
  },
  async 'jwtTemplates.create'({ sdk, ada, word }) {
    const { name } = await sdk.jwtTemplates.create({ name: word(), claims, lifetime: 90 })
    const { id } = await sdk.sessions.createSession({ userId: ada })
    const { jwt } = await sdk.sessions.getToken(id, name)
    expect(claimsIn(jwt)).toMatchObject({ user: ada, exp: noonMs / 1000 + 90 })
  },
  async 'jwtTemplates.update'({ sdk, word }) {
    const { id: templateId } = await sdk.jwtTemplates.create({ name: word(), claims })
    const changes = { name: word(), claims: { other: 1 } }
    expect(await sdk.jwtTemplates.update({ templateId, ...changes })).toMatchObject(changes)
  },
  async 'jwtTemplates.delete'({ sdk, word }) {
    const { id } = await sdk.jwtTemplates.create({ name: word(), claims })
    expect(await sdk.jwtTemplates.delete(id)).toMatchObject({ id, deleted: true })
    await expect(sdk.jwtTemplates.get(id)).rejects.toMatchObject({ status: 404 })
  },
  async 'apiKeys.list'(kit) {
    const { id } = await newKey(kit)
    const { data } = await kit.sdk.apiKeys.list({ subject: kit.ada, limit: 100 })
    expect(data.map((key) => key.id)).toContain(id)
  },
  async 'apiKeys.create'(kit) {
    const key = await newKey(kit)
    expect(key).toMatchObject({
      subject: kit.ada,
      scopes: ['read'],
      revoked: false,
      expired: false,
    })
    expect(key.secret).toMatch(/^ak_/)
  },
  async 'apiKeys.get'(kit) {
    const { id, name } = await newKey(kit)
    expect(await kit.sdk.apiKeys.get(id)).toMatchObject({ id, name })
  },
  async 'apiKeys.update'(kit) {
    const { id: apiKeyId, subject } = await newKey(kit)
    const changes = { subject, description: 'other', scopes: ['write'] }
    const key = await kit.sdk.apiKeys.update({ apiKeyId, ...changes, secondsUntilExpiration: 60 })
    expect(key).toMatchObject({ ...changes, expiration: noonMs + 60_000 })
  },
  async 'apiKeys.delete'(kit) {
    const { id } = await newKey(kit)
    expect(await kit.sdk.apiKeys.delete(id)).toMatchObject({ id, deleted: true })
    await expect(kit.sdk.apiKeys.get(id)).rejects.toMatchObject({ status: 404 })
  },
  async 'apiKeys.revoke'(kit) {
    const { id: apiKeyId, secret = '' } = await newKey(kit)
    const revoked = await kit.sdk.apiKeys.revoke({ apiKeyId, revocationReason: 'lost' })
    expect(revoked).toMatchObject({ revoked: true, revocationReason: 'lost' })
    expect(await kit.sdk.apiKeys.verify(secret)).toMatchObject({ id: apiKeyId, revoked: true })
  },
  async 'apiKeys.getSecret'(kit) {
    const { id, secret } = await newKey(kit)
    expect(await kit.sdk.apiKeys.getSecret(id)).toEqual({ secret })
  },
  async 'apiKeys.verify'(kit) {
    const { id, secret = '' } = await newKey(kit)
    expect(await kit.sdk.apiKeys.verify(secret)).toMatchObject({ id, lastUsedAt: noonMs })
    await expect(kit.sdk.apiKeys.verify(`${secret}0`)).rejects.toMatchObject({ status: 404 })
  },
  async 'idPOAuthAccessToken.verify'({ sdk, clerk, ada }) {
    const times = { issuedAtSeconds: noonMs / 1000, expiresAtSeconds: null }
    const credential = { subject: ada, scopes: ['read'], ...times }
    const token = await sealOpaque('oauth_token', credential, clerk.key)
    const verified = await sdk.idPOAuthAccessToken.verify(token)
    expect(verified).toMatchObject({ subject: ada, scopes: ['read'], revoked: false })
  },
  async 'jwks.getJwks'({ sdk, clerk }) {
    expect((await sdk.jwks.getJwks()).keys).toMatchObject([{ kid: clerk.key.kid, n: clerk.key.n }])
  },
}

/** Signs ada in, in a new browser; gives what the browser holds of its client: the id and the secret. */
async function signIn(
  clerk: Kit['clerk'],
): Promise<{ readonly id: string; readonly cookie: string }> {
  const { email: identifier = '', password = '' } = localUsers.get('ada') ?? {}
  const browser = clerk.browser()
  await browser.post('/v1/client/sign_ins', { strategy: 'password', identifier, password })
  const cookie = browser.cookies.get('__client') ?? ''
  return { id: cookie.split('.')[0] ?? '', cookie }
}

async function pemOf(key: JsonWebKey): Promise<string> {
  const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const { kty = 'RSA', n = '', e = '' } = key
  const imported = await crypto.subtle.importKey('jwk', { kty, n, e }, rsa, true, ['verify'])
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', imported)).toString('base64')
  return `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----`
}
