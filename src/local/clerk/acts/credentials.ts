import type { OpaqueType } from '../../../clerk/token-type.ts'
import { digestOf } from '../kernel/identifiers.ts'
import type { OpaqueCredentialRecord } from '../kernel/records.ts'
import type { World } from '../kernel/world.ts'
import { openOpaque } from '../opaque-token.ts'

const prefixes: Readonly<Record<OpaqueType, string>> = {
  api_key: 'ak',
  m2m_token: 'mt',
  oauth_token: 'oat',
}

/** What a credential is made for. */
export interface CredentialDraft {
  readonly type: OpaqueType
  readonly subject: string
  readonly scopes: readonly string[]
  readonly claims: OpaqueCredentialRecord['claims']
  /** `null` for one that does not end by itself. */
  readonly expiresAt: number | null
  readonly name?: string | null
  readonly description?: string | null
  readonly createdBy?: string | null
}

/** Makes a credential; a digest is all that is kept of its secret. */
export async function makeCredential(
  world: World,
  draft: CredentialDraft,
): Promise<OpaqueCredentialRecord> {
  const { name = null, description = null, createdBy = null, ...traits } = draft
  const id = newCredentialId(draft.type)
  const now = world.clock.now()
  return world.state.credentials.put({
    ...{ id, ...traits, name, description, createdBy },
    secretDigest: await digestOf(await secretOf(world, { id, type: draft.type })),
    ...{ isRevoked: false, revocationReason: null, lastUsedAt: null },
    ...{ createdAt: now, updatedAt: now },
  })
}

/** An id as Clerk gives to credentials: 32 hexadecimal digits behind the prefix of their kind. */
export function newCredentialId(type: OpaqueType): string {
  return `${prefixes[type]}_${crypto.randomUUID().replaceAll('-', '')}`
}

/** The secret of a credential: it follows from its id and the secret key, so that it can be told again. */
export async function secretOf(
  { settings }: World,
  { id, type }: Pick<OpaqueCredentialRecord, 'id' | 'type'>,
): Promise<string> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', utf8(settings.secretKey), hmac, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, utf8(`${type} ${id}`))
  return `${prefixes[type]}_${hex(new Uint8Array(mac))}`
}

/**
 * The credential that a secret is of. One that `npm run token` sealed is written down when it is first shown, so
 * that it can be listed and revoked like any other.
 */
export async function credentialShown(
  world: World,
  type: OpaqueType,
  secret: string,
): Promise<OpaqueCredentialRecord | undefined> {
  const { state, clock } = world
  const digest = await digestOf(secret)
  const known = state.credentials.find((one) => one.type === type && one.secretDigest === digest)
  const found = known ?? (await sealedCredential(world, { type, secret, digest }))
  return found && state.credentials.put({ ...found, lastUsedAt: clock.now() })
}

/** Takes a credential back. One that was taken back stays as it is. */
export function revokeCredential(
  { state, clock }: World,
  credential: OpaqueCredentialRecord,
  revocationReason: string | null,
): OpaqueCredentialRecord {
  if (credential.isRevoked) return credential
  const updatedAt = clock.now()
  return state.credentials.put({ ...credential, isRevoked: true, revocationReason, updatedAt })
}

/** Whether a credential has come to its end by itself. */
export function hasExpired({ expiresAt }: OpaqueCredentialRecord, nowMs: number): boolean {
  return expiresAt !== null && expiresAt <= nowMs
}

interface Shown {
  readonly type: OpaqueType
  readonly secret: string
  readonly digest: string
}

/** A sealed one cannot be found when its user is deleted, so it is looked at when it is shown. */
async function sealedCredential(
  { keys, state }: World,
  { type, secret, digest }: Shown,
): Promise<OpaqueCredentialRecord | undefined> {
  for (const key of keys.published()) {
    const sealed = await openOpaque(type, secret, key)
    if (sealed === undefined) continue
    const madeAt = sealed.issuedAtSeconds * 1000
    const named = await crypto.subtle.digest('SHA-256', utf8(secret))
    const isRevoked = sealed.subject.startsWith('user_') && !state.users.get(sealed.subject)
    return {
      id: `${prefixes[type]}_${hex(new Uint8Array(named, 0, 16))}`,
      ...{ type, subject: sealed.subject, scopes: sealed.scopes, claims: null },
      ...{ name: 'made by npm run token', description: null, createdBy: null },
      ...{ secretDigest: digest, isRevoked, revocationReason: null, lastUsedAt: null },
      expiresAt: sealed.expiresAtSeconds === null ? null : sealed.expiresAtSeconds * 1000,
      ...{ createdAt: madeAt, updatedAt: madeAt },
    }
  }
  return undefined
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
