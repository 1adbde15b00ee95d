import type { HeaderReader } from '../model/asking.ts'
import type { Carrier, Claims } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { type CookieOwner, findSessionCookie } from './cookies.ts'
import { cutFrom, tokenMaxBytes } from './jwt.ts'
import { findProtocol } from './subprotocol.ts'

/** A token as it was found: nothing about it is verified. */
export interface Credential {
  readonly token: string
  readonly carrier: Carrier
}

/** `undefined` where there is none; one that is there but wrong is a refusal. */
type Found = Result<Credential, Refusal> | undefined

const bearerScheme = /^\s*bearer(?:\s|$)/i
const singleBearer = /^bearer +([^\s,]+)$/i

/** What of an instance and of a moment says whether a cookie counts. */
interface Seeker {
  readonly issuer: CookieOwner
  readonly nowMs: number
}

type Sought = Result<Credential | undefined, Refusal>

/**
 * The one credential of a request: of the places where it may be, in their order, the first that has
 * something decides, be it good or bad. The query is none of them: addresses are logged and shared.
 * Nothing is waited for but where a cookie has to be looked at.
 */
export function findCredential(
  headers: HeaderReader,
  carriers: readonly Carrier[],
  seeker: Seeker,
): Sought | Promise<Sought> {
  for (const [index, carrier] of carriers.entries()) {
    const cookie = carrier === 'cookie' ? headers.get('cookie') : null
    if (cookie !== null) {
      const others = carriers.slice(index + 1)
      return findCookie(cookie, seeker).then((found) =>
        found === undefined ? findCredential(headers, others, seeker) : bounded(found),
      )
    }
    const found = carrier === 'cookie' ? undefined : findIn(carrier, headers)
    if (found !== undefined) return bounded(found)
  }
  return ok(undefined)
}

/** What is longer than any token was not looked at, and is not to be remembered. */
function bounded(found: Result<Credential, Refusal>): Sought {
  const isTooLarge = found.ok && found.value.token.length > tokenMaxBytes
  return isTooLarge ? refuse('token-too-large') : found
}

function findIn(carrier: Exclude<Carrier, 'cookie'>, headers: HeaderReader): Found {
  switch (carrier) {
    case 'bearer':
      return findBearer(headers)
    case 'subprotocol':
      return findProtocol(headers)
    default:
      return findHeader(headers, carrier)
  }
}

async function findCookie(header: string, { issuer, nowMs }: Seeker): Promise<Found> {
  const token = await findSessionCookie(header, issuer, nowMs)
  if (!token.ok) return token
  return token.value === undefined ? undefined : ok({ token: token.value, carrier: 'cookie' })
}

/** The whole of a header of this name is the token. The runtime joins two lines with a comma. */
function findHeader(headers: HeaderReader, carrier: `x-${string}`): Found {
  const value = headers.get(carrier) ?? ''
  const token = value.trim()
  if (token === '') return undefined
  if (token.includes(',')) return refuse('token-ambiguous')
  return /\s/.test(token) ? refuse('token-invalid') : ok({ token: cutFrom(value, token), carrier })
}

/**
 * The token of `Authorization: Bearer` (RFC 6750 section 2.1, the scheme in any case). `undefined` when
 * there is none; other schemes do not count. One that is there but wrong is a refusal, never a reason to
 * look further.
 */
export function findBearer(headers: HeaderReader): Result<Credential, Refusal> | undefined {
  const authorization = headers.get('authorization')
  if (authorization === null) return undefined
  const token = singleBearer.exec(authorization)?.[1]
  if (token !== undefined) return ok({ token: cutFrom(authorization, token), carrier: 'bearer' })
  // The runtime joins header lines with commas, so a bearer token may stand behind another scheme.
  if (!authorization.split(',').some((part) => bearerScheme.test(part))) return undefined
  return refuse(authorization.includes(',') ? 'token-ambiguous' : 'token-invalid')
}

const opaqueToken = /\b(?:ak|mt|oat)_/
/** It begins only where such characters begin: tried at each of them, it would take the square of their number. */
const jwtLike = /(?<![\w+/=-])([\w+/=-]+)\.([\w+/=-]+)\.[\w+/=-]*/g

/**
 * Whether the value of a header has the shape of a Clerk credential, whatever its scheme: an opaque
 * `ak_`, `mt_` or `oat_` token, an OAuth access token, or a JWT that names one of `issuers`. It reads as
 * loosely as any origin might, and a JWT that cannot be read counts.
 */
export function looksLikeClerk(value: string, issuers: readonly string[]): boolean {
  if (opaqueToken.test(value)) return true
  return [...value.matchAll(jwtLike)].some(([, first = '', second = '']) => {
    const header = readLoosely(first)
    if (header === undefined) return false
    const payload = readLoosely(second)
    const isAccessToken = /at\+jwt$/i.test(String(header.typ))
    return payload === undefined || isAccessToken || issuers.includes(String(payload.iss))
  })
}

function readLoosely(part: string): Claims | undefined {
  try {
    const parsed: unknown = JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Claims) : undefined
  } catch {
    return undefined
  }
}
