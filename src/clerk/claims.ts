import type { Claims } from '../model/principal.ts'
import { type Refusal, type RefusalCode, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { isMachine, type JwtType } from './token-type.ts'

/** How far the clock of the issuer and ours may differ, either way. Clerk's own default. */
export const skewMs = 5000

/** What tokens must agree with. One record with the keys: see {@link Issuer}. */
export interface Expectations {
  /** Accepted values of `iss`; never empty. */
  readonly issuers: readonly string[]
  /** Accepted values of `azp`; empty when `azp` is not checked. */
  readonly authorizedParties: readonly string[]
  /** Whether a session token may lack `azp`, because something else showed that it is from here. */
  readonly mayLackParty?: boolean
  /** Accepted values of `aud`; empty when `aud` is not checked. */
  readonly audiences: readonly string[]
  /** The machine that this gateway is at Clerk: a machine's token must name it. */
  readonly machineId?: string | undefined
}

/** The times of a token, in seconds since the epoch. */
export interface TokenTimes {
  readonly exp: number
  readonly iat: number
  readonly nbf: number | undefined
}

const kidShape = /^[\w.~:+/=-]{1,256}$/

/**
 * The name of the key in a header, after what else in it does not need a key: `crit`, which must be
 * refused when not understood (RFC 7515 section 4.1.11; nothing is understood here).
 */
export function readKid(header: Claims): Result<string, Refusal> {
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

type Rule = (payload: Claims, expected: Expectations) => RefusalCode | undefined

/** What the claims of each kind of JWT have to meet beside their times, in this order. */
const rules: Readonly<Record<JwtType, readonly Rule[]>> = {
  session_token: [personIsNamed, sessionIsNamed, issuerIsOurs, partyIsListed, audienceIsOurs],
  jwt_template: [personIsNamed, issuerIsOurs, partyIsListedIfAny, audienceIsOurs],
  oauth_token: [personIsNamed, issuerIsOurs, audienceIsOurs],
  m2m_token: [machineIsNamed, issuerIsOurs, machineIsMeant],
}

/**
 * Whether the claims of a token whose signature held are acceptable at `nowMs` for a token of its type.
 * In this order: `sub`, `sid`, `iss`, `azp`, `aud` (or the machines that it is for), `exp`, `nbf`, `iat`, `sts`.
 */
export function checkClaims(
  { type, claims }: { readonly type: JwtType; readonly claims: Claims },
  expected: Expectations,
  nowMs: number,
): Result<TokenTimes, Refusal> {
  for (const rule of rules[type]) {
    const code = rule(claims, expected)
    if (code !== undefined) return refuse(code)
  }
  const times = checkTimes(claims, nowMs)
  if (!times.ok || type === 'oauth_token' || type === 'm2m_token') return times
  const { sts } = claims
  if (sts === 'pending') return refuse('session-pending')
  if (sts !== undefined && sts !== 'active') return refuse('token-invalid-claims')
  return times
}

function personIsNamed({ sub, sid }: Claims): RefusalCode | undefined {
  if (typeof sub !== 'string' || sub === '') return 'token-missing-sub'
  if (isMachine(sub)) return 'token-type-mismatch'
  const isReadable = isIdentifier(sub) && (isAbsent(sid) || sid === '' || isIdentifier(sid))
  return isReadable ? undefined : 'token-invalid-claims'
}

function sessionIsNamed({ sid }: Claims): RefusalCode | undefined {
  return typeof sid === 'string' && sid !== '' ? undefined : 'token-missing-sid'
}

function machineIsNamed({ sub }: Claims): RefusalCode | undefined {
  return isMachine(sub) && isIdentifier(sub) ? undefined : 'token-type-mismatch'
}

function issuerIsOurs({ iss }: Claims, { issuers }: Expectations): RefusalCode | undefined {
  return includes(issuers, iss) ? undefined : 'token-invalid-issuer'
}

function partyIsListed({ azp }: Claims, expected: Expectations): RefusalCode | undefined {
  if (expected.authorizedParties.length === 0) return undefined
  if (expected.mayLackParty && azp === undefined) return undefined
  const isListed = includes(expected.authorizedParties, azp)
  return isListed ? undefined : 'token-invalid-authorized-parties'
}

/** A backend that asks for a template's token belongs to no frontend. */
function partyIsListedIfAny(payload: Claims, expected: Expectations): RefusalCode | undefined {
  return payload.azp === undefined ? undefined : partyIsListed(payload, expected)
}

function audienceIsOurs({ aud }: Claims, { audiences }: Expectations): RefusalCode | undefined {
  if (audiences.length === 0 || audienceMatches(aud, audiences)) return undefined
  return 'token-invalid-audience'
}

function machineIsMeant(payload: Claims, { machineId }: Expectations): RefusalCode | undefined {
  const isMeant = machineId !== undefined && machineScopesOf(payload).includes(machineId)
  return isMeant ? undefined : 'token-other-machine'
}

/** The machines that a machine's JWT is for: `scopes` with blanks between them, or `aud` where there are none. */
export function machineScopesOf({ scopes, aud }: Claims): readonly string[] {
  if (typeof scopes === 'string') return scopes.split(' ').filter(isIdentifier)
  if (scopes !== undefined) return []
  const listed: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return listed.filter(isIdentifier)
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

/** Whether a claim is not there, or null, which some issuers write for that. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

function includes(accepted: readonly string[], value: unknown): value is string {
  return typeof value === 'string' && accepted.includes(value)
}

function audienceMatches(aud: unknown, accepted: readonly string[]): boolean {
  return (Array.isArray(aud) ? aud : [aud]).some((one) => includes(accepted, one))
}
