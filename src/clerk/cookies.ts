import type { Claims } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Issuer } from './issuer.ts'
import { cutFrom, decodeToken } from './jwt.ts'

/** What of an instance says which cookies are its own. */
export type CookieOwner = Pick<
  Issuer,
  'issuers' | 'authorizedParties' | 'cookieSuffix' | 'isProduction'
>

/** Clerk's, and Usher's own: by which a caller is led to the same member of an origin, and the operators' bookmark. */
const ownCookies = /^__(?:(?:session|client|refresh|clerk)(?:_|$)|Host-usher-|usher_bookmark$)/
const sessionCookie = '__session'
const updateCookie = '__client_uat'
/** What {@link updateCookie} says when nobody is signed in. */
const signedOut = '0'

/**
 * Clerk's cookies come in two families: with the suffix of their instance, and without it, which is how
 * older scripts of Clerk's write them and every other instance on the same domain does too.
 */
export interface Family {
  readonly session: string | undefined
  /** When the client last changed, in seconds. */
  readonly updatedAt: string | undefined
}

/** Both families, in one of the ways to read them. */
interface Families {
  readonly plain: Family
  readonly suffixed: Family
}

/** Whoever sends so many copies of a cookie that there are more ways to read them is not sent a browser's. */
const readingsMax = 64

/**
 * The session token among the cookies, where authorised parties are configured. Where there are copies of a
 * cookie that differ, each may be the one that counts: it is refused unless all of them come to the same,
 * for nothing says which is stale, or planted by a sibling domain.
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
  const plains = readFamily(crumbs, '')
  const suffixeds = suffix === undefined ? [noFamily] : readFamily(crumbs, `_${suffix}`)
  if (plains.length * suffixeds.length > readingsMax) return refuse('token-ambiguous')
  const [token, ...others] = new Set(
    plains.flatMap((plain) =>
      suffixeds.map((suffixed) => chooseToken({ plain, suffixed }, owner, nowMs)),
    ),
  )
  if (others.length > 0) return refuse('token-ambiguous')
  return ok(token && cutFrom(header, token))
}

/** Where the suffix of the instance is not known. */
const noFamily: Family = { session: undefined, updatedAt: undefined }

/** Every way to read a family: there is more than one only where copies differ. */
function readFamily(crumbs: readonly CookiePart[], ending: string): readonly Family[] {
  const updates = valuesOf(crumbs, updateCookie + ending)
  return valuesOf(crumbs, sessionCookie + ending).flatMap((session) =>
    updates.map((updatedAt) => ({ session, updatedAt })),
  )
}

function valuesOf(crumbs: readonly CookiePart[], name: string): readonly (string | undefined)[] {
  const values = new Set(crumbs.filter((one) => one.name === name).map((one) => one.value))
  return values.size === 0 ? [undefined] : [...values].map((value) => value || undefined)
}

function chooseToken(families: Families, owner: CookieOwner, nowMs: number): string | undefined {
  const { plain, suffixed } = families
  if (plain.session === undefined && suffixed.session === undefined) return undefined
  const { session, updatedAt } = chooseFamily(families, owner, nowMs)
  return updatedAt === signedOut ? undefined : session
}

function chooseFamily(families: Families, owner: CookieOwner, nowMs: number): Family {
  const { plain, suffixed } = families
  return suffixed !== noFamily && usesSuffixed(families, owner, nowMs) ? suffixed : plain
}

/** What the first copies of the cookies say of the browser: its session, and when its client last changed. */
export async function readClient(
  header: string,
  owner: CookieOwner,
  nowMs: number,
): Promise<Family> {
  const suffix = await owner.cookieSuffix()
  const crumbs = splitCookies(header).flatMap((crumb) => crumb.parts)
  const [plain = noFamily] = readFamily(crumbs, '')
  const [suffixed = noFamily] = suffix === undefined ? [] : readFamily(crumbs, `_${suffix}`)
  const isOne = plain.session === suffixed.session && plain.updatedAt !== signedOut
  const isUpdated = suffixed.updatedAt !== undefined && suffixed.updatedAt !== signedOut
  // Which token counts is all one then; when its client changed is what Clerk says, not its script.
  return isOne && isUpdated ? suffixed : chooseFamily({ plain, suffixed }, owner, nowMs)
}

/** The cookies of a header by their names; of copies the first. */
export function readCookies(header: string): ReadonlyMap<string, string> {
  const crumbs = splitCookies(header).flatMap((crumb) => crumb.parts)
  return new Map(crumbs.toReversed().map(({ name, value }) => [name, value]))
}

/**
 * Which family counts, rule by rule as Clerk decides it (`usesSuffixedCookies` in @clerk/backend's
 * tokens/authenticateContext.ts). What the tokens say is not verified yet: it only chooses between them.
 */
function usesSuffixed({ plain, suffixed }: Families, owner: CookieOwner, nowMs: number): boolean {
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

/** A `Cookie` header without what only Clerk and Usher are to see, or `undefined` when nothing is left. */
export function withoutClerkCookies(header: string): string | undefined {
  return header.includes('__') ? withoutCookies(header, (name) => ownCookies.test(name)) : header
}

/** What an origin may see that is shown credentials; the others last longer than a minute, or renew themselves. */
const shownCookies = /^__(?:session|client_uat)(?:_|$)/

/** A `Cookie` header with nothing of Clerk's and Usher's but the session, or `undefined` when nothing is left. */
export function withoutLastingCookies(header: string): string | undefined {
  if (!header.includes('__')) return header
  return withoutCookies(header, (name) => ownCookies.test(name) && !shownCookies.test(name))
}

/**
 * A `Cookie` header without some of its cookies, or `undefined` when nothing is left. Everything else keeps
 * its spelling (bytes that are no UTF-8 do not survive a rewrite).
 */
export function withoutCookies(
  header: string,
  isRemoved: (name: string) => boolean,
): string | undefined {
  const kept = splitCookies(header)
    .map(({ parts }) => parts.filter((part) => !isRemoved(part.name)))
    .filter((parts) => parts.length > 0)
    .map((parts) => parts.map((part) => part.text).join(','))
  return kept.length > 0 ? kept.join(';').trim() : undefined
}

/**
 * Whether the name and value that a `Set-Cookie` begins with come back as a cookie of Clerk's or Usher's
 * own. One without a name comes back as its value alone, and a comma is read as the end of a cookie.
 */
export function setsOwnCookie(pair: string): boolean {
  if (!pair.includes('__')) return false
  return splitCookies(pair.replace(/^[\s=]+/, '')).some(({ parts }) =>
    parts.some(({ name }) => ownCookies.test(name.replace(/^__(?:Host|Secure)-(?=__)/i, ''))),
  )
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
