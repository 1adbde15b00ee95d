import type { Moment } from '../model/clock.ts'
import type { Identified, TokenType } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import { checkClaims, checkTimes, readKid, readTimes } from './claims.ts'
import type { Issuer } from './issuer.ts'
import { type DecodedToken, decodeToken } from './jwt.ts'
import { keyAlgorithm, type SignedToken, type VerificationKey } from './key.ts'
import type { KeyRing, Wanted } from './key-ring.ts'
import { readPrincipal } from './principal.ts'
import { jwtTypeOf, opaqueTypeOf } from './token-type.ts'

/**
 * Whom a JWT vouches for, or the one reason why it does not.
 *
 * Order: size, shape, `typ`, `cat`, whether its type is accepted, `crit`, `kid`, times that are times,
 * key, algorithm, signature, then the claims. What a caller can write at will is refused before it costs
 * a request to the key server; what the claims lack is told only to the holder of a token that was
 * really signed.
 */
export async function verifyToken(
  token: string,
  { issuer, accepts }: Demand,
  moment: Moment,
): Promise<Result<Identified, Refusal>> {
  if (opaqueTypeOf(token) !== undefined) return refuse('token-type-mismatch')
  const decoded = decodeToken(token)
  if (!decoded.ok) return decoded
  const { header, payload } = decoded.value
  const type = jwtTypeOf(decoded.value)
  if (!type.ok) return type
  if (!accepts.includes(type.value)) return refuse('token-type-mismatch')
  const kid = readKid(header)
  if (!kid.ok) return kid
  const unverified = readTimes(payload)
  if (!unverified.ok) return unverified

  const wanted = { kid: kid.value, token, issuedAtMs: unverified.value.iat * 1000 }
  const key = await findSigner(decoded.value, wanted, { keys: issuer.keys, moment })
  if (!key.ok) return key
  const signed: SignedToken = { type: type.value, token, claims: payload }
  key.value.remembered.set(token, signed)
  return judge(signed, issuer, moment)
}

/**
 * The same for a token whose signature was seen to hold before: only what can change is looked at again.
 * `undefined` for any other token.
 */
export function recallToken(
  token: string,
  { issuer, accepts }: Demand,
  moment: Moment,
): Result<Identified, Refusal> | undefined {
  const signed = issuer.keys.recall(token, moment)
  if (signed === undefined) return undefined
  moment.note({ keySource: 'memory' })
  return accepts.includes(signed.type)
    ? judge(signed, issuer, moment)
    : refuse('token-type-mismatch')
}

/** Which tokens count: of whom, and of what types. */
export interface Demand {
  readonly issuer: Issuer
  readonly accepts: readonly TokenType[]
}

/**
 * Whom a signed token vouches for, if its claims are acceptable now. Once they were, nothing but time can
 * make them unacceptable to the same issuer; what was let pass for once is not remembered.
 */
function judge(
  signed: SignedToken,
  issuer: Issuer,
  { nowMs }: Moment,
): Result<Identified, Refusal> {
  if (signed.principal !== undefined) {
    const times = checkTimes(signed.claims, nowMs)
    return times.ok ? signed.principal : times
  }
  const times = checkClaims(signed, issuer, nowMs)
  if (!times.ok) return times
  const principal = readPrincipal({ ...signed, times: times.value })
  if (!issuer.mayLackParty) signed.principal = principal
  return principal
}

/** The key that made the signature. One that fails is tried once more when a newer set has another key under that name. */
export async function findSigner(
  decoded: DecodedToken,
  wanted: Wanted,
  { keys, moment }: { readonly keys: KeyRing; readonly moment: Moment },
): Promise<Result<VerificationKey, Refusal>> {
  moment.note({ keySource: 'memory' })
  const key = await keys.find(wanted, moment)
  if (!key.ok) return key
  if (decoded.header.alg !== keyAlgorithm) return refuse('token-invalid-algorithm')
  if (await hasSigned(key.value, decoded)) return key
  const newer = await keys.find({ ...wanted, failed: key.value }, moment)
  if (!newer.ok) return newer
  return (await hasSigned(newer.value, decoded)) ? newer : refuse('token-invalid-signature')
}

function hasSigned(key: VerificationKey, { signature, signed }: DecodedToken): Promise<boolean> {
  return crypto.subtle.verify('RSASSA-PKCS1-v1_5', key.cryptoKey, signature, signed)
}
