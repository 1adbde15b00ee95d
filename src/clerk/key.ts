import { decodeBase64url } from '../model/base64url.ts'
import { digestOf } from '../model/digest.ts'
import type { Claims, Identified } from '../model/principal.ts'
import { createRecent, type Recent } from '../model/recent.ts'
import type { Refusal } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import type { JwtType } from './token-type.ts'

/** The one algorithm that Clerk signs tokens with. It comes from the key, never from a token. */
export const keyAlgorithm = 'RS256'

/** RSA below this is not accepted (RFC 7518 section 3.3). */
export const modulusBitsMin = 2048
/** Clerk publishes one or two keys; a set with more than this is not Clerk's. */
const keysMax = 16
/** How many verified tokens a key remembers: about 4 KiB each. */
const rememberedMax = 4000

/** A token whose signature held. That says nothing about whether its claims are acceptable now. */
export interface SignedToken {
  readonly type: JwtType
  readonly token: string
  readonly claims: Claims
  /** Whom the claims describe, once that was asked. */
  principal?: Result<Identified, Refusal>
}

/** A key that verifies tokens, imported once per isolate. */
export interface VerificationKey {
  readonly kid: string
  /** RFC 7638: two keys are the same key when their thumbprints are. */
  readonly thumbprint: string
  readonly cryptoKey: CryptoKey
  /**
   * Tokens whose signature this key was seen to have made. That is a pure function of token and key, so
   * remembering it decides nothing; it goes when the key goes.
   */
  readonly remembered: Recent<string, SignedToken>
}

/** The public part of an RSA key (RFC 7518 section 6.3.1). */
export interface RsaJwk {
  readonly kid: string
  readonly n: string
  readonly e: string
}

/**
 * The usable keys of a JWK set (RFC 7517 section 5): RSA of 2048 bits or more, for signatures, RS256.
 * `undefined` when the text is no JWK set, names one `kid` twice, or holds no usable key at all, so
 * that such an answer never replaces keys that are known to be good.
 */
export function parseKeySet(text: string): readonly RsaJwk[] | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  const keys: unknown = (parsed as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys) || keys.length > keysMax) return undefined
  const usable = keys.filter(isUsable).map(({ kid, n, e }) => ({ kid, n, e }))
  const names = new Set(usable.map((key) => key.kid))
  return usable.length > 0 && names.size === usable.length ? usable : undefined
}

function isUsable(value: unknown): value is RsaJwk {
  if (typeof value !== 'object' || value === null) return false
  const { kty, use, alg, kid, n, e } = value as Record<string, unknown>
  return (
    kty === 'RSA' &&
    (use === undefined || use === 'sig') &&
    (alg === undefined || alg === keyAlgorithm) &&
    typeof kid === 'string' &&
    kid !== '' &&
    typeof e === 'string' &&
    typeof n === 'string' &&
    modulusBits(n) >= modulusBitsMin
  )
}

/** The size of an RSA modulus in bits. */
export function modulusBits(n: string): number {
  const bytes = decodeBase64url(n) ?? new Uint8Array()
  const first = bytes.findIndex((byte) => byte !== 0)
  return first === -1 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24
}

/** Imports one key; `undefined` when the runtime does not accept it. */
export async function importKey(jwk: RsaJwk): Promise<VerificationKey | undefined> {
  try {
    const cryptoKey = await crypto.subtle.importKey(
      'jwk',
      { kty: 'RSA', n: jwk.n, e: jwk.e, alg: keyAlgorithm, ext: true },
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
      true,
      ['verify'],
    )
    return {
      kid: jwk.kid,
      thumbprint: await thumbprintOf(jwk),
      cryptoKey,
      remembered: createRecent(rememberedMax),
    }
  } catch {
    return undefined
  }
}

/** The RFC 7638 thumbprint of an RSA key. */
export function thumbprintOf(jwk: { n: string; e: string }): Promise<string> {
  return digestOf(JSON.stringify({ e: jwk.e, kty: 'RSA', n: jwk.n }))
}
