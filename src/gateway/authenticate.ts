import { type Credential, findCredential } from '../clerk/credential.ts'
import type { Issuer } from '../clerk/issuer.ts'
import type { VerifyOpaque } from '../clerk/opaque.ts'
import { recallToken, verifyToken } from '../clerk/token.ts'
import { opaqueTypeOf } from '../clerk/token-type.ts'
import type { HeaderReader, Question } from '../model/asking.ts'
import type { Moment } from '../model/clock.ts'
import type { Facts, Holdings, ReadFacts } from '../model/facts.ts'
import { isNavigation } from '../model/navigation.ts'
import {
  anonymous,
  type Carrier,
  type Identified,
  type Principal,
  sessionsAlone,
  type User,
} from '../model/principal.ts'
import { type Refusal, type RefusalCode, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { holdingsOf, type RoleClaim } from '../model/role-claim.ts'
import type { Route } from '../model/route.ts'
import { isFromHere, mayUseCookie } from './same-origin.ts'

/** Who is asking, and what was read of them on the way. */
export interface Caller {
  readonly principal: Principal
  /** Where the credential was that counted. */
  readonly carrier: Carrier | undefined
  /** What Usher knows of them; `undefined` when nothing asks for it or it cannot be read. */
  readonly facts: Facts | undefined
  /** What Usher granted them where their active organisation is, and what a trusted claim adds; with the facts. */
  readonly holdings: Holdings | undefined
}

/** What authentication needs of the world. */
export interface Authority {
  readonly issuer: Issuer
  readonly verifyOpaque: VerifyOpaque
  readonly readFacts: ReadFacts
  /** Scheme and host under which browsers know the gateway; what the request says where not configured. */
  readonly canonicalOrigin: string | undefined
  /** The claim that is trusted to bring roles. */
  readonly roleClaim?: RoleClaim | undefined
}

/** What of a route decides how its callers are looked at. */
export interface Scrutiny
  extends Pick<Route, 'access' | 'accepts' | 'carriers' | 'cookieAzp' | 'revocation'> {
  /** Whether the origin is told what only facts say. */
  readonly tellsFacts: boolean
  /** Origins of pages, beside the gateway's own, whose cookies may open a WebSocket. */
  readonly socketPages?: readonly string[] | undefined
}

/** Nobody in particular. */
export const nobody: Caller = {
  principal: anonymous,
  carrier: undefined,
  facts: undefined,
  holdings: undefined,
}
const lapsed: Caller = { ...nobody, principal: { ...anonymous, reason: 'token-expired' } }

/**
 * Who is calling, by the one credential that the request carries. A credential that is there but does
 * not count is refused: it never falls through to anonymous, to another carrier or to a public answer.
 * The one exception is an expired cookie on a navigation to an optional route.
 */
export async function authenticate(
  question: Question,
  scrutiny: Scrutiny,
  authority: Authority,
): Promise<Result<Caller, Refusal>> {
  const { access } = scrutiny
  const { headers, moment } = question
  if (access.kind === 'public') return ok(nobody)
  const seeker = { issuer: authority.issuer, nowMs: moment.nowMs }
  const sought = findCredential(headers, scrutiny.carriers, seeker)
  const found = sought instanceof Promise ? await sought : sought
  if (!found.ok) return found
  const credential = found.value
  if (credential === undefined) {
    return access.kind === 'optional' ? ok(nobody) : refuse('token-missing')
  }
  const { carrier, token } = credential
  const demand = { issuer: authority.issuer, accepts: scrutiny.accepts }
  const principal =
    carrier === 'cookie'
      ? await verifyCookie(credential, { question, scrutiny }, authority)
      : (recallToken(token, demand, moment) ??
        (await verify(credential, { question, scrutiny }, authority)))
  if (!principal.ok) {
    const forgiven = access.kind === 'optional' && hasLapsed(principal.error, credential, headers)
    return forgiven ? ok(lapsed) : principal
  }
  return holdAgainstFacts(principal.value, { carrier, moment, scrutiny }, authority)
}

/** What a principal is looked at with, besides facts. */
export interface Standing {
  /** Where the credential was; `undefined` where somebody is only asked about. */
  readonly carrier: Carrier | undefined
  readonly moment: Moment
  readonly scrutiny: Scrutiny
}

/** Whoever a credential vouches for, as far as Usher knows them: refused where they are out. */
export function holdAgainstFacts(
  principal: Identified,
  standing: Standing,
  authority: Pick<Authority, 'readFacts' | 'roleClaim'>,
): Promise<Result<Caller, Refusal>> | Result<Caller, Refusal> {
  return mustLookUp(principal, standing.scrutiny)
    ? lookUp(principal, standing, authority)
    : ok({ ...nobody, principal, carrier: standing.carrier })
}

interface Circumstances {
  readonly question: Question
  readonly scrutiny: Scrutiny
}

/** A credential that is not remembered. */
function verify(
  { token }: Credential,
  { question, scrutiny }: Circumstances,
  { issuer, verifyOpaque }: Authority,
): Promise<Result<Identified, Refusal>> {
  const { moment, clientAddress = '' } = question
  const { accepts, revocation } = scrutiny
  const type = opaqueTypeOf(token)
  if (type === undefined) return verifyToken(token, { issuer, accepts }, moment)
  if (!accepts.includes(type)) return Promise.resolve(refuse('token-type-mismatch'))
  return verifyOpaque({ token, type, clientAddress, mustBeFresh: revocation === 'fresh', moment })
}

/** A cookie holds a session token and nothing else, and is not taken from another site's hand. */
async function verifyCookie(
  { token }: Credential,
  { question, scrutiny }: Circumstances,
  authority: Authority,
): Promise<Result<Identified, Refusal>> {
  const { moment, target } = question
  const ownOrigin = authority.canonicalOrigin ?? `${target.scheme}://${target.host}`
  if (!scrutiny.accepts.includes('session_token')) return refuse('token-type-mismatch')
  const mayLackParty = scrutiny.cookieAzp === 'missing-ok' && isFromHere(question, ownOrigin)
  const issuer = mayLackParty ? { ...authority.issuer, mayLackParty } : authority.issuer
  const demand = { issuer, accepts: sessionsAlone }
  const known = recallToken(token, demand, moment) ?? (await verifyToken(token, demand, moment))
  if (known.ok && !mayUseCookie(question, ownOrigin, scrutiny.socketPages)) {
    return refuse('cross-site-request')
  }
  return known
}

/** A token that lives no longer than this ends before a ban could be read: Clerk mints no further one. */
const shortLifeSeconds = 60

/** Whether the credential alone does not say that its user still stands. */
function mustStand(user: User, { revocation, tellsFacts }: Scrutiny): boolean {
  const isLongLived = user.expiresAtSeconds - user.issuedAtSeconds > shortLifeSeconds
  return isLongLived || revocation !== 'token' || tellsFacts
}

/** Facts are kept of people: of a machine Clerk alone says whether it still stands. */
function mustLookUp(principal: Identified, scrutiny: Scrutiny): principal is User {
  if (principal.kind === 'machine') return false
  const { access } = scrutiny
  return mustStand(principal, scrutiny) || (access.kind === 'signed-in' && access.needsFacts)
}

/** Holds the caller against facts. */
async function lookUp(
  user: User,
  { carrier, moment, scrutiny }: Standing,
  { readFacts, roleClaim }: Pick<Authority, 'readFacts' | 'roleClaim'>,
): Promise<Result<Caller, Refusal>> {
  const mustBeFresh = scrutiny.revocation === 'fresh'
  moment.note({ factSource: 'memory' })
  const read = await readFacts({ userId: user.userId, mustBeFresh, moment })
  if (!read.ok) {
    return mustStand(user, scrutiny) ? read : ok({ ...nobody, principal: user, carrier })
  }
  const facts = read.value
  const standing = standingOf(user, facts)
  if (standing !== undefined) return refuse(standing)
  const holdings = holdingsOf(user, facts, roleClaim)
  return ok({ principal: user, carrier, facts, holdings })
}

/** Why someone is out, whatever their token says. A locked user is only kept from signing in. */
export function standingOf({ sessionId }: User, facts: Facts): RefusalCode | undefined {
  if (facts.status === 'deleted') return 'user-deleted'
  if (facts.status === 'banned') return 'user-banned'
  const hasEnded = sessionId !== undefined && facts.endedSessions.includes(sessionId)
  return hasEnded ? 'session-ended' : undefined
}

/** Browsers send a cookie that expired a moment ago before Clerk's script has renewed it. */
function hasLapsed(refusal: Refusal, credential: Credential, headers: HeaderReader): boolean {
  return (
    refusal.code === 'token-expired' && credential.carrier === 'cookie' && isNavigation(headers)
  )
}
