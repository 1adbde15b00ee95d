import type { Moment } from '../model/clock.ts'
import type { Refusal } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { readKid, readTimes } from './claims.ts'
import type { Issuer } from './issuer.ts'
import { decodeToken } from './jwt.ts'
import { findSigner } from './token.ts'

/** What is no key at all: nothing verifies with it. */
export const noPem = 'none'

/**
 * The key that signed a token, in PEM (SPKI, RFC 7468), or {@link noPem} where none of the issuer's did. It fails
 * only where that cannot be known.
 */
export async function pemFor(
  token: string | undefined,
  { keys }: Pick<Issuer, 'keys'>,
  moment: Moment,
): Promise<Result<string, Refusal>> {
  const decoded = decodeToken(token ?? '')
  const kid = decoded.ok ? readKid(decoded.value.header) : decoded
  if (token === undefined || !decoded.ok || !kid.ok) return ok(noPem)
  const times = readTimes(decoded.value.payload)
  const issuedAtMs = times.ok ? times.value.iat * 1000 : moment.nowMs
  const wanted = { kid: kid.value, token, issuedAtMs }
  const key = await findSigner(decoded.value, wanted, { keys, moment })
  if (key.ok) return ok(await exported(key.value.cryptoKey))
  return key.error.code === 'keys-unavailable' ? key : ok(noPem)
}

async function exported(key: CryptoKey): Promise<string> {
  const spki = await crypto.subtle.exportKey('spki', key)
  // The types of the runtime allow for a JSON Web Key, which only `jwk` gives.
  const bytes = new Uint8Array(spki as ArrayBuffer)
  const text = btoa(String.fromCharCode(...bytes))
  return `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----`
}
