import { type Credential, findCredential } from '../clerk/credential.ts'
import type { Issuer } from '../clerk/issuer.ts'
import { verifySessionToken } from '../clerk/token.ts'
import type { Facts, ReadFacts } from '../model/facts.ts'
import { isNavigation } from '../model/navigation.ts'
import { anonymous, type Carrier, type Principal } from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Access } from '../model/route.ts'
import type { Asking } from './asking.ts'
import type { CanonicalTarget } from './canonical.ts'

/** Who is asking, and what was read of them on the way. */
export interface Caller {
  readonly principal: Principal
  /** Where the credential was that counted. */
  readonly carrier: Carrier | undefined
  /** Usher's grants; `undefined` when the route does not need them or they cannot be read. */
  readonly facts: Facts | undefined
}

/** What authentication needs of the world. */
export interface Authority {
  readonly issuer: Issuer
  readonly readFacts: ReadFacts
  /** Scheme and host under which browsers know the gateway; what the request says where not configured. */
  readonly canonicalOrigin: string | undefined
}

const nobody: Caller = { principal: anonymous, carrier: undefined, facts: undefined }
const lapsed: Caller = { ...nobody, principal: { ...anonymous, reason: 'token-expired' } }

/**
 * Who is calling, by the one credential that the request carries. A credential that is there but does
 * not count is refused: it never falls through to anonymous, to another carrier or to a public answer.
 * The one exception is an expired cookie on a navigation to an optional route.
 */
export async function authenticate(
  { request, target, moment }: Asking,
  access: Access,
  { issuer, readFacts, canonicalOrigin }: Authority,
): Promise<Result<Caller, Refusal>> {
  if (access.kind === 'public') return ok(nobody)
  const found = await findCredential(request.headers, issuer)
  if (!found.ok) return found
  const credential = found.value
  if (credential === undefined) {
    return access.kind === 'optional' ? ok(nobody) : refuse('token-missing')
  }
  const user = await verifySessionToken(credential.token, issuer, moment)
  if (!user.ok) {
    const forgiven = access.kind === 'optional' && hasLapsed(user.error, credential, request)
    return forgiven ? ok(lapsed) : user
  }
  const { carrier } = credential
  if (carrier === 'cookie' && !mayUseCookie(request, canonicalOrigin ?? originOf(target)))
    return refuse('cross-site-request')
  const needsFacts = access.kind === 'signed-in' && access.needsFacts
  const facts = needsFacts ? await readFacts(user.value.userId) : undefined
  return ok({ principal: user.value, carrier, facts: facts?.ok ? facts.value : undefined })
}

/** Browsers send a cookie that expired a moment ago before Clerk's script has renewed it. */
function hasLapsed(refusal: Refusal, credential: Credential, request: Request): boolean {
  return (
    refusal.code === 'token-expired' &&
    credential.carrier === 'cookie' &&
    isNavigation(request.headers)
  )
}

const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** Whether a method promises to change nothing (RFC 9110 section 9.2.1). */
export function isSafe(method: string): boolean {
  return safeMethods.includes(method)
}

/**
 * A browser adds cookies to what another site makes it send, and to any WebSocket. So with a cookie only
 * safe methods pass by themselves; the rest must be shown to come from the same origin
 * (https://www.w3.org/TR/fetch-metadata/, or RFC 6454 where a browser does not say).
 */
function mayUseCookie(request: Request, ownOrigin: string): boolean {
  const { headers, method } = request
  if (isSafe(method) && !headers.has('upgrade')) return true
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  return headers.get('origin') === ownOrigin
}

function originOf({ scheme, host }: CanonicalTarget): string {
  return `${scheme}://${host}`
}
