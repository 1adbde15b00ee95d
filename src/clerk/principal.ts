import type { ActiveOrganization, Claims, User } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { isIdentifier, type TokenTimes } from './claims.ts'

/**
 * The person whom the claims of a verified session token describe. Version 1 (`org_id`, `org_role`, …)
 * and version 2 (`v: 2`, `o`, `fea`) of Clerk's claims give the same principal. Claims that cannot be
 * read are refused rather than read as "no organisation".
 *
 * @see https://clerk.com/docs/guides/sessions/session-tokens
 */
export function readPrincipal(
  claims: Claims,
  times: TokenTimes,
  token: string,
): Result<User, Refusal> {
  const organization = readOrganization(claims)
  if (organization === 'unreadable') return refuse('token-invalid-claims')
  const actor = readActor(claims.act)
  if (actor === 'unreadable') return refuse('token-invalid-claims')
  return ok({
    kind: 'user',
    userId: String(claims.sub),
    sessionId: String(claims.sid),
    organization,
    actor: actor?.subject,
    issuedAtSeconds: times.iat,
    expiresAtSeconds: times.exp,
    claims,
    token,
  })
}

type Reading<T> = T | undefined | 'unreadable'

/** A version that is not known, or the words of one in another, must not be read as "no organisation". */
function readOrganization(claims: Claims): Reading<ActiveOrganization> {
  if (claims.v === 2) return readVersion2(claims)
  const isVersion1 = isAbsent(claims.v) || claims.v === 1
  return isVersion1 && isAbsent(claims.o) ? readVersion1(claims) : 'unreadable'
}

function readVersion1(claims: Claims): Reading<ActiveOrganization> {
  const { org_id: id, org_slug: slug, org_role: role, org_permissions: permissions } = claims
  if (isAbsent(id)) return undefined
  const names = isAbsent(permissions) ? [] : permissions
  if (!isIdentifier(id) || !isOptionalName(slug) || !isOptionalName(role) || !isNames(names)) {
    return 'unreadable'
  }
  return { id, slug: slug ?? undefined, role: role ?? undefined, permissions: names }
}

function readVersion2(claims: Claims): Reading<ActiveOrganization> {
  if (isAbsent(claims.o)) return undefined
  if (typeof claims.o !== 'object' || claims.o === null) return 'unreadable'
  const { id, slg, rol, per, fpm } = claims.o as Claims
  if (!isIdentifier(id) || ![slg, rol, per, fpm, claims.fea].every(isOptionalName))
    return 'unreadable'
  const features = organizationFeatures(claims.fea)
  if (features === 'unreadable') return 'unreadable'
  return {
    id,
    slug: isName(slg) ? slg : undefined,
    role: isName(rol) ? `org:${rol}` : undefined,
    permissions: unpackPermissions(features, list(per), list(fpm)),
  }
}

/**
 * Clerk packs permissions: the n-th feature of the organisation belongs to the n-th number of `fpm`,
 * whose bits, lowest first, say which of the words in `per` the role has for it.
 */
function unpackPermissions(
  features: readonly string[],
  words: readonly string[],
  maps: readonly string[],
): string[] {
  return features.flatMap((feature, index) => {
    const map = maps[index] ?? ''
    const bits = /^\d+$/.test(map) ? BigInt(map) : 0n
    return words
      .filter((_, bit) => (bits >> BigInt(bit)) & 1n)
      .map((word) => `org:${feature}:${word}`)
  })
}

const organizationScopes: readonly string[] = ['o', 'ou', 'uo']

/** The features of the organisation among `o:reports,u:export,uo:search`, in their order. */
function organizationFeatures(fea: unknown): string[] | 'unreadable' {
  const elements = list(fea).map((element) => ({ element, colon: element.indexOf(':') }))
  if (elements.some(({ colon }) => colon === -1)) return 'unreadable'
  return elements
    .filter(({ element, colon }) => organizationScopes.includes(element.slice(0, colon)))
    .map(({ element, colon }) => element.slice(colon + 1))
}

function readActor(act: unknown): Reading<{ subject: string }> {
  if (isAbsent(act)) return undefined
  const subject = typeof act === 'object' ? (act as Claims).sub : undefined
  return isIdentifier(subject) ? { subject } : 'unreadable'
}

function list(value: unknown): string[] {
  return isName(value) ? value.split(',').map((part) => part.trim()) : []
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isOptionalName(value: unknown): value is string | undefined | null {
  return isAbsent(value) || typeof value === 'string'
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isName)
}
