import type { Asking } from '../model/asking.ts'
import { type Access, signedIn } from '../model/condition.ts'
import type { Facts } from '../model/facts.ts'
import {
  type Identified,
  type Principal,
  type TokenType,
  tokenTypes,
  type User,
} from '../model/principal.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Rules } from '../model/route.ts'
import { type Authority, authenticate, type Scrutiny } from './authenticate.ts'
import { authorize } from './authorize.ts'
import type { RouteTable } from './match.ts'
import { describeResource, type ProtectedResource } from './protected-resource.ts'

/** What Usher's own surfaces may ask about one request, with the gateway's own checks. */
export interface Reception {
  /** Who is asking, by any credential that some route accepts. */
  identify(mayBeAnonymous: boolean): Promise<Result<Principal, Refusal>>
  /** The person who is asking by a session of theirs, which is held against facts however young it is. */
  identifySession(): Promise<Result<User, Refusal>>
  /**
   * The person who wants to work as an operator, by a session of theirs or by a credential that they made, and what
   * is known of them: at most as old as facts are, or read for this alone.
   */
  identifyOperator(
    mustBeFresh: boolean,
  ): Promise<Result<{ readonly user: User; readonly facts: Facts }, Refusal>>
  /** Whether whoever is asking may ask what tokens are worth. */
  admitVerifier(): Promise<Result<void, Refusal>>
  /** Whom a token of any type would vouch for, were it shown at a route that accepts it. */
  verify(token: string): Promise<Result<Identified, Refusal>>
  /** The resource that the path of a metadata address names. */
  describeResource(): ProtectedResource | undefined
}

/** What a reception needs of the gateway. */
export interface Receptionist {
  readonly rules: Rules
  readonly routes: RouteTable
  readonly authority: Authority
}

const optional: Access = { kind: 'optional' }

/** How a token is looked at that someone asks about. */
const anyToken: Scrutiny = {
  access: signedIn,
  accepts: tokenTypes,
  carriers: ['bearer'],
  cookieAzp: 'strict',
  revocation: 'token',
  tellsFacts: false,
}

/** Receives a request to one of Usher's own surfaces. */
export function receive(asking: Asking, { rules, routes, authority }: Receptionist): Reception {
  async function look(scrutiny: Omit<Scrutiny, 'tellsFacts'>) {
    const caller = await authenticate(asking, { ...scrutiny, tellsFacts: false }, authority)
    if (caller.ok) asking.moment.note({ principal: caller.value.principal })
    return caller
  }

  return {
    async identify(mayBeAnonymous) {
      const access = mayBeAnonymous ? optional : signedIn
      const caller = await look({ ...rules.surfaces, access })
      return caller.ok ? ok(caller.value.principal) : caller
    },

    async identifySession() {
      const sessions = { accepts: ['session_token'], revocation: 'revocable' } as const
      const caller = await look({ ...rules.surfaces, ...sessions, access: signedIn })
      if (!caller.ok) return caller
      const { principal } = caller.value
      return principal.kind === 'user' ? ok(principal) : refuse('token-type-mismatch')
    },

    identifyOperator: (mustBeFresh) =>
      identifyOperator(asking, mustBeFresh, { rules, routes, authority }),

    async admitVerifier() {
      const caller = await look(rules.verifiers)
      if (!caller.ok) return caller
      const asked = { route: rules.verifiers, parameters: new Map() }
      return authorize(asked, caller.value, asking.target)
    },

    verify: (token) => verify(token, asking, authority),
    describeResource: () => describeResource(asking.target, { rules, routes }),
  }
}

/**
 * A page of the origins' is another origin to operators who have a host of their own: a session token counts there that
 * was issued to that host, and not to the application, whose scripts could bring it from any server.
 */
async function identifyOperator(
  asking: Asking,
  mustBeFresh: boolean,
  { rules, authority }: Receptionist,
): Promise<Result<{ readonly user: User; readonly facts: Facts }, Refusal>> {
  const { scheme, host } = asking.target
  const { isAnywhere } = rules.operator
  const ownOrigin = host === rules.operator.host ? `${scheme}://${host}` : undefined
  const canonicalOrigin = ownOrigin ?? authority.canonicalOrigin
  const scrutiny: Scrutiny = {
    ...rules.surfaces,
    access: signedIn,
    accepts: operatorCredentials,
    revocation: mustBeFresh ? 'fresh' : 'revocable',
    tellsFacts: false,
  }
  const caller = await authenticate(asking, scrutiny, { ...authority, canonicalOrigin })
  if (!caller.ok) return caller
  const { principal, facts } = caller.value
  asking.moment.note({ principal })
  if (principal.kind !== 'user' || facts === undefined) return refuse('token-type-mismatch')
  const isElsewheres = principal.tokenType === 'session_token' && principal.claims.azp !== ownOrigin
  if (ownOrigin !== undefined && !isAnywhere && isElsewheres) {
    return refuse('token-invalid-authorized-parties')
  }
  return ok({ user: principal, facts })
}

/** What a person can show who works as an operator: never a token that was made for some other service. */
const operatorCredentials: readonly TokenType[] = ['session_token', 'api_key', 'oauth_token']

/** What can stand behind `Bearer ` and be one token there. */
const bearable = /^[!-+\--~]+$/

/** A token is worth what the gateway itself would make of it, so it is shown to the gateway. */
async function verify(
  token: string,
  asking: Asking,
  authority: Authority,
): Promise<Result<Identified, Refusal>> {
  if (!bearable.test(token)) return refuse('token-invalid')
  const headers = new Headers({ authorization: `Bearer ${token}` })
  const caller = await authenticate({ ...asking, method: 'GET', headers }, anyToken, authority)
  if (!caller.ok) return caller
  const { principal } = caller.value
  return principal.kind === 'anonymous' ? refuse('token-missing') : ok(principal)
}
