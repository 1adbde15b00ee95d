import type { Moment } from '../model/clock.ts'
import type { User } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import { checkClaims, checkTimes, readHeader, readTimes } from './claims.ts'
import type { Issuer } from './issuer.ts'
import { type DecodedToken, decodeToken } from './jwt.ts'
import { keyAlgorithm, type SignedToken, type VerificationKey } from './key.ts'
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
  const decoded = decodeToken(token)
  if (!decoded.ok) return decoded
  const { header, payload } = decoded.value
  const kid = readHeader(header)
  if (!kid.ok) return kid
  const unverified = readTimes(payload)
  if (!unverified.ok) return unverified

  const wanted = { kid: kid.value, token, issuedAtMs: unverified.value.iat * 1000 }
  const key = await findSigner(decoded.value, wanted, { issuer, moment })
  if (!key.ok) return key
  const signed: SignedToken = { token, claims: payload }
  key.value.remembered.set(token, signed)
  return accept(signed, issuer, moment)
}

/**
 * The same for a token whose signature was seen to hold before: only what can change is looked at again.
 * `undefined` for any other token.
 */
export function recallSessionToken(
  token: string,
  issuer: Issuer,
  moment: Moment,
): Result<User, Refusal> | undefined {
  const signed = issuer.keys.recall(token, moment)
  return signed && accept(signed, issuer, moment)
}

/**
 * Whom a signed token vouches for, if its claims are acceptable now. Once they were, nothing but time can
 * make them unacceptable to the same issuer.
 */
function accept(signed: SignedToken, issuer: Issuer, { nowMs }: Moment): Result<User, Refusal> {
  if (signed.user !== undefined) {
    const times = checkTimes(signed.claims, nowMs)
    return times.ok ? signed.user : times
  }
  const times = checkClaims(signed.claims, issuer, nowMs)
  if (!times.ok) return times
  signed.user = readPrincipal(signed.claims, times.value, signed.token)
  return signed.user
}

/** The key that made the signature. One that fails is tried once more when a newer set has another key under that name. */
async function findSigner(
  decoded: DecodedToken,
  wanted: Wanted,
  { issuer, moment }: { issuer: Issuer; moment: Moment },
): Promise<Result<VerificationKey, Refusal>> {
  const key = await issuer.keys.find(wanted, moment)
  if (!key.ok) return key
  if (decoded.header.alg !== keyAlgorithm) return refuse('token-invalid-algorithm')
  if (await hasSigned(key.value, decoded)) return key
  const newer = await issuer.keys.find({ ...wanted, failed: key.value }, moment)
  if (!newer.ok) return newer
  return (await hasSigned(newer.value, decoded)) ? newer : refuse('token-invalid-signature')
}

function hasSigned(key: VerificationKey, { signature, signed }: DecodedToken): Promise<boolean> {
  return crypto.subtle.verify('RSASSA-PKCS1-v1_5', key.cryptoKey, signature, signed)
}
