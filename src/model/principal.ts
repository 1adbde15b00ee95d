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

/** Where a credential was found. A cookie is sent by the browser unasked; a header never is. */
export type Carrier = 'header' | 'cookie'

/** Nobody in particular. */
export interface Anonymous {
  readonly kind: 'anonymous'
  /** Why a credential that was sent did not count; only an optional route ever sets it. */
  readonly reason?: 'token-expired'
}

/** A person with a verified session. */
export interface User {
  readonly kind: 'user'
  readonly userId: string
  readonly sessionId: string
  readonly organization: ActiveOrganization | undefined
  /** Who is really acting, when the session is impersonated. */
  readonly actor: string | undefined
  readonly issuedAtSeconds: number
  readonly expiresAtSeconds: number
  readonly claims: Claims
  readonly token: string
}

/** Who is asking. */
export type Principal = Anonymous | User

/** Nobody, without a reason. */
export const anonymous: Anonymous = { kind: 'anonymous' }
