import type { OpaqueType } from '../../clerk/token-type.ts'
import type { OpaqueCredential } from './opaque-token.ts'

/** The application that local OAuth tokens are issued to. */
export const localClient = 'client_local00000000000000000000000'

/** A credential that was shown, and what was sealed in it. */
interface Shown {
  readonly type: OpaqueType
  readonly token: string
  readonly credential: OpaqueCredential
}

/** A local credential as the verify endpoints of Clerk's Backend API tell of one. */
export async function opaqueRecord(
  { type, token, credential }: Shown,
  nowSeconds: number,
): Promise<Readonly<Record<string, unknown>>> {
  const { subject, scopes, issuedAtSeconds, expiresAtSeconds } = credential
  const { object, idPrefix, unitsPerSecond, members } = kinds[type]
  const made = issuedAtSeconds * unitsPerSecond
  return {
    object,
    id: `${idPrefix}${await digits(token)}`,
    subject,
    scopes,
    ...members,
    revoked: false,
    revocation_reason: null,
    expired: expiresAtSeconds !== null && expiresAtSeconds <= nowSeconds,
    expiration: expiresAtSeconds === null ? null : expiresAtSeconds * unitsPerSecond,
    created_at: made,
    updated_at: made,
  }
}

interface Kind {
  readonly object: string
  readonly idPrefix: string
  /** Clerk writes milliseconds for keys and machines, and seconds for OAuth tokens. */
  readonly unitsPerSecond: number
  readonly members: Readonly<Record<string, unknown>>
}

const kinds: Readonly<Record<OpaqueType, Kind>> = {
  api_key: {
    object: 'api_key',
    idPrefix: 'ak_',
    unitsPerSecond: 1000,
    members: {
      type: 'api_key',
      name: 'made by npm run token',
      description: null,
      claims: null,
      created_by: null,
      last_used_at: null,
    },
  },
  m2m_token: {
    object: 'machine_to_machine_token',
    idPrefix: 'mt_',
    unitsPerSecond: 1000,
    members: { claims: null, last_used_at: null },
  },
  oauth_token: {
    object: 'clerk_idp_oauth_access_token',
    idPrefix: 'oat_',
    unitsPerSecond: 1,
    members: { client_id: localClient },
  },
}

/** The 32 hexadecimal digits by which Clerk would name this credential. */
async function digits(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  return Array.from(new Uint8Array(digest, 0, 16), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
