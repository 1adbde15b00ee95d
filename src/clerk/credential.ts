import type { Carrier, Claims } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Issuer } from './issuer.ts'

/** A token as it was found: nothing about it is verified. */
export interface Credential {
  readonly token: string
  readonly carrier: Carrier
}

const bearerScheme = /^\s*bearer(?:\s|$)/i
const singleBearer = /^bearer +([^\s,]+)$/i
const clerkCookies = /^__(?:session|client|refresh|clerk)(?:_|$)/
const sessionCookie = '__session'

/**
 * The token of `Authorization: Bearer` (RFC 6750 section 2.1, the scheme in any case). `undefined` when
 * there is none; other schemes do not count. One that is there but wrong is a refusal, never a reason to
 * look further.
 */
export function findBearer(headers: Headers): Result<Credential, Refusal> | undefined {
  const authorization = headers.get('authorization')
  if (authorization === null) return undefined
  const token = singleBearer.exec(authorization)?.[1]
  if (token !== undefined) return ok({ token, carrier: 'header' })
  // The runtime joins header lines with commas, so a bearer token may stand behind another scheme.
  if (!authorization.split(',').some((part) => bearerScheme.test(part))) return undefined
  return refuse(authorization.includes(',') ? 'token-ambiguous' : 'token-invalid')
}

/** The token of the `__session` cookie, where authorised parties are configured. */
export async function findCookie(
  headers: Headers,
  issuer: Pick<Issuer, 'authorizedParties' | 'cookieSuffix'>,
): Promise<Result<Credential | undefined, Refusal>> {
  const header = headers.get('cookie')
  if (header === null || issuer.authorizedParties.length === 0) return ok(undefined)
  return findSessionCookie(header, await issuer.cookieSuffix())
}

/** The suffixed cookie belongs to this instance alone, so it goes first. Copies that differ are refused. */
function findSessionCookie(
  header: string,
  suffix: string | undefined,
): Result<Credential | undefined, Refusal> {
  const names =
    suffix === undefined ? [sessionCookie] : [`${sessionCookie}_${suffix}`, sessionCookie]
  const crumbs = splitCookies(header).flatMap((crumb) => crumb.parts)
  for (const name of names) {
    const values = new Set(crumbs.filter((part) => part.name === name).map((part) => part.value))
    if (values.size > 1) return refuse('token-ambiguous')
    const [token] = values
    if (token !== undefined && token !== '') return ok({ token: flat(token), carrier: 'cookie' })
  }
  return ok(undefined)
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

const opaqueToken = /\b(?:ak|mt|oat)_/
/** It begins only where such characters begin: tried at each of them, it would take the square of their number. */
const jwtLike = /(?<![\w+/=-])([\w+/=-]+)\.([\w+/=-]+)\.[\w+/=-]*/g

/**
 * Whether an `Authorization` value has the shape of a Clerk credential, whatever its scheme: an opaque
 * `ak_`, `mt_` or `oat_` token, an OAuth access token, or a JWT that names one of `issuers`. It reads as
 * loosely as any origin might, and a JWT that cannot be read counts.
 */
export function looksLikeClerk(authorization: string, issuers: readonly string[]): boolean {
  if (opaqueToken.test(authorization)) return true
  return [...authorization.matchAll(jwtLike)].some(([, first = '', second = '']) => {
    const header = readLoosely(first)
    if (header === undefined) return false
    const payload = readLoosely(second)
    const isAccessToken = /at\+jwt$/i.test(String(header.typ))
    return payload === undefined || isAccessToken || issuers.includes(String(payload.iss))
  })
}

function readLoosely(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')))
    return typeof value === 'object' && value !== null ? (value as Claims) : undefined
  } catch {
    return undefined
  }
}
