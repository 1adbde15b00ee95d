import type { BrowserRules } from './browser-sessions.ts'
import type { Checks } from './checks.ts'
import type { ClerkProxy } from './clerk-proxy.ts'
import type { Access } from './condition.ts'
import type { HostPattern } from './host-pattern.ts'
import type { OperatorPlace } from './operator-place.ts'
import type { Origin } from './origin.ts'
import type { Pages } from './pages.ts'
import type { PathPattern } from './pattern.ts'
import type { Carrier, TokenType } from './principal.ts'
import type { RoleClaim } from './role-claim.ts'
import type {
  BodyTerms,
  CacheTerms,
  Cors,
  HeaderChanges,
  Limit,
  ResponseChanges,
  Rewrite,
  SocketTerms,
} from './terms.ts'

/** A path escape that a route may let through although it is refused everywhere else. */
export type Escape = '%2F' | '%25' | '%3B' | '%23' | '%3F' | ';'

/** Every {@link Escape}, for checks. */
export const escapes: readonly Escape[] = ['%2F', '%25', '%3B', '%23', '%3F', ';']

/** How the identity assertion of a route is bound: reusable in a session, to one request, or not made. */
export type AssertionMode = 'session' | 'request' | 'off'

/**
 * How soon a route learns that someone is out. `token`: with the end of a short session token, and from
 * facts for longer ones. `revocable`: from facts for every token. `fresh`: from the database each time.
 */
export type Revocation = 'token' | 'revocable' | 'fresh'

/** The identity headers that are sent only where the configuration names them. */
export const looseHeaders = [
  'roles',
  'permissions',
  'email',
  'sessionId',
  'orgSlug',
  'orgRole',
  'actor',
  'tokenType',
  'scopes',
  'subject',
] as const

/** See {@link looseHeaders}. */
export type LooseHeader = (typeof looseHeaders)[number]

/** Those that only facts can fill; the credential itself says what the others do. */
export const factualHeaders: readonly unknown[] = [
  'roles',
  'permissions',
  'email',
] satisfies LooseHeader[]

/** One compiled route. */
export interface Route {
  /** How the record and messages name it: its methods, host and path as configured. */
  readonly name: string
  readonly path: PathPattern
  readonly host: HostPattern
  /** Upper-case methods, `HEAD` among them wherever `GET` is; `undefined` is every method. */
  readonly methods: ReadonlySet<string> | undefined
  readonly origin: Origin
  readonly access: Access
  /** `undefined`: the route is in force. In shadow it takes what no other one has a path for, and refuses nobody. */
  readonly mode: 'shadow' | undefined
  /** Who may pass where what is in shadow counts too: tried on the callers, and refuses nobody. */
  readonly trial: Access | undefined
  /** The kinds of credential that count; the others are refused before they cost anything. */
  readonly accepts: readonly TokenType[]
  /** Where a credential is looked for; the first that is there decides. */
  readonly carriers: readonly Carrier[]
  /** Whether a session cookie may lack `azp` where the browser says that the request is from here. */
  readonly cookieAzp: 'strict' | 'missing-ok'
  /** How pages find out at Clerk what became of a session; `undefined`: they do not. */
  readonly sessions: BrowserRules | undefined
  /** The JWT template whose token the origin receives in place of the session's. */
  readonly exchange: string | undefined
  /** `undefined`: `session` for safe methods, `request` for the others. */
  readonly assertion: AssertionMode | undefined
  readonly revocation: Revocation
  readonly escapes: ReadonlySet<Escape>
  /** `undefined`: no WebSocket passes. */
  readonly websocket: SocketTerms | undefined
  readonly passCredential: boolean
  /** What follows is `undefined` where a route does not ask for it, and then costs nothing. */
  readonly body: BodyTerms | undefined
  readonly rewrite: Rewrite | undefined
  readonly requestHeaders: HeaderChanges | undefined
  readonly responseHeaders: ResponseChanges | undefined
  readonly limits: readonly Limit[] | undefined
  readonly cors: Cors | undefined
  readonly cache: CacheTerms | undefined
}

/** What decides how callers are looked at, and who of them passes. */
export type Admission = Pick<Route, 'access' | 'accepts' | 'carriers' | 'cookieAzp' | 'revocation'>

/** The whole configuration, compiled: what the request path works with. */
export interface Rules {
  /** Usher's own prefix, such as `/_usher`. */
  readonly prefix: string
  /** Further paths of Usher's own surfaces: canonical path -> path below the prefix. */
  readonly aliases: ReadonlyMap<string, string>
  /** The hosts that are served, lower case, with a port where it is not the default; `undefined` is any. */
  readonly hosts: ReadonlySet<string> | undefined
  /** Where the surfaces of operators answer. */
  readonly operator: OperatorPlace
  /** Scheme and host under which Usher is known to browsers, such as `https://api.example.com`. */
  readonly canonicalOrigin: string | undefined
  /** Where a navigation is sent to sign in. */
  readonly signInUrl: string | undefined
  /** Where Clerk's Frontend API is on the gateway's own domain; `undefined`: nowhere. */
  readonly clerkProxy: ClerkProxy | undefined
  readonly routes: readonly Route[]
  /** The headers that some route in force names as carrier; what is only tried hides nothing from others. */
  readonly carrierNames: readonly string[]
  /** How callers of Usher's own surfaces are looked at. */
  readonly surfaces: Omit<Admission, 'access'>
  /** Who may ask what a token is worth. */
  readonly verifiers: Admission
  /** The JWT templates whose tokens signed-in callers may have for themselves. */
  readonly templates: readonly string[]
  /** Whether facts come from the primary database, within a bound, or from the nearest copy, without one. */
  readonly factsRead: 'primary' | 'nearest'
  /** The role of whoever is seen for the first time. */
  readonly defaultRole: string
  /** The claim whose address is believed without asking Clerk; `undefined` is none. */
  readonly trustedEmailClaim: string | undefined
  /** The claim that brings roles beside those that are granted; `undefined` is none. */
  readonly roleClaim: RoleClaim | undefined
  /** The member of `public_metadata` that is told of a user's roles at Clerk; `undefined` is none. */
  readonly mirroredRole: string | undefined
  /** Whether origins receive the default identity headers, or the assertion alone. */
  readonly identity: 'headers' | 'assertion'
  readonly identityHeaders: readonly LooseHeader[]
  /** Further headers of identity, under names of the author's choice. */
  readonly identityMap: readonly MappedHeader[]
  /** Whether any of these headers tells what only facts say. */
  readonly tellsFacts: boolean
  /** Whether any tells the address of the user; the assertion then says it too. */
  readonly tellsEmail: boolean
  /** What pages of other origins may do on Usher's own surfaces. */
  readonly cors: Cors | undefined
  readonly headerLimits: HeaderLimits
  readonly observation: Observation
  /** The pages of the gateway's own; `undefined`: there are none. */
  readonly pages: Pages | undefined
  /** Who may ask for decisions without sending the request. */
  readonly checks: Checks
  /** Every escape that some route lets through. */
  readonly escapes: ReadonlySet<Escape>
}

/** How large the headers of a request may be: larger ones are 431. */
export interface HeaderLimits {
  readonly countMax: number
  readonly maxBytes: number
}

/** What of the requests is written down, and what of it a caller is told. */
export interface Observation {
  /** Whose records are logged: every request's, those that went no further, or those of faults alone. */
  readonly records: 'every' | 'refused' | 'none'
  /** Whether requests are counted in the database. */
  readonly statistics: boolean
  /** Whether answers carry `Server-Timing`. */
  readonly serverTiming: boolean
  /** Whether requests without a `traceparent` that is one are given one. */
  readonly traces: boolean
}

/** A header of identity under a name of the author's choice. */
export interface MappedHeader {
  readonly name: string
  readonly source: LooseHeader | IdentitySource | { readonly claim: string }
  /** How a list is written. */
  readonly as: 'comma' | 'json'
  readonly maxBytes: number
}

/** What can be told of a caller beside {@link LooseHeader}. */
export const identitySources = ['userId', 'orgId'] as const

/** See {@link identitySources}. */
export type IdentitySource = (typeof identitySources)[number]
