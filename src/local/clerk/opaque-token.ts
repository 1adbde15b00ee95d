import type { OpaqueType } from '../../clerk/token-type.ts'
import { decodeBase64url, encodeBase64url } from '../../model/base64url.ts'
import type { IssuerKey } from './issuer.ts'

/** The application that local OAuth tokens are issued to. */
export const localClient = 'client_local00000000000000000000000'

/** What a local opaque credential was made for. */
export interface OpaqueCredential {
  readonly subject: string
  readonly scopes: readonly string[]
  readonly issuedAtSeconds: number
  /** `null` for one that does not end by itself. */
  readonly expiresAtSeconds: number | null
}

const prefixes: Readonly<Record<OpaqueType, string>> = {
  api_key: 'ak_',
  m2m_token: 'mt_',
  oauth_token: 'oat_',
}

const algorithm = { name: 'HMAC', hash: 'SHA-256' }

/**
 * Makes an opaque credential that tells the local Clerk, and nobody else, all about itself: so that none
 * has to be kept anywhere. The prefix is signed with the rest, and says what it is.
 */
export async function sealOpaque(
  type: OpaqueType,
  credential: OpaqueCredential,
  key: IssuerKey,
): Promise<string> {
  const body = `${prefixes[type]}${encodeBase64url(JSON.stringify(credential))}`
  const signature = await crypto.subtle.sign(algorithm.name, await hmacKey(key), utf8(body))
  return `${body}.${encodeBase64url(signature)}`
}

/** What was sealed in a credential of this type, or `undefined` when {@link sealOpaque} did not make it. */
export async function openOpaque(
  type: OpaqueType,
  token: string,
  key: IssuerKey,
): Promise<OpaqueCredential | undefined> {
  const [body = '', signaturePart = ''] = token.split('.', 2)
  const signature = decodeBase64url(signaturePart)
  if (signature === undefined || token !== `${body}.${signaturePart}`) return undefined
  const isOurs = await crypto.subtle.verify(
    algorithm.name,
    await hmacKey(key),
    signature,
    utf8(body),
  )
  if (!isOurs || !body.startsWith(prefixes[type])) return undefined
  const sealed = decodeBase64url(body.slice(prefixes[type].length))
  return JSON.parse(new TextDecoder().decode(sealed))
}

/** It follows from the issuer's private key, as the other secrets of local mode do. */
async function hmacKey({ d }: IssuerKey): Promise<CryptoKey> {
  const secret = utf8(`opaque credentials ${d}`)
  return crypto.subtle.importKey('raw', secret, algorithm, false, ['sign', 'verify'])
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text))
}
