import type { ClaimValue, Reverification } from '../model/condition.ts'
import type { Carrier, TokenType } from '../model/principal.ts'
import type { AssertionMode, Escape, LooseHeader } from '../model/route.ts'
import type { BodyConfig } from './bodies.ts'
import type { BrowserSessionsConfig } from './browser-sessions.ts'
import type { CacheConfig } from './caching.ts'
import type { ChecksConfig } from './checks.ts'
import type { CorsConfig } from './cors.ts'
import type { IdentityMapConfig } from './hand-off.ts'
import type { RequestHeadersConfig, ResponseHeadersConfig } from './header-changes.ts'
import type { HeaderLimitsConfig } from './header-limits.ts'
import type { LimitConfig } from './limits.ts'
import type { ObservationConfig } from './observation.ts'
import type { OperatorConfig } from './operator.ts'
import type { OriginConfig } from './origins.ts'
import type { PagesConfig } from './pages.ts'
import type { RewriteConfig } from './rewriting.ts'
import type { SocketConfig } from './sockets.ts'

/** The variables of the environment, trimmed; one that is missing or empty is `undefined`. */
export type ConfigEnvironment = Readonly<Record<string, string | undefined>>

/** One word, or several that must all hold. */
type OneOrAll = string | readonly string[]

/** What must be true of a claim. A claim that is missing, or of another type, does not pass. */
export type ClaimTestConfig =
  | { readonly equals: ClaimValue }
  | { readonly in: readonly ClaimValue[] }
  /** The claim is a list with this value in it; a text is a list of one. */
  | { readonly has: ClaimValue }
  | { readonly startsWith: string }

/** Conditions on a signed-in caller. Several words in one object must all hold. */
export interface ConditionConfig {
  /** A role granted in Usher (`'admin'`) or, with `org:`, one of Clerk's (`'org:admin'`). */
  readonly role?: OneOrAll
  /** A permission granted in Usher (`'reports.read'`) or one of Clerk's (`'org:reports:read'`). */
  readonly permission?: OneOrAll
  /** The organisation that must be active: an id, a slug or a path parameter (`':orgId'`). */
  readonly org?: string
  /**
   * Paths that name the organisation that must be active, each once, by `:id` or `:slug`: `'/orgs/:slug/**'`.
   * A path that is none of these is refused.
   */
  readonly orgPatterns?: readonly string[]
  /** A feature in Clerk: of the active organisation or the user (`'reports'`), or of one (`'org:reports'`). */
  readonly feature?: OneOrAll
  /** A plan in Clerk, written like a feature (`'user:pro'`). */
  readonly plan?: OneOrAll
  /** How lately the user must have verified who they are, as Clerk's `has()` takes it. */
  readonly reverification?: Reverification
  /** What a key or a token must have been made for; a session is made for nothing in particular. */
  readonly scope?: OneOrAll
  /** Claims of the credential, by name or, with a leading `/`, by JSON Pointer (`'/metadata/tier'`). */
  readonly claims?: Readonly<Record<string, ClaimTestConfig>>
  /** Refuses whoever acts in the name of another. */
  readonly actor?: 'deny'
  /** Every one of these must hold. */
  readonly all?: readonly ConditionConfig[]
  /** At least one of these must hold. */
  readonly any?: readonly ConditionConfig[]
  /** This must not hold. */
  readonly not?: ConditionConfig
  /** `'shadow'`: what this object asks is tried and recorded, and refuses nobody. `'enforced'` when not given. */
  readonly mode?: 'shadow' | 'enforced'
}

/**
 * Who may pass: everyone, unverified (`'public'`); everyone, verified when a credential is there
 * (`'optional'`); whoever is signed in (`'signed-in'`); or whoever meets the conditions.
 */
export type AccessConfig = 'public' | 'optional' | 'signed-in' | ConditionConfig

/** Requests of one kind: where they go, who may send them, and what happens to them on the way. */
export interface RouteConfig extends BodyConfig {
  /** `'/users/:id'`, `'/files/*'`, `'/api/**'`: `**` stands last and takes whatever follows. */
  readonly path: string
  /** Upper-case methods; every method when not given. `'GET'` brings `'HEAD'` with it. */
  readonly methods?: readonly string[]
  /** One host, or every direct subdomain (`'*.example.com'`); every host when not given. */
  readonly host?: string
  /** The name of an origin, or `'elsewhere'`: another proxy sends the requests, and Usher is only asked. */
  readonly origin: string
  /** Who may pass; `'signed-in'` when not given. */
  readonly access?: AccessConfig
  /**
   * `'shadow'`: the route is tried on its requests and what it would do is recorded; they go where they would
   * without it or, where that is nowhere, to its origin. It refuses nobody. `'enforced'` when not given.
   */
  readonly mode?: 'shadow' | 'enforced'
  /** The kinds of credential that count; session tokens alone when not given. */
  readonly accepts?: readonly TokenType[]
  /**
   * Where the credential is looked for; the first that is there decides. When not given `'bearer'`, and
   * `'cookie'` too where AUTHORIZED_PARTIES is set. `'subprotocol'` is for WebSockets of browsers:
   * `new WebSocket(url, ['usher', 'bearer.' + token])`. A token in the query never counts.
   */
  readonly carriers?: readonly Carrier[]
  /**
   * Whether a session cookie may lack `azp`, as Clerk's are on some navigations: `'missing-ok'` lets it where
   * Sec-Fetch-Site or Origin say that the request comes from here. `'strict'` when not given.
   */
  readonly cookieAzp?: 'strict' | 'missing-ok'
  /**
   * `'browser'`: a page finds out at Clerk what became of a session that is missing, expired or older than the last
   * sign-in: the browser is sent there and back. Calls of scripts are never sent anywhere.
   */
  readonly sessions?: 'browser' | undefined
  /** A JWT template of Clerk's: the origin receives its token in place of the session's. */
  readonly exchange?: string
  /**
   * What the signed identity is bound to: the session, or this one request. When not given:
   * `'session'` for safe methods and `'request'` for the others. `'off'` sends none.
   */
  readonly assertion?: AssertionMode
  /**
   * Escapes that this route lets through although they are refused everywhere else. The path should
   * end in `**`: a target whose decoded reading belongs to another route is refused all the same.
   */
  readonly escapes?: readonly Escape[]
  /** Holds every token against what Usher knows, at most 60 s old: bans and ended sessions count. */
  readonly revocable?: boolean | undefined
  /** Asks the database at every request: bans, ended sessions and grants count at once. */
  readonly fresh?: boolean | undefined
  /** Whether WebSocket upgrades pass, and how the sockets are kept; they do not pass when not given. */
  readonly websocket?: boolean | SocketConfig
  /** Whether the origin is shown the caller's own credential; it is not when not given. */
  readonly passCredential?: boolean
  /** How the path becomes the origin's; it stays as it is when not given. */
  readonly rewrite?: RewriteConfig
  /** Headers that are set and removed on the way to the origin. */
  readonly requestHeaders?: RequestHeadersConfig
  /** Headers that are set and removed on the way back. */
  readonly responseHeaders?: ResponseHeadersConfig
  /** How many requests pass; every one when not given. */
  readonly limits?: readonly LimitConfig[]
  /** What pages of other origins may do; Usher then answers preflights. The origin's affair when not given. */
  readonly cors?: CorsConfig
  /** What is kept at the edge; nothing when not given. */
  readonly cache?: CacheConfig
}

/** Usher's own surfaces, each by its path below the prefix. */
export const surfaces = [
  'livez',
  'readyz',
  'me',
  'verify',
  'token',
  'diagnose',
  'clerk-test',
  'jwks.json',
  'auth/nginx',
  'auth/traefik',
  'auth/caddy',
  'auth/envoy',
  'auth/haproxy',
  'decisions',
  'access/v1/evaluation',
  'access/v1/evaluations',
  'access/evaluate',
  'access/keys',
  'sign-in',
  'sign-up',
  'sign-out',
  'profile',
  'organization',
  'waitlist',
  'client.js',
] as const

/** One of Usher's own surfaces. */
export type Surface = (typeof surfaces)[number]

/** Where facts are read: roles, permissions, bans, ended sessions. */
export interface FactsConfig {
  /** `'nearest'` is quicker far from the database, and has no bound to how old it may be. */
  readonly read?: 'primary' | 'nearest' | undefined
}

/** How people become known. */
export interface UsersConfig {
  /** The role of whoever is seen for the first time; `'user'` when not given. */
  readonly defaultRole?: string | undefined
  /** A claim whose address is believed without asking Clerk. Name one only if your users cannot set it. */
  readonly trustedEmailClaim?: string | undefined
  /** A claim of session tokens that brings roles, beside those that are granted. */
  readonly rolesFromClaim?: RoleClaimConfig | undefined
  /** The member of a user's `public_metadata` at Clerk that lists the roles that they are granted everywhere. */
  readonly mirrorRole?: string | undefined
}

/** Which roles a claim may bring. Whoever writes the claim gives them: name none that users can set. */
export interface RoleClaimConfig {
  /** By name or, with a leading `/`, by JSON Pointer: `'/metadata/role'`. A role, or a list of them. */
  readonly claim: string
  /** The `iss` of the session tokens that count, exactly as they say it. */
  readonly issuer: string
  /** The roles that count when the claim names them; never `'admin'`. */
  readonly roles: readonly string[]
}

/** Who may ask `verify` what a token is worth. */
export interface VerifyConfig {
  /** The kinds of credential that callers may show; session tokens alone when not given. */
  readonly accepts?: readonly TokenType[] | undefined
  /** `'signed-in'` when not given. */
  readonly access?: Exclude<AccessConfig, 'public' | 'optional'> | undefined
}

/** What `defineGateway` is given: the whole gateway. */
export interface GatewayConfig {
  /** The APIs behind Usher, by a name of your choice; none where every route is `'elsewhere'`. */
  readonly origins?: Readonly<Record<string, OriginConfig>> | undefined
  /** Which requests pass. The most specific route wins whatever the order; no route is 404. */
  readonly routes: readonly RouteConfig[]
  /** Where Usher's own surfaces live: one lower-case segment, `'/_usher'` when not given. */
  readonly prefix?: string
  /** Further paths of Usher's own surfaces: `{ '/healthz': 'livez' }`. */
  readonly aliases?: Readonly<Record<string, Exclude<Surface, 'auth/envoy'>>>
  readonly facts?: FactsConfig | undefined
  readonly users?: UsersConfig | undefined
  readonly verify?: VerifyConfig | undefined
  /** JWT templates whose tokens signed-in callers may ask for by `POST /_usher/token`; none when not given. */
  readonly templates?: readonly string[] | undefined
  /**
   * How an origin is told who is asking: by the default headers, or by the signed assertion alone,
   * which is quicker and says as much. `'headers'` when not given.
   */
  readonly identity?: 'headers' | 'assertion' | undefined
  /**
   * Further identity headers: `'roles'` and `'permissions'` with commas, `'email'` once verified; the others
   * say what the credential says, `'scopes'` with blanks.
   */
  readonly identityHeaders?: readonly LooseHeader[] | undefined
  /** Further headers of identity under other names: a preset, or `{ 'X-Email': 'email' }`. */
  readonly identityMap?: IdentityMapConfig | undefined
  /** What pages of other origins may do on Usher's own surfaces; nothing when not given. */
  readonly cors?: CorsConfig | undefined
  /** How large the headers of a request may be: 100 in 32 KiB when not given. Larger ones are 431. */
  readonly headerLimits?: HeaderLimitsConfig | undefined
  /** Who may ask what would become of a request, without sending it: other proxies, services and Workers. */
  readonly checks?: ChecksConfig | undefined
  /** What of the requests is written down. */
  readonly observation?: ObservationConfig | undefined
  /** The pages of the gateway's own, with Clerk's components on them; `false` for none. */
  readonly pages?: false | PagesConfig | undefined
  /** The hosts that are served; others are answered with 421. Every host when not given. */
  readonly hosts?: readonly string[]
  /**
   * Where operators work: on a host of their own, which leads to no origin (`{ host: 'ops.example.com' }`), or on every
   * host that is served (`'same-host'`), where scripts of the origins share their cookies. Nowhere when not given.
   */
  readonly operator?: OperatorConfig | undefined
  /**
   * Whether `/__clerk` is Clerk's Frontend API. When not given, it is where CLERK_PROXY_URL ends in `/__clerk` and
   * CLERK_SECRET_KEY is set.
   */
  readonly clerkProxy?: boolean | undefined
  /** What routes with `sessions: 'browser'` share. */
  readonly browserSessions?: BrowserSessionsConfig | undefined
  /** Scheme and host under which browsers know this gateway: `'https://api.example.com'`. */
  readonly canonicalOrigin?: string
  /** Where a browser is sent to sign in; needs `canonicalOrigin`, to which it then returns. */
  readonly signInUrl?: string
}

/** A gateway as its author wrote it, not yet checked. */
export interface GatewayDefinition {
  readonly factory: (env: ConfigEnvironment) => GatewayConfig
}

/**
 * Defines a gateway. The function is called once per isolate with the environment's variables; it
 * must be pure. Nothing is checked here: `npm run check` and the Worker's start do that.
 */
export function defineGateway(
  factory: (env: ConfigEnvironment) => GatewayConfig,
): GatewayDefinition {
  return { factory }
}
