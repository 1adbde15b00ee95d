import { sealOpaque } from '../../../src/local/clerk/opaque-token.ts'
import { localUsers } from '../../../src/local/clerk/users.ts'
import { textAt } from '../stand-in.ts'
import type { Tour } from './tour.ts'
import { signInBy } from './visitors.ts'

const page = { limit: 10, offset: 0 }
const user_id = localUsers.get('grace')?.id ?? ''

/** What a server knows of the instance, and the tickets that it hands out. */
export async function visitInstance(tour: Tour): Promise<void> {
  await tour.backend('GetJWKS')
  await tour.backend('GetInstance')
  await tour.backend('ListDomains')
  await tour.backend('CreateTestingToken')
  const signIn = await tour.backend('CreateSignInToken', {
    send: { user_id, expires_in_seconds: 60 },
  })
  const sign_in_token_id = textAt(signIn.body, 'id')
  await tour.backend('RevokeSignInToken', { path: { sign_in_token_id } })
  const actor = await tour.backend('CreateActorToken', {
    send: { user_id, actor: { sub: localUsers.get('ada')?.id }, expires_in_seconds: 60 },
  })
  await tour.backend('RevokeActorToken', { path: { actor_token_id: textAt(actor.body, 'id') } })
  await visitTemplates(tour)
  await visitRedirectUrls(tour)
}

async function visitTemplates(tour: Tour): Promise<void> {
  const claims = { id: '{{user.id}}' }
  const made = await tour.backend('CreateJWTTemplate', { send: { name: 'plain', claims } })
  const path = { template_id: textAt(made.body, 'id') }
  await tour.backend('ListJWTTemplates', { send: { ...page, paginated: false } })
  await tour.backend('GetJWTTemplate', { path })
  await tour.backend('UpdateJWTTemplate', { path, send: { name: 'plain', claims, lifetime: 90 } })
  await tour.backend('DeleteJWTTemplate', { path })
}

async function visitRedirectUrls(tour: Tour): Promise<void> {
  const made = await tour.backend('CreateRedirectURL', { send: { url: 'http://localhost:8787/x' } })
  const path = { id: textAt(made.body, 'id') }
  await tour.backend('ListRedirectURLs', { send: page })
  await tour.backend('GetRedirectURL', { path })
  await tour.backend('DeleteRedirectURL', { path })
}

/** API keys, machines and their tokens. */
export async function visitMachines(tour: Tour): Promise<void> {
  const machine = await tour.backend('CreateMachine', { send: { name: 'robot' } })
  const other = await tour.kit.backend().post('/machines', { name: 'press' })
  const machine_id = textAt(machine.body, 'id')
  const other_machine_id = textAt(other.body, 'id')
  const path = { machine_id }
  await tour.backend('ListMachines', { send: { ...page, query: 'rob' } })
  await tour.backend('GetMachine', { path })
  await tour.backend('UpdateMachine', { path, send: { name: 'robot two' } })
  const secret = await tour.backend('GetMachineSecretKey', { path })
  await tour.backend('CreateMachineScope', { path, send: { to_machine_id: other_machine_id } })
  const receiver = await tour.kit.backend().get(`/machines/${other_machine_id}/secret_key`)
  const keys = { key: textAt(secret.body, 'secret'), theirs: textAt(receiver.body, 'secret') }
  await visitMachineTokens(tour, machine_id, keys)
  await tour.backend('DeleteMachineScope', { path: { ...path, other_machine_id } })
  await tour.backend('RotateMachineSecretKey', { path, send: { previous_token_ttl: 0 } })
  await tour.backend('DeleteMachine', { path })
}

async function visitMachineTokens(
  tour: Tour,
  subject: string,
  { key, theirs }: { readonly key: string; readonly theirs: string },
): Promise<void> {
  const send = { seconds_until_expiration: 60, token_format: 'opaque' }
  const made = await tour.backend('createM2MToken', { key, send })
  await tour.backend('getM2MTokens', { key, send: { subject, limit: 10, offset: 0 } })
  const token = textAt(made.body, 'token')
  await tour.backend('verifyM2MToken', { key: theirs, send: { token } })
  const path = { m2m_token_id: textAt(made.body, 'id') }
  await tour.backend('revokeM2MToken', { key, path, send: { revocation_reason: 'done' } })
}

/** API keys, as a server makes and checks them. */
export async function visitApiKeys(tour: Tour): Promise<void> {
  const send = { name: 'build', subject: user_id, scopes: ['read'], seconds_until_expiration: 600 }
  const made = await tour.backend('createApiKey', { send })
  const path = { apiKeyID: textAt(made.body, 'id') }
  await tour.backend('getApiKeys', { send: { subject: user_id, limit: 10, offset: 0 } })
  await tour.backend('getApiKey', { path })
  const { body } = await tour.backend('getApiKeySecret', { path })
  await tour.backend('verifyApiKey', { send: { secret: textAt(body, 'secret') } })
  await tour.backend('updateApiKey', { path, send: { description: 'builds' } })
  await tour.backend('revokeApiKey', { path, send: { revocation_reason: 'old' } })
  await tour.backend('deleteApiKey', { path })
}

/** An access token that another application shows. */
export async function visitOAuth(tour: Tour): Promise<void> {
  const issuedAtSeconds = Math.floor(tour.kit.standIn.world.clock.now() / 1000)
  const credential = {
    ...{ subject: user_id, scopes: ['read'], issuedAtSeconds },
    expiresAtSeconds: issuedAtSeconds + 60,
  }
  const access_token = await sealOpaque('oauth_token', credential, tour.kit.key)
  await tour.backend('verifyOAuthAccessToken', { send: { access_token } })
}

/** Somebody lost their session token: the payload of the handshake that gives them another. */
export async function visitHandshake(tour: Tour): Promise<void> {
  const browser = await signInBy(tour.kit, 'grace')
  const redirect_url = `${tour.kit.settings.applicationOrigin}/app`
  await browser.navigate('/v1/client/handshake', { redirect_url, format: 'nonce' })
  const nonce = browser.cookies.get('__clerk_handshake_nonce')
  await tour.backend('GetHandshakePayload', { send: { nonce } })
}
