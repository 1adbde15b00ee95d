import type { Claims, Identified, Machine, User } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { type Failure, ok, type Result } from '../model/result.ts'
import { type BackendAnswer, retryAfterOf } from './backend.ts'
import { isIdentifier } from './claims.ts'
import { isObject } from './jwt.ts'
import type { OpaqueType } from './token-type.ts'

/** What Clerk's answers about opaque credentials must agree with. */
export interface OpaqueExpectations {
  /** The machine that this gateway is: a machine's token must name it, whichever key verified it. */
  readonly machineId: string | undefined
  /** Of these an OAuth token must name one; empty when audiences are not checked. */
  readonly audiences: readonly string[]
}

/** There is no such credential, or it cannot be one. */
const unknownStatuses: readonly number[] = [400, 404, 422]

/**
 * Whom an opaque credential vouches for by Clerk's answer at `nowMs`; the token itself is left empty. A 200
 * admits nobody by itself: Clerk also gives it for credentials that were revoked or have expired. What is
 * not an answer of Clerk's, or no sound one, leaves open what the credential is worth.
 */
export function readAnswer(
  { type, nowMs }: { readonly type: OpaqueType; readonly nowMs: number },
  answer: BackendAnswer | undefined,
  expected: OpaqueExpectations,
): Result<Identified, Refusal> {
  if (answer === undefined || !isObject(answer.body)) return unavailable(answer)
  const { status, body } = answer
  if (unknownStatuses.includes(status) && Array.isArray(body.errors)) return refuse('token-unknown')
  if (status !== 200) return unavailable(answer)
  if (body.active === false) return refuse('token-expired')
  const record = readRecord(body, kinds[type])
  if (record === undefined) return unavailable(answer)
  if (record.isRevoked) return refuse('token-revoked')
  if (record.isExpired || record.expiresAtSeconds * 1000 <= nowMs) return refuse('token-expired')
  return readers[type](record, expected)
}

/** What is told when Clerk cannot be asked. */
export function unavailable(answer?: BackendAnswer): Failure<Refusal> {
  return refuse('verification-unavailable', { retryAfterSeconds: retryAfterOf(answer) })
}

interface Kind {
  readonly object: string
  readonly idPrefix: string
  readonly owners: readonly string[]
}

const kinds: Readonly<Record<OpaqueType, Kind>> = {
  api_key: { object: 'api_key', idPrefix: 'ak_', owners: ['user_', 'org_', 'mch_'] },
  m2m_token: { object: 'machine_to_machine_token', idPrefix: 'mt_', owners: ['mch_'] },
  oauth_token: { object: 'clerk_idp_oauth_access_token', idPrefix: 'oat_', owners: ['user_'] },
}

/** What Clerk tells of a credential of any kind. */
interface OpaqueRecord {
  readonly body: Claims
  readonly id: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly claims: Claims
  readonly isRevoked: boolean
  readonly isExpired: boolean
  readonly issuedAtSeconds: number
  readonly expiresAtSeconds: number
}

function readRecord(body: Claims, kind: Kind): OpaqueRecord | undefined {
  const { id, subject, scopes = [], revoked: isRevoked, expired: isExpired } = body
  const claims = body.claims ?? {}
  const issuedAtSeconds = readSeconds(body.created_at)
  const expiresAtSeconds = body.expiration === null ? Infinity : readSeconds(body.expiration)
  if (body.object !== kind.object || !isObject(claims)) return undefined
  if (!isIdentifier(id) || !id.startsWith(kind.idPrefix)) return undefined
  if (!isIdentifier(subject) || !kind.owners.some((one) => subject.startsWith(one)))
    return undefined
  // Origins are told scopes with blanks between them (RFC 6749 section 3.3), so none has one in it.
  if (!Array.isArray(scopes) || !scopes.every(isIdentifier)) return undefined
  if (typeof isRevoked !== 'boolean' || typeof isExpired !== 'boolean') return undefined
  if (issuedAtSeconds === undefined || expiresAtSeconds === undefined) return undefined
  const times = { issuedAtSeconds, expiresAtSeconds }
  return { body, id, subject, scopes, claims, isRevoked, isExpired, ...times }
}

/** Read as seconds, whatever is smaller is before the year 5139; read as milliseconds, before 1973. */
const secondsBelow = 1e11

/** Clerk writes milliseconds for keys and machines, and seconds for OAuth tokens. */
function readSeconds(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return undefined
  return Math.floor(value < secondsBelow ? value : value / 1000)
}

type Reader = (record: OpaqueRecord, expected: OpaqueExpectations) => Result<Identified, Refusal>

const readers: Readonly<Record<OpaqueType, Reader>> = {
  api_key: (record) =>
    ok(
      record.subject.startsWith('user_') ? userOf('api_key', record) : machineOf('api_key', record),
    ),

  m2m_token(record, { machineId }) {
    const isMeant = machineId !== undefined && record.scopes.includes(machineId)
    return isMeant ? ok(machineOf('m2m_token', record)) : refuse('token-other-machine')
  },

  oauth_token(record, { audiences }) {
    const { client_id: clientId, act, aud } = record.body
    const actor = isObject(act) ? act.sub : undefined
    if (!isIdentifier(clientId)) return unavailable()
    // Somebody acts, and it cannot be read who: that must not be read as nobody.
    if (act !== undefined && act !== null && !isIdentifier(actor)) return unavailable()
    if (!namesOneOf(audiences, aud)) return refuse('token-invalid-audience')
    const user = userOf('oauth_token', record)
    return ok({ ...user, clientId, actor: isIdentifier(actor) ? actor : undefined })
  },
}

function namesOneOf(audiences: readonly string[], aud: unknown): boolean {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return audiences.length === 0 || audiences.some((audience) => named.includes(audience))
}

function userOf(tokenType: OpaqueType, record: OpaqueRecord): User {
  return {
    kind: 'user',
    userId: record.subject,
    sessionId: undefined,
    actor: undefined,
    clientId: undefined,
    features: undefined,
    plans: undefined,
    factorAges: undefined,
    organization: undefined,
    ...accreditationOf(tokenType, record),
  }
}

/** A key of an organisation acts for that organisation, with none of its roles. */
function machineOf(tokenType: OpaqueType, record: OpaqueRecord): Machine {
  const { subject } = record
  const organization = subject.startsWith('org_')
    ? { id: subject, slug: undefined, role: undefined, permissions: [] }
    : undefined
  return { kind: 'machine', subject, organization, ...accreditationOf(tokenType, record) }
}

function accreditationOf(tokenType: OpaqueType, record: OpaqueRecord) {
  const { id: tokenId, subject, scopes, issuedAtSeconds, expiresAtSeconds } = record
  const { client_id, aud } = record.body
  // A JWT says these among its claims: a policy must not have to know which form a credential has.
  const registered = Object.entries({ sub: subject, client_id, aud })
  const said = registered.filter(([, value]) => value !== undefined)
  const claims = { ...record.claims, ...Object.fromEntries(said) }
  return { tokenType, tokenId, scopes, claims, issuedAtSeconds, expiresAtSeconds, token: '' }
}
