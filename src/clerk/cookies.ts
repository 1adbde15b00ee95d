import type { Claims } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Issuer } from './issuer.ts'
import { decodeToken } from './jwt.ts'

/** What of an instance says which cookies are its own. */
export type CookieOwner = Pick<
  Issuer,
  'issuers' | 'authorizedParties' | 'cookieSuffix' | 'isProduction'
>

const clerkCookies = /^__(?:session|client|refresh|clerk)(?:_|$)/
const sessionCookie = '__session'
const updateCookie = '__client_uat'
/** What {@link updateCookie} says when nobody is signed in. */
const signedOut = '0'

/**
 * Clerk's cookies come in two families: with the suffix of their instance, and without it, which is how
 * older scripts of Clerk's write them and every other instance on the same domain does too.
 */
interface Family {
  readonly session: string | undefined
  /** When the client last changed, in seconds. */
  readonly updatedAt: string | undefined
  /** Whether there are copies of one of them that differ. */
  readonly isAmbiguous: boolean
}

/**
 * The session token among the cookies, where authorised parties are configured. Copies of one cookie that
 * differ are refused: nothing says which of them is stale, or planted by a sibling domain.
 *
 * A missing `__client_uat` says nothing here, though Clerk's own middleware takes it for "signed out":
 * API clients and tests send the session alone, and the token ends by itself within a minute.
 */
export async function findSessionCookie(
  header: string,
  owner: CookieOwner,
  nowMs: number,
): Promise<Result<string | undefined, Refusal>> {
  if (owner.authorizedParties.length === 0 || !header.includes(sessionCookie)) return ok(undefined)
  const suffix = await owner.cookieSuffix()
  const crumbs = splitCookies(header).flatMap((crumb) => crumb.parts)
  const plain = readFamily(crumbs, '')
  const suffixed = suffix === undefined ? noFamily : readFamily(crumbs, `_${suffix}`)
  if (plain.session === undefined && suffixed.session === undefined) return ok(undefined)
  if (plain.isAmbiguous || suffixed.isAmbiguous) return refuse('token-ambiguous')
  const isSuffixed = suffix !== undefined && usesSuffixed({ plain, suffixed }, owner, nowMs)
  const { session, updatedAt } = isSuffixed ? suffixed : plain
  return ok(session === undefined || updatedAt === signedOut ? undefined : flat(session))
}

const noFamily: Family = { session: undefined, updatedAt: undefined, isAmbiguous: false }

function readFamily(crumbs: readonly CookiePart[], ending: string): Family {
  function distinct(name: string): readonly string[] {
    return [...new Set(crumbs.filter((one) => one.name === name).map((one) => one.value))]
  }
  const [sessions, updates] = [distinct(sessionCookie + ending), distinct(updateCookie + ending)]
  return {
    session: sessions.find((value) => value !== ''),
    updatedAt: updates.find((value) => value !== ''),
    isAmbiguous: sessions.length > 1 || updates.length > 1,
  }
}

/**
 * Which family counts, rule by rule as Clerk decides it (`usesSuffixedCookies` in @clerk/backend's
 * tokens/authenticateContext.ts). What the tokens say is not verified yet: it only chooses between them.
 */
function usesSuffixed(
  { plain, suffixed }: { readonly plain: Family; readonly suffixed: Family },
  owner: CookieOwner,
  nowMs: number,
): boolean {
  const isSignedOut = plain.updatedAt === signedOut
  const isSuffixedSignedOut = suffixed.updatedAt === signedOut
  // The usual case: today's script writes one token under both names, and nobody needs to look inside.
  if (plain.session === suffixed.session && !isSignedOut && !isSuffixedSignedOut) return false
  const claims = peek(plain.session)
  if (plain.session !== undefined) {
    if (!claims?.iss) return false
    if (!owner.issuers.some((issuer) => withoutScheme(issuer) === withoutScheme(claims.iss))) {
      return true
    }
  }
  if (suffixed.session === undefined && suffixed.updatedAt === undefined) return false
  const suffixedClaims = peek(suffixed.session)
  // Signed in by both: the newer one.
  const isNewer = secondsOf(claims?.iat) > secondsOf(suffixedClaims?.iat)
  if (!isSuffixedSignedOut && !isSignedOut && isNewer) return false
  if (isSuffixedSignedOut && !isSignedOut) return false
  // In development an older script does not keep the suffixed cookies up to date when it signs out.
  if (!owner.isProduction && !isSuffixedSignedOut && isSignedOut) {
    if (suffixedClaims !== undefined && hasEnded(suffixedClaims, nowMs)) return false
  }
  return suffixed.session === undefined || suffixed.updatedAt !== undefined
}

function peek(token: string | undefined): Claims | undefined {
  const decoded = token === undefined ? undefined : decodeToken(token)
  return decoded?.ok ? decoded.value.payload : undefined
}

function withoutScheme(issuer: unknown): string {
  return String(issuer).replaceAll(/https?:\/\//gi, '')
}

function secondsOf(iat: unknown): number {
  return typeof iat === 'number' ? iat : 0
}

function hasEnded({ exp }: Claims, nowMs: number): boolean {
  return typeof exp === 'number' && exp <= Math.floor(nowMs / 1000)
}

/** A copy that does not keep alive all the cookies it was cut from: tokens are remembered. */
function flat(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text))
}

/**
 * A `Cookie` header without Clerk's cookies, or `undefined` when nothing is left. Everything else keeps
 * its spelling (bytes that are no UTF-8 do not survive a rewrite).
 */
export function withoutClerkCookies(header: string): string | undefined {
  if (!header.includes('__')) return header
  const kept = splitCookies(header)
    .map(({ parts }) => parts.filter((part) => !clerkCookies.test(part.name)))
    .filter((parts) => parts.length > 0)
    .map((parts) => parts.map((part) => part.text).join(','))
  return kept.length > 0 ? kept.join(';').trim() : undefined
}

interface CookiePart {
  readonly text: string
  readonly name: string
  readonly value: string
}

/**
 * Splits at semicolons and, inside, at commas: workerd joins two `Cookie` lines with a comma, so what
 * looks like the end of one value may be the session cookie of the next line.
 */
function splitCookies(header: string): { parts: CookiePart[] }[] {
  return header.split(';').map((crumb) => ({ parts: crumb.split(',').map(readPart) }))
}

function readPart(text: string): CookiePart {
  const equals = text.indexOf('=')
  const name = equals === -1 ? text : text.slice(0, equals)
  return { text, name: name.trim(), value: equals === -1 ? '' : text.slice(equals + 1).trim() }
}
