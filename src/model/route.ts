import type { PathPattern } from './pattern.ts'

/** A path escape that a route may let through although it is refused everywhere else. */
export type Escape = '%2F' | '%25' | '%3B' | '%23' | '%3F' | ';'

/** Every {@link Escape}, for checks. */
export const escapes: readonly Escape[] = ['%2F', '%25', '%3B', '%23', '%3F', ';']

/**
 * One condition on a signed-in caller. `usher-…` words are grants in Usher; `clerk-…` words are Clerk's
 * and count only in the active organisation of the token. The two never mix.
 */
export type Condition =
  | { readonly kind: 'usher-role'; readonly role: string }
  | { readonly kind: 'usher-permission'; readonly permission: string }
  | { readonly kind: 'clerk-role'; readonly role: string }
  | { readonly kind: 'clerk-permission'; readonly permission: string }
  /** The active organisation must be this one, by id or slug. */
  | { readonly kind: 'organization'; readonly organization: string }
  /** The active organisation must be the one that this route parameter names, by id or slug. */
  | { readonly kind: 'organization-parameter'; readonly parameter: string }
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }

/** Who may use a route. `needsFacts` says whether the conditions ask for grants in Usher. */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'optional' }
  | { readonly kind: 'signed-in'; readonly condition: Condition; readonly needsFacts: boolean }

/** How the identity assertion of a route is bound: reusable in a session, to one request, or not made. */
export type AssertionMode = 'session' | 'request' | 'off'

/**
 * How soon a route learns that someone is out. `token`: with the end of a short session token, and from
 * facts for longer ones. `revocable`: from facts for every token. `fresh`: from the database each time.
 */
export type Revocation = 'token' | 'revocable' | 'fresh'

/** An identity header that is sent only where the configuration names it. */
export const looseHeaders = ['roles', 'permissions', 'email'] as const

/** See {@link looseHeaders}. All three come from facts. */
export type LooseHeader = (typeof looseHeaders)[number]

/** An API behind Usher. */
export type Origin =
  | {
      readonly kind: 'url'
      readonly name: string
      readonly base: string
      readonly timeoutMs: number
    }
  | {
      readonly kind: 'service'
      readonly name: string
      readonly binding: string
      readonly timeoutMs: number
    }
  | { readonly kind: 'same-host'; readonly name: string; readonly timeoutMs: number }

/** Which hosts a route is for: any, exactly one, or every direct subdomain (`.example.com`). */
export type HostPattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly host: string }
  | { readonly kind: 'subdomain'; readonly suffix: string }

/** Whether a host, in lower case, is one of a pattern's. A subdomain has exactly one label more. */
export function matchesHost(pattern: HostPattern, host: string): boolean {
  switch (pattern.kind) {
    case 'any':
      return true
    case 'exact':
      return host === pattern.host
    case 'subdomain': {
      const label = host.slice(0, -pattern.suffix.length)
      return host.endsWith(pattern.suffix) && label !== '' && !label.includes('.')
    }
  }
}

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
  /** `undefined`: `session` for safe methods, `request` for the others. */
  readonly assertion: AssertionMode | undefined
  readonly revocation: Revocation
  readonly escapes: ReadonlySet<Escape>
  readonly websocket: boolean
  readonly passCredential: boolean
}

/** The whole configuration, compiled: what the request path works with. */
export interface Rules {
  /** Usher's own prefix, such as `/_usher`. */
  readonly prefix: string
  /** Further paths of Usher's own surfaces: canonical path -> path below the prefix. */
  readonly aliases: ReadonlyMap<string, string>
  /** The hosts that are served, lower case, with a port where it is not the default; `undefined` is any. */
  readonly hosts: ReadonlySet<string> | undefined
  /** Scheme and host under which Usher is known to browsers, such as `https://api.example.com`. */
  readonly canonicalOrigin: string | undefined
  /** Where a navigation is sent to sign in. */
  readonly signInUrl: string | undefined
  readonly routes: readonly Route[]
  /** Whether facts come from the primary database, within a bound, or from the nearest copy, without one. */
  readonly factsRead: 'primary' | 'nearest'
  /** The role of whoever is seen for the first time. */
  readonly defaultRole: string
  /** The claim whose address is believed without asking Clerk; `undefined` is none. */
  readonly trustedEmailClaim: string | undefined
  /** Whether origins receive the default identity headers, or the assertion alone. */
  readonly identity: 'headers' | 'assertion'
  readonly identityHeaders: readonly LooseHeader[]
  /** Every escape that some route lets through. */
  readonly escapes: ReadonlySet<Escape>
}
