/**
 * Model: the nouns that every room shares, and total functions on them.
 * Nothing here reads a clock, a binding or the network, and nothing here throws for bad input.
 * Every other room imports from here; this room imports from nobody.
 *
 * This file is the one mouth of Usher: whatever a caller is told when a request goes no further is a
 * row of this table. A reason is Clerk's own word where Clerk has one for that failure alone.
 */

import type { Reverification } from './condition.ts'
import { err, type Failure } from './result.ts'

/** Who has to act: the caller, the caller's credential, the origin behind, or whoever runs Usher. */
export type Blame = 'client' | 'credential' | 'origin' | 'operator' | 'dependency'

interface Row {
  readonly status: number
  readonly blame: Blame
  /** One dull sentence for the caller: never a token, a claim, a key or an origin's address. */
  readonly sentence: string
}

function client(status: number, sentence: string): Row {
  return { status, blame: 'client', sentence }
}

function credential(sentence: string) {
  return { status: 401, blame: 'credential', sentence } as const
}

function outage(sentence: string): Row {
  return { status: 503, blame: 'dependency', sentence }
}

/** Every reason for which a request goes no further, by its code. */
export const refusals = {
  // The target, before anything else looks at it.
  'target-too-long': client(400, 'The request target is too long.'),
  'target-has-backslash': client(400, 'The request target contains a backslash.'),
  'target-has-fragment': client(400, 'The request target contains a fragment.'),
  'target-has-control-character': client(400, 'The request target contains a control character.'),
  'target-has-bad-escape': client(400, 'The request target contains a malformed escape.'),
  'target-has-encoded-separator': client(400, 'The request target contains an encoded separator.'),
  'target-has-encoded-dots': client(400, 'The request target hides a dot segment.'),
  'target-has-path-parameter': client(400, 'The request target contains a path parameter.'),
  'target-is-not-utf8': client(400, 'The request target is not valid UTF-8.'),
  'target-has-bad-host': client(400, 'The host of the request is not valid.'),
  'host-unknown': client(421, 'This host is not served here.'),
  'route-unknown': client(404, 'No route leads there.'),
  'method-not-allowed': client(405, 'This method is not allowed here.'),
  'upgrade-not-allowed': client(400, 'This route does not accept WebSockets.'),
  'body-invalid': client(400, 'The body of the request is not what this endpoint expects.'),
  'body-too-large': client(413, 'The body of the request is too large.'),
  'body-timeout': client(408, 'The body of the request stood still for too long.'),
  'body-incomplete': client(400, 'The body of the request is not complete.'),
  'headers-too-large': client(431, 'The headers of the request are too many or too large.'),

  // The credential. Nothing here says more than which check failed.
  'token-missing': credential('A credential is required.'),
  'token-too-large': credential('The token is larger than any that is issued.'),
  'token-ambiguous': credential('More than one credential was sent.'),
  'token-invalid': credential('The credential is not well-formed.'),
  'token-duplicate-member': credential('The token repeats a member.'),
  'token-unknown': credential('Clerk knows of no such credential.'),
  'token-revoked': credential('The credential was revoked.'),
  'token-other-machine': credential('The token is meant for another machine.'),
  'token-opaque': credential('An opaque credential of this kind cannot be verified here.'),
  'token-type-mismatch': credential('This kind of token is not accepted here.'),
  'token-invalid-type': credential('The type in the token header is not known.'),
  'token-invalid-category': credential('The category of the token is not known.'),
  'token-critical-header': credential('The token demands an extension that is not understood.'),
  'token-missing-kid': credential('The token does not name its key.'),
  'token-invalid-kid': credential('The name of the key in the token cannot be a name.'),
  'jwk-kid-mismatch': credential('The token names a key that its issuer does not publish.'),
  'token-invalid-algorithm': credential('The algorithm of the token is not that of its key.'),
  'token-invalid-signature': credential('The signature of the token does not hold.'),
  'token-missing-sub': credential('The token does not name a user.'),
  'token-missing-sid': credential('The token does not name a session.'),
  'token-invalid-issuer': credential('The token was issued by someone else.'),
  'token-invalid-authorized-parties': credential('The token was issued to another application.'),
  'token-invalid-audience': credential('The token is meant for another audience.'),
  'token-invalid-exp': credential('The token does not say when it expires.'),
  'token-expired': credential('The token has expired.'),
  'token-invalid-nbf': credential('The token does not say properly when it begins.'),
  'token-not-active-yet': credential('The token is not active yet.'),
  'token-invalid-iat': credential('The token does not say when it was issued.'),
  'token-iat-in-the-future': credential('The token was issued in the future.'),
  'token-invalid-claims': credential('The claims of the token cannot be read.'),
  'session-ended': credential('The session has ended.'),
  'user-deleted': credential('The account no longer exists.'),
  'session-pending': credential('The session has tasks left to complete.'),

  // The policy.
  'user-banned': client(403, 'The account is banned.'),
  'cross-site-request': client(403, 'A cookie does not authorise a request from another site.'),
  'organization-mismatch': client(
    403,
    'The organisation that is needed here is not the active one.',
  ),
  'role-missing': client(403, 'The role that is needed here is missing.'),
  'permission-missing': client(403, 'The permission that is needed here is missing.'),
  'feature-missing': client(403, 'The feature that is needed here is missing.'),
  'plan-missing': client(403, 'The plan that is needed here is missing.'),
  'scope-missing': client(403, 'The credential was not made for this.'),
  'claim-mismatch': client(403, 'A claim that is needed here is missing or says something else.'),
  'reverification-needed': client(403, 'The user has to verify who they are again.'),
  'actor-denied': client(403, 'Nobody may act in the name of another here.'),
  'template-unknown': client(404, 'No such template is given out here.'),
  'too-many-unknown-credentials': client(429, 'Too many credentials that nobody knows.'),
  'too-many-requests': client(429, 'Too many requests.'),
  'too-many-at-once': client(429, 'Too many requests are under way at once.'),
  'condition-excluded': client(403, 'This caller is excluded here.'),

  // Who asks in the name of others, and what it says of them.
  'caller-unknown': client(403, 'Whoever asks for this check is not known.'),
  'caller-unauthenticated': client(401, 'Whoever asks has to show a secret that is known.'),
  'caller-not-granted': client(403, 'Whoever asks may not ask this.'),
  'check-misdirected': client(403, 'No check is answered here.'),
  'context-invalid': client(400, 'The check does not describe one request.'),
  'person-unknown': client(403, 'Nobody here has this verified address.'),
  'target-not-canonical': client(400, 'The request target has another spelling.'),

  // Usher's own records, and what is done to them.
  'record-unknown': client(404, 'There is no such record.'),
  'query-invalid': client(400, 'The query of the request is not what this endpoint expects.'),
  'precondition-failed': client(412, 'The record has changed since it was read.'),
  'precondition-required': client(428, 'Say with If-Match which state of the record is meant.'),
  'record-exists': client(412, 'There is a record of that name already.'),
  'record-in-use': client(409, 'The record is still in use.'),
  'too-many-records': client(409, 'There are as many records of this kind as there may be.'),
  'last-administrator': client(409, 'This is the last administrator: make another one first.'),
  'run-under-way': client(409, 'A run of this kind is under way already.'),
  'address-not-allowed': client(422, 'Nothing is sent to this address.'),
  'webhook-invalid': client(400, 'The webhook is not signed as it must be.'),
  'clerk-refused': client(502, 'Clerk refused to do this.'),

  // What Usher depends on.
  'webhooks-unconfigured': outage('Webhooks cannot be checked at the moment.'),
  'records-unavailable': outage('The records cannot be read or changed at the moment.'),
  'clerk-unavailable': outage('Clerk cannot be asked at the moment.'),
  'keys-unavailable': outage('The token cannot be verified at the moment.'),
  'verification-unavailable': outage('The credential cannot be verified at the moment.'),
  'exchange-unavailable': outage('The token of the template cannot be had at the moment.'),
  'facts-unavailable': outage('The permissions of the caller cannot be read at the moment.'),
  'limits-unavailable': outage('The limits of the caller cannot be read at the moment.'),
  'gateway-misconfigured': {
    status: 503,
    blame: 'operator',
    sentence: 'This gateway is not configured correctly.',
  },
  'binding-missing': {
    status: 501,
    blame: 'operator',
    sentence: 'A binding that this needs is not there.',
  },
  'origin-unreachable': { status: 502, blame: 'origin', sentence: 'The origin cannot be reached.' },
  'origin-timeout': {
    status: 504,
    blame: 'origin',
    sentence: 'The origin did not answer in time.',
  },
  'identity-too-large': {
    status: 500,
    blame: 'operator',
    sentence: 'The identity of the caller is larger than a proxy can take.',
  },
  'loop-detected': {
    status: 508,
    blame: 'operator',
    sentence: 'The request came back to this gateway.',
  },
  'internal-error': {
    status: 500,
    blame: 'operator',
    sentence: 'Something went wrong in the gateway.',
  },
} as const satisfies Record<string, Row>

/** The stable word for why a request goes no further; callers switch on it, never on the sentence. */
export type RefusalCode = keyof typeof refusals

/** The codes of those that lie with the credential. */
export type CredentialCode = {
  [Code in RefusalCode]: (typeof refusals)[Code]['blame'] extends 'credential' ? Code : never
}[RefusalCode]

/** Why a request goes no further, with what some answers must add. */
export interface Refusal {
  readonly code: RefusalCode
  /** Seconds after which the caller may try again (`Retry-After`). */
  readonly retryAfterSeconds?: number
  /** The name of the binding that is missing, for 501. */
  readonly binding?: string
  /** The scope that is missing (RFC 6750 section 3). */
  readonly scope?: string
  /** What was asked for, for `reverification-needed`. */
  readonly reverification?: Reverification
  /** What the answer says of the limits of the route (`RateLimit-Policy`, `RateLimit`). */
  readonly rateLimits?: readonly (readonly [name: string, value: string])[]
  /** The methods that exist, for 405 (`Allow`). */
  readonly allow?: readonly string[]
}

/** A failed {@link Result} that carries a refusal. */
export function refuse(code: RefusalCode, extra: Omit<Refusal, 'code'> = {}): Failure<Refusal> {
  return err({ code, ...extra })
}
