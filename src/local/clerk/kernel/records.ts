import type { Dated } from './dated.ts'

export type { Delivery, DeliveryAttempt, Message } from './log-records.ts'
export type { Setting } from './setting.ts'

import type { SessionActivity } from './session-activity.ts'
import type { Reverification, Verification } from './verification.ts'

export type { Reverification, Verification } from './verification.ts'

/** Every record of the stand-in. Times are milliseconds since the epoch; ids are Clerk's, by their prefix. */

/** What anyone may keep beside a record. */
export type Metadata = Readonly<Record<string, unknown>>

export interface User extends Dated {
  readonly username: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly passwordDigest: string | null
  readonly primaryEmailAddressId: string | null
  readonly primaryPhoneNumberId: string | null
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
  readonly unsafeMetadata: Metadata
  readonly externalId: string | null
  readonly isBanned: boolean
  /** Ask `lockoutOf`, which knows that locks end. */
  readonly isLocked: boolean
  readonly lockExpiresAt: number | null
  /** Failed attempts in a row; at the limit the user is locked out of signing in. */
  readonly failedAttempts: number
  readonly totpSecret: string | null
  readonly isTotpVerified: boolean
  /** The time step of the last code that was taken: each is worth something once. */
  readonly lastTotpStep: number | null
  readonly mfaEnabledAt: number | null
  readonly mfaDisabledAt: number | null
  /** Digests of codes that were not used yet. */
  readonly backupCodes: readonly string[]
  readonly mayDeleteSelf: boolean
  readonly mayCreateOrganization: boolean
  readonly lastSignInAt: number | null
  readonly lastActiveAt: number | null
  readonly passwordChangedAt: number | null
  readonly locale: string | null
  readonly legalAcceptedAt: number | null
  /** Beside Clerk's members: a claim of session tokens, as a customised token would have one. */
  readonly number: number
}

export interface EmailAddress extends Dated {
  readonly userId: string
  readonly emailAddress: string
  readonly verification: Verification | null
}

export interface PhoneNumber extends Dated {
  readonly userId: string
  readonly phoneNumber: string
  readonly verification: Verification | null
  readonly reservedForSecondFactor: boolean
  readonly defaultSecondFactor: boolean
}

/** A code that a backend had sent to an address, beside the verification of the address itself. */
export interface AddressVerification extends Dated {
  readonly addressId: string
  readonly verification: Verification
}

/** A browser: whoever shows the secret of its cookie. */
export interface Client extends Dated {
  readonly secretDigest: string
  readonly signInId: string | null
  readonly signUpId: string | null
  readonly lastActiveSessionId: string | null
  /** When somebody last signed in or out here, in milliseconds. */
  readonly uatMs: number
}

export type SessionStatus =
  | 'active'
  | 'pending'
  | 'abandoned'
  | 'ended'
  | 'expired'
  | 'removed'
  | 'replaced'
  | 'revoked'

export interface Session extends Dated {
  /** `null`: made without a browser, by the Backend API or the command line. */
  readonly clientId: string | null
  readonly userId: string
  readonly status: SessionStatus
  readonly expireAt: number
  readonly abandonAt: number
  readonly lastActiveAt: number
  readonly lastActiveOrganizationId: string | null
  /** When the first and the second factor were last verified; `null` for never. */
  readonly firstFactorAt: number | null
  readonly secondFactorAt: number | null
  /** Who acts in the name of the user. */
  readonly actor: Readonly<Record<string, unknown>> | null
  /** What made it: `sign_in`, `sign_up`, `ticket` … */
  readonly origin: string
  /** What is known of the browser. */
  readonly activity?: SessionActivity | undefined
  /** What the user is proving once more, while that is under way. */
  readonly reverification?: Reverification | undefined
}

export interface SignIn extends Dated {
  readonly clientId: string
  readonly status:
    | 'needs_identifier'
    | 'needs_first_factor'
    | 'needs_second_factor'
    | 'needs_new_password'
    | 'complete'
    | 'abandoned'
  readonly identifier: string | null
  readonly userId: string | null
  readonly firstFactor: Verification | null
  readonly secondFactor: Verification | null
  readonly createdSessionId: string | null
  /** The invitation that somebody came with; it is accepted when they are in. */
  readonly invitationId: string | null
  readonly abandonAt: number
}

export interface SignUp extends Dated {
  readonly clientId: string
  readonly status: 'missing_requirements' | 'complete' | 'abandoned'
  readonly emailAddress: string | null
  readonly phoneNumber: string | null
  readonly username: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly passwordDigest: string | null
  readonly unsafeMetadata: Metadata
  readonly publicMetadata: Metadata
  readonly legalAcceptedAt: number | null
  readonly emailVerification: Verification | null
  readonly phoneVerification: Verification | null
  readonly createdSessionId: string | null
  readonly createdUserId: string | null
  readonly invitationId: string | null
  readonly abandonAt: number
}

export interface Organization extends Dated {
  readonly name: string
  readonly slug: string
  readonly createdBy: string | null
  readonly maxAllowedMemberships: number
  readonly adminDeleteEnabled: boolean
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
}

export interface Membership extends Dated {
  readonly organizationId: string
  readonly userId: string
  /** The key of a role: `org:admin`. */
  readonly role: string
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
}

export interface OrganizationInvitation extends Dated {
  readonly organizationId: string
  readonly emailAddress: string
  readonly role: string
  readonly status: 'pending' | 'accepted' | 'revoked' | 'expired'
  readonly inviterUserId: string | null
  readonly redirectUrl: string | null
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
  readonly expiresAt: number
  /** Who accepted it. */
  readonly userId: string | null
  /** The verified domain that made it; `null` where a person did. */
  readonly domainId: string | null
  /** Where its link leads, and the digest of the ticket in it; `null` where no link was sent. */
  readonly url: string | null
  readonly ticketDigest: string | null
}

export interface OrganizationDomain extends Dated {
  readonly organizationId: string
  readonly name: string
  readonly enrollmentMode: 'manual_invitation' | 'automatic_invitation' | 'automatic_suggestion'
  readonly affiliationEmailAddress: string | null
  /** The proof that somebody receives mail there. */
  readonly verification: Verification | null
  readonly verifiedAt: number | null
  /** When the owner of the instance vouched for it; nobody looks into the DNS here. */
  readonly ownershipVerifiedAt: number | null
}

/** It begins as a suggestion, becomes a request when the user takes it, and ends when a member decides. */
export interface MembershipRequest extends Dated {
  readonly organizationId: string
  readonly userId: string
  readonly domainId: string
  readonly status: 'suggested' | 'pending' | 'accepted' | 'rejected'
}

export interface Role extends Dated {
  readonly key: string
  readonly name: string
  readonly description: string
  /** Their keys. */
  readonly permissions: readonly string[]
}

export interface Permission extends Dated {
  readonly key: string
  readonly name: string
  readonly description: string
  readonly type: 'system' | 'user'
}

/** An invitation to the application. */
export interface Invitation extends Dated {
  readonly emailAddress: string
  readonly status: 'pending' | 'accepted' | 'revoked' | 'expired'
  readonly publicMetadata: Metadata
  readonly redirectUrl: string | null
  readonly expiresAt: number
  readonly url: string
  readonly ticketDigest: string
}

export interface WaitlistEntry extends Dated {
  readonly emailAddress: string
  readonly status: 'pending' | 'invited' | 'completed' | 'rejected'
  readonly invitationId: string | null
}

export interface JwtTemplate extends Dated {
  readonly name: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly lifetimeSeconds: number
  readonly allowedClockSkewSeconds: number
}

/** A ticket that signs in (`sign_in_token`), acts in the name of another (`actor_token`) or tests (`testing_token`). */
export interface Ticket extends Dated {
  readonly kind: 'sign_in_token' | 'actor_token' | 'testing_token'
  readonly userId: string | null
  readonly tokenDigest: string
  readonly status: 'pending' | 'accepted' | 'revoked' | 'expired'
  readonly actor: Readonly<Record<string, unknown>> | null
  readonly sessionMaxDurationSeconds: number | null
  readonly expiresAt: number
}

/** A credential that only a digest is kept of. */
export interface OpaqueCredentialRecord extends Dated {
  readonly type: 'api_key' | 'm2m_token' | 'oauth_token'
  readonly subject: string
  readonly name: string | null
  readonly description: string | null
  readonly scopes: readonly string[]
  readonly claims: Readonly<Record<string, unknown>> | null
  readonly secretDigest: string
  readonly isRevoked: boolean
  readonly revocationReason: string | null
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly createdBy: string | null
}

/** Where native applications may be sent back to. */
export interface RedirectUrl extends Dated {
  readonly url: string
}

/** A service that speaks for itself. */
export interface Machine extends Dated {
  readonly name: string
  readonly secretKey: string
  /** The key before this one, and until when it opens; `null` for one that never had another. */
  readonly formerKey: { readonly secretKey: string; readonly endsAt: number } | null
  readonly defaultTokenTtlSeconds: number
  /** The machines that its tokens are for. */
  readonly scopes: readonly string[]
}

/** A stored answer to a handshake: the cookies that the gateway is to set. */
export interface HandshakePayload extends Dated {
  readonly directives: readonly string[]
  readonly expireAt: number
}
