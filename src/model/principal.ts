/** The claims of a verified token, as its issuer wrote them. */
export type Claims = Readonly<Record<string, unknown>>

/** The organisation that is active in a session, in Clerk's vocabulary. */
export interface ActiveOrganization {
  readonly id: string
  readonly slug: string | undefined
  /** Clerk's role with its prefix: `org:admin`. */
  readonly role: string | undefined
  /** Clerk's permissions with their prefix: `org:reports:read`. System permissions are never in tokens. */
  readonly permissions: readonly string[]
}

/**
 * The kinds of credential that Clerk issues, by Clerk's own names; `jwt_template` is a token that a
 * JWT template shaped for some other service.
 */
export const tokenTypes = [
  'session_token',
  'jwt_template',
  'oauth_token',
  'm2m_token',
  'api_key',
] as const

/** See {@link tokenTypes}. */
export type TokenType = (typeof tokenTypes)[number]

/** What counts where nothing else is named, and all that a cookie can hold. */
export const sessionsAlone: readonly TokenType[] = ['session_token']

/**
 * Where a credential is looked for: `Authorization: Bearer`, Clerk's session cookie, the subprotocol of a
 * WebSocket, or a header of this name. A browser sends a cookie unasked; it never does the others.
 */
export type Carrier = 'bearer' | 'cookie' | 'subprotocol' | `x-${string}`

/** Nobody in particular. */
export interface Anonymous {
  readonly kind: 'anonymous'
  /** Why a credential that was sent did not count; only an optional route ever sets it. */
  readonly reason?: 'token-expired'
}

/** What every credential says that was accepted. */
interface Accredited {
  readonly tokenType: TokenType
  /** Clerk's id of the credential: `ak_…`, `mt_…`, `oat_…`, or the `jti` of a JWT. */
  readonly tokenId: string | undefined
  readonly organization: ActiveOrganization | undefined
  /** What the credential was limited to when it was made; a session is limited to nothing. */
  readonly scopes: readonly string[]
  readonly issuedAtSeconds: number
  /** `Infinity` for a key that does not end by itself. */
  readonly expiresAtSeconds: number
  readonly claims: Claims
  readonly token: string
}

/** Names of features or plans, by who has them: the active organisation, or the user. */
export interface Entitlements {
  readonly organization: readonly string[]
  readonly user: readonly string[]
}

/** A person, by a session of theirs or by a credential that acts for them. */
export interface User extends Accredited {
  readonly kind: 'user'
  readonly userId: string
  /** `undefined` for credentials that need no session: keys, OAuth tokens, most templates. */
  readonly sessionId: string | undefined
  /** Who is really acting, when the session is impersonated. */
  readonly actor: string | undefined
  /** The application that an OAuth token was issued to. */
  readonly clientId: string | undefined
  /** `undefined` where the credential does not say. */
  readonly features: Entitlements | undefined
  /** Likewise. */
  readonly plans: Entitlements | undefined
  /** Minutes since the first and the second factor were verified, -1 for one that is not enrolled. */
  readonly factorAges: readonly [number, number] | undefined
}

/** Somebody who is no person: a machine, or an organisation by a key of its own. */
export interface Machine extends Accredited {
  readonly kind: 'machine'
  /** `mch_…`, or `org_…` for a key that an organisation owns. */
  readonly subject: string
}

/** Somebody in particular. */
export type Identified = User | Machine

/** Who is asking. */
export type Principal = Anonymous | Identified

/** Nobody, without a reason. */
export const anonymous: Anonymous = { kind: 'anonymous' }
