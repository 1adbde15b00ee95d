import { checkTimes, isIdentifier, readKid, readTimes } from '../clerk/claims.ts'
import { decodeToken, isObject } from '../clerk/jwt.ts'
import type { KeyRing } from '../clerk/key-ring.ts'
import { findSigner } from '../clerk/token.ts'
import type { Moment } from '../model/clock.ts'
import type { Claims } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** Identities name every group of a person: a body that is larger is not read. */
export const questionMaxBytes = 64 * 1024

/** The team of Cloudflare Access whose questions count. */
export interface AccessTeam {
  /** Where the team is, which is what its tokens name as their issuer. */
  readonly issuer: string
  readonly keys: KeyRing
}

/** What Access asks: whether the owner of an address may pass. */
export interface AccessQuestion {
  /** Ties the answer to the question. */
  readonly nonce: string
  /** In lower case; `undefined` where none can be read in one way only. */
  readonly address: string | undefined
  readonly askedAtSeconds: number
  readonly expiresAtSeconds: number
}

/**
 * Reads what Access asks, from a token that a key of the team has signed: RS256, in its time. The same keys
 * sign what people show to applications; only a question has a `nonce`. Not documented are `iss` and `iat`: they
 * have to be right where they are there.
 */
export async function readQuestion(
  token: string,
  { issuer, keys }: AccessTeam,
  moment: Moment,
): Promise<Result<AccessQuestion, Refusal>> {
  const decoded = decodeToken(token, questionMaxBytes)
  if (!decoded.ok) return decoded
  const { header, payload } = decoded.value
  if (header.typ !== undefined && header.typ !== 'JWT') return refuse('token-invalid-type')
  const kid = readKid(header)
  if (!kid.ok) return kid
  const claims: Claims = { iat: 0, ...payload }
  const unverified = readTimes(claims)
  if (!unverified.ok) return unverified

  const wanted = { kid: kid.value, token, issuedAtMs: unverified.value.iat * 1000 }
  const signer = await findSigner(decoded.value, wanted, { keys, moment })
  if (!signer.ok) return signer
  if (claims.iss !== undefined && claims.iss !== issuer) return refuse('token-invalid-issuer')
  const times = checkTimes(claims, moment.nowMs)
  if (!times.ok) return times
  const { nonce } = claims
  if (!isIdentifier(nonce)) return refuse('token-invalid-claims')
  const { iat, exp } = times.value
  return ok({ nonce, address: addressIn(claims), askedAtSeconds: iat, expiresAtSeconds: exp })
}

/** Other characters could become these in lower case: the sign for kelvin becomes a `k`. */
const plainAddress = /^[!-?A-~]{1,64}@[!-?A-~]{1,189}$/

function addressIn({ identity, email }: Claims): string | undefined {
  if (!isObject(identity)) return undefined
  const address = plain(identity.email)
  const isOne = email === undefined || plain(email) === address
  return isOne ? address : undefined
}

function plain(address: unknown): string | undefined {
  const isPlain = typeof address === 'string' && plainAddress.test(address)
  return isPlain ? address.toLowerCase() : undefined
}
