import type { Claims } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** How far the clock of the issuer and ours may differ, either way. Clerk's own default. */
export const skewMs = 5000

/** What a session token must agree with. One record with the keys: see {@link Issuer}. */
export interface Expectations {
  /** Accepted values of `iss`; never empty. */
  readonly issuers: readonly string[]
  /** Accepted values of `azp`; empty when `azp` is not checked. */
  readonly authorizedParties: readonly string[]
  /** Accepted values of `aud`; empty when `aud` is not checked. */
  readonly audiences: readonly string[]
}

/** The times of a token, in seconds since the epoch. */
export interface TokenTimes {
  readonly exp: number
  readonly iat: number
  readonly nbf: number | undefined
}

/** Header `cat` of a session token, and of instances that do not say (Clerk: tokens/jwtCategories.ts). */
const sessionCategories: readonly unknown[] = [undefined, 'cl_B7d4PD111AAA', 'cl_I7d4PD111III']
const oauthTypes: readonly unknown[] = ['at+jwt', 'application/at+jwt']
const kidShape = /^[\w.~:+/=-]{1,256}$/

/**
 * The name of the key in the header of a session token, after everything else in the header that does
 * not need a key: `typ`, `cat`, and `crit`, which must be refused when not understood (RFC 7515
 * section 4.1.11; nothing is understood here).
 */
export function readHeader(header: Claims): Result<string, Refusal> {
  if (oauthTypes.includes(header.typ)) return refuse('token-type-mismatch')
  if (header.typ !== undefined && header.typ !== 'JWT') return refuse('token-invalid-type')
  if (!sessionCategories.includes(header.cat)) return refuse('token-invalid-category')
  if ('crit' in header) return refuse('token-critical-header')
  if (header.kid === undefined) return refuse('token-missing-kid')
  // A name that every object has (`__proto__`, `constructor`) is nobody's: it never reaches the key server.
  if (typeof header.kid !== 'string' || !kidShape.test(header.kid) || header.kid in {}) {
    return refuse('token-invalid-kid')
  }
  return ok(header.kid)
}

/** The times of a payload, if they are times at all (RFC 7519 section 2, NumericDate). */
export function readTimes(payload: Claims): Result<TokenTimes, Refusal> {
  const { exp, iat, nbf } = payload
  if (!isNumericDate(exp)) return refuse('token-invalid-exp')
  if (nbf !== undefined && !isNumericDate(nbf)) return refuse('token-invalid-nbf')
  if (!isNumericDate(iat)) return refuse('token-invalid-iat')
  return ok({ exp, iat, nbf })
}

function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

/**
 * Whether the claims of a verified session token are acceptable at `nowMs`. In this order: `sub`, `sid`,
 * `iss`, `azp`, `aud`, `exp`, `nbf`, `iat`, `sts`. Call it only after the signature held.
 */
export function checkClaims(
  payload: Claims,
  expected: Expectations,
  nowMs: number,
): Result<TokenTimes, Refusal> {
  const { sub, sid, iss, azp, aud, sts } = payload
  if (typeof sub !== 'string' || sub === '') return refuse('token-missing-sub')
  if (sub.startsWith('mch_')) return refuse('token-type-mismatch')
  if (typeof sid !== 'string' || sid === '') return refuse('token-missing-sid')
  if (!isIdentifier(sub) || !isIdentifier(sid)) return refuse('token-invalid-claims')
  if (!includes(expected.issuers, iss)) return refuse('token-invalid-issuer')
  if (expected.authorizedParties.length > 0 && !includes(expected.authorizedParties, azp)) {
    return refuse('token-invalid-authorized-parties')
  }
  if (expected.audiences.length > 0 && !audienceMatches(aud, expected.audiences)) {
    return refuse('token-invalid-audience')
  }
  const times = checkTimes(payload, nowMs)
  if (!times.ok) return times
  if (sts === 'pending') return refuse('session-pending')
  if (sts !== undefined && sts !== 'active') return refuse('token-invalid-claims')
  return times
}

/** The part of {@link checkClaims} whose answer changes with time: `exp`, `nbf`, `iat`. */
export function checkTimes(payload: Claims, nowMs: number): Result<TokenTimes, Refusal> {
  const times = readTimes(payload)
  if (!times.ok) return times
  const { exp, nbf, iat } = times.value
  // A fraction of a second is no longer life: Clerk's own clock cuts it off.
  if (Math.trunc(exp) * 1000 <= nowMs - skewMs) return refuse('token-expired')
  if (nbf !== undefined && nbf * 1000 > nowMs + skewMs) return refuse('token-not-active-yet')
  if (iat * 1000 > nowMs + skewMs) return refuse('token-iat-in-the-future')
  return times
}

/** Ids go into headers and are compared by origins: only what every reader reads alike (Clerk's are `user_…`). */
export function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]{1,255}$/.test(value)
}

function includes(accepted: readonly string[], value: unknown): value is string {
  return typeof value === 'string' && accepted.includes(value)
}

function audienceMatches(aud: unknown, accepted: readonly string[]): boolean {
  return (Array.isArray(aud) ? aud : [aud]).some((one) => includes(accepted, one))
}
