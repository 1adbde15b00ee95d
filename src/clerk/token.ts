import type { Moment } from '../model/clock.ts'
import type { User } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { checkClaims, readHeader, readTimes } from './claims.ts'
import type { Issuer } from './issuer.ts'
import { type DecodedToken, decodeToken } from './jwt.ts'
import { keyAlgorithm, type VerificationKey } from './key.ts'
import type { Wanted } from './key-ring.ts'
import { readPrincipal } from './principal.ts'

const opaqueTokens = /^(?:ak|mt|oat)_/

/**
 * The person whom a session token vouches for, or the one reason why it does not.
 *
 * Order: size, shape, `typ`, `cat`, `crit`, `kid`, times that are times, key, algorithm, signature, then
 * the claims. What a caller can write at will is refused before it costs a request to the key server;
 * what the claims lack is told only to the holder of a token that was really signed.
 */
export async function verifySessionToken(
  token: string,
  issuer: Issuer,
  moment: Moment,
): Promise<Result<User, Refusal>> {
  if (opaqueTokens.test(token)) return refuse('token-type-mismatch')
  const decoded = recall(token, issuer) ?? decodeToken(token)
  if (!decoded.ok) return decoded
  const { header, payload } = decoded.value
  const kid = readHeader(header)
  if (!kid.ok) return kid
  const unverified = readTimes(payload)
  if (!unverified.ok) return unverified

  const wanted = { kid: kid.value, token, issuedAtMs: unverified.value.iat * 1000 }
  const signed = await verifySignature(decoded.value, wanted, { issuer, moment })
  if (!signed.ok) return signed
  const times = checkClaims(payload, issuer, moment.nowMs)
  return times.ok ? readPrincipal(payload, times.value, token) : times
}

/** What a key that is held remembers to have signed. */
function recall(token: string, issuer: Issuer): Result<DecodedToken, Refusal> | undefined {
  for (const key of issuer.keys.held()) {
    const remembered = key.remembered.get(token)
    if (remembered !== undefined) return ok(remembered)
  }
  return undefined
}

/** A signature that fails is tried once more when a newer set has another key under that name. */
async function verifySignature(
  decoded: DecodedToken,
  wanted: Wanted,
  { issuer, moment }: { issuer: Issuer; moment: Moment },
): Promise<Result<VerificationKey, Refusal>> {
  const key = await issuer.keys.find(wanted, moment)
  if (!key.ok) return key
  if (decoded.header.alg !== keyAlgorithm) return refuse('token-invalid-algorithm')
  if (await holds(wanted.token, decoded, key.value)) return key
  const newer = await issuer.keys.find({ ...wanted, failed: key.value }, moment)
  if (!newer.ok) return newer
  return (await holds(wanted.token, decoded, newer.value))
    ? newer
    : refuse('token-invalid-signature')
}

async function holds(token: string, decoded: DecodedToken, key: VerificationKey): Promise<boolean> {
  if (key.remembered.get(token) !== undefined) return true
  const { signature, signed } = decoded
  const verified = await crypto.subtle.verify('RSASSA-PKCS1-v1_5', key.cryptoKey, signature, signed)
  if (verified) key.remembered.set(flat(token), decoded)
  return verified
}

/** A copy that does not keep alive the whole header it was cut from. */
function flat(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text))
}
