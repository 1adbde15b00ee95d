import type {
  ActiveOrganization,
  Claims,
  Entitlements,
  Identified,
  Machine,
  User,
} from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { isAbsent, isIdentifier, machineScopesOf, type TokenTimes } from './claims.ts'
import type { JwtType } from './token-type.ts'

/** A token whose claims are acceptable, and when it holds. */
export interface Accepted {
  readonly type: JwtType
  readonly token: string
  readonly claims: Claims
  readonly times: TokenTimes
}

/** Whom an accepted token describes. Claims that cannot be read are refused, never read as nothing. */
export function readPrincipal(accepted: Accepted): Result<Identified, Refusal> {
  const read = readers[accepted.type](accepted)
  return read === 'unreadable' ? refuse('token-invalid-claims') : ok(read)
}

type Reader<T> = (accepted: Accepted) => T | 'unreadable'

const readers: Readonly<Record<JwtType, Reader<Identified>>> = {
  session_token: readSession,
  jwt_template: readTemplate,
  oauth_token: readAccessToken,
  m2m_token: readMachine,
}

/**
 * Version 1 (`org_id`, `org_role`, …) and version 2 (`v: 2`, `o`, `fea`) of Clerk's claims give the same.
 *
 * @see https://clerk.com/docs/guides/sessions/session-tokens
 */
function readSession(accepted: Accepted): User | 'unreadable' {
  const { claims } = accepted
  const user = readUser(accepted)
  const organization = readOrganization(claims)
  if (user === 'unreadable' || organization === 'unreadable') return 'unreadable'
  return {
    ...user,
    organization,
    features: readEntitlements(claims.fea),
    plans: readEntitlements(claims.pla),
    factorAges: readFactorAges(claims.fva),
  }
}

/** What else stands in it is up to whoever wrote the template: it is no organisation and no factor. */
function readTemplate(accepted: Accepted): User | 'unreadable' {
  return readUser(accepted)
}

/** RFC 9068 section 2.2; Clerk also writes the scopes as a list, `scp`. */
function readAccessToken(accepted: Accepted): User | 'unreadable' {
  const user = readUser(accepted)
  const { scp, scope = '', client_id: clientId } = accepted.claims
  const scopes = scp ?? (typeof scope === 'string' ? scope.split(' ').filter(isName) : undefined)
  // Origins are told scopes with blanks between them (RFC 6749 section 3.3), so none has one in it.
  const isReadable = isNames(scopes) && scopes.every(isIdentifier)
  if (user === 'unreadable' || !isReadable || !isOptionalName(clientId)) return 'unreadable'
  return { ...user, sessionId: undefined, scopes, clientId: clientId ?? undefined }
}

function readMachine(accepted: Accepted): Machine {
  return {
    kind: 'machine',
    subject: String(accepted.claims.sub),
    ...accreditationOf(accepted),
    scopes: machineScopesOf(accepted.claims),
  }
}

function readUser(accepted: Accepted): User | 'unreadable' {
  const { sub, sid, act } = accepted.claims
  const actor = readActor(act)
  if (actor === 'unreadable') return 'unreadable'
  return {
    kind: 'user',
    userId: String(sub),
    sessionId: isName(sid) ? sid : undefined,
    actor: actor?.subject,
    clientId: undefined,
    features: undefined,
    plans: undefined,
    factorAges: undefined,
    ...accreditationOf(accepted),
  }
}

function accreditationOf({ type, token, claims, times }: Accepted) {
  return {
    tokenType: type,
    tokenId: isName(claims.jti) ? claims.jti : undefined,
    organization: undefined,
    scopes: [],
    issuedAtSeconds: times.iat,
    expiresAtSeconds: times.exp,
    claims,
    token,
  }
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
  const features = splitByScope(claims.fea)
  if (features === 'unreadable') return 'unreadable'
  return {
    id,
    slug: isName(slg) ? slg : undefined,
    role: isName(rol) ? `org:${rol}` : undefined,
    permissions: unpackPermissions(namesOf(features, organizationScopes), list(per), list(fpm)),
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
const userScopes: readonly string[] = ['u', 'ou', 'uo']

/** `o:reports,u:export,ou:search`. One that is not there or cannot be read says nothing, not "none". */
function readEntitlements(claim: unknown): Entitlements | undefined {
  const elements = isName(claim) ? splitByScope(claim) : 'unreadable'
  if (elements === 'unreadable') return undefined
  return {
    organization: namesOf(elements, organizationScopes),
    user: namesOf(elements, userScopes),
  }
}

interface Scoped {
  readonly scope: string
  readonly name: string
}

function splitByScope(claim: unknown): readonly Scoped[] | 'unreadable' {
  const elements = list(claim).map((element) => ({ element, colon: element.indexOf(':') }))
  if (elements.some(({ colon }) => colon === -1)) return 'unreadable'
  return elements.map(({ element, colon }) => ({
    scope: element.slice(0, colon),
    name: element.slice(colon + 1),
  }))
}

function namesOf(elements: readonly Scoped[], scopes: readonly string[]): string[] {
  return elements.filter(({ scope }) => scopes.includes(scope)).map(({ name }) => name)
}

/** Clerk's `fva`: two numbers of minutes, of which -1 stands for a factor that is not enrolled. */
function readFactorAges(fva: unknown): readonly [number, number] | undefined {
  const [first, second, ...others]: readonly unknown[] = Array.isArray(fva) ? fva : []
  return isFactorAge(first) && isFactorAge(second) && others.length === 0
    ? [first, second]
    : undefined
}

function isFactorAge(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && (value === -1 || value >= 0)
}

function readActor(act: unknown): Reading<{ subject: string }> {
  if (isAbsent(act)) return undefined
  const subject = typeof act === 'object' ? (act as Claims).sub : undefined
  return isIdentifier(subject) ? { subject } : 'unreadable'
}

function list(value: unknown): string[] {
  return isName(value) ? value.split(',').map((part) => part.trim()) : []
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
