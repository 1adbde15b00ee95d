import { machineScopesOf, skewMs } from '../clerk/claims.ts'
import { tokenMaxBytes } from '../clerk/jwt.ts'
import { keyAlgorithm } from '../clerk/key.ts'
import type { CredentialCode } from '../model/refusal.ts'
import {
  claim,
  clockOf,
  type Explain,
  type Finding,
  form,
  inHeader,
  issuers,
  notAfterNow,
  row,
  type Seen,
  show,
  time,
} from './finding.ts'

/** Every code with which a token can be refused that somebody asks about. */
export type DiagnosedCode =
  | CredentialCode
  | 'user-banned'
  | 'keys-unavailable'
  | 'verification-unavailable'
  | 'facts-unavailable'
  | 'too-many-unknown-credentials'

/** What each refusal of a token means. A code without a row does not compile. */
export const findings: Readonly<Record<DiagnosedCode, Explain>> = {
  'token-missing': row({
    check: 'presence',
    expected: 'a token',
    advice: 'Send it as "Authorization: Bearer <token>".',
  }),
  'token-too-large': row({
    check: 'size',
    expected: `at most ${tokenMaxBytes} characters`,
    got: ({ token }) => `${token.length} characters`,
    advice: 'Take claims out of the session token or of the template: browsers stop at 4 KiB.',
  }),
  'token-ambiguous': row({
    check: 'presence',
    expected: 'one token',
    advice: 'Send one credential only, in one place.',
  }),
  'token-invalid': row({
    check: 'form',
    expected: 'three parts of base64url with dots between, or what begins with ak_, mt_ or oat_',
    got: form,
    advice: 'Copy all of the token, without quotation marks and without "Bearer".',
  }),
  'token-duplicate-member': row({
    check: 'form',
    expected: 'every member of the header and of the claims once',
    got: form,
    advice: 'No issuer writes such a token: look at what made it.',
  }),
  'token-unknown': row({
    check: 'Clerk',
    expected: 'a credential that Clerk knows',
    got: form,
    setting: 'CLERK_SECRET_KEY',
    advice: 'It was deleted or miscopied, or CLERK_SECRET_KEY is of another instance than made it.',
  }),
  'token-revoked': row({
    check: 'Clerk',
    expected: 'a credential that still counts',
    got: form,
    advice: 'Somebody revoked it at Clerk: make another.',
  }),
  'token-other-machine': row({
    check: 'machine',
    expected: ({ expectations }) =>
      expectations.machineId ?? 'nothing: CLERK_MACHINE_ID is not set',
    got: (seen) => (seen.payload ? show(machineScopesOf(seen.payload).join(', ')) : form(seen)),
    setting: 'CLERK_MACHINE_ID',
    advice: 'Set it to the machine of this gateway, and let the sender have access to it at Clerk.',
  }),
  'token-opaque': nobodyToAsk,
  'token-type-mismatch': otherSubject,
  'token-invalid-type': row({
    check: 'typ',
    expected: 'JWT, at+jwt or application/at+jwt',
    got: inHeader('typ'),
    advice: 'It is no access token of Clerk: an ID token, or one of another issuer.',
  }),
  'token-invalid-category': row({
    check: 'cat',
    expected: 'a category of Clerk',
    got: inHeader('cat'),
    advice: 'It is none of the tokens that Clerk issues for callers.',
  }),
  'token-critical-header': row({
    check: 'crit',
    expected: 'no extension that must be understood',
    got: inHeader('crit'),
    advice: 'Clerk issues no such token: look at what made it.',
  }),
  'token-missing-kid': row({
    check: 'kid',
    expected: 'the name of a key',
    got: inHeader('kid'),
    advice: 'Clerk names the key in every token: look at what made it.',
  }),
  'token-invalid-kid': row({
    check: 'kid',
    expected: 'a name of letters, digits and _ . ~ : + / = -, at most 256',
    got: inHeader('kid'),
    advice: 'Clerk names its keys ins_…: look at what made the token.',
  }),
  'jwk-kid-mismatch': otherKey,
  'token-invalid-algorithm': row({
    check: 'alg',
    expected: keyAlgorithm,
    got: inHeader('alg'),
    advice:
      'A template that is signed with a key of its own cannot be verified: let Clerk sign it.',
  }),
  'token-invalid-signature': (seen) => ({ ...otherKey(seen), check: 'signature' }),
  'token-missing-sub': row({
    check: 'sub',
    expected: 'a user',
    got: claim('sub'),
    advice: 'The template leaves it out, or the token was not made for a user.',
  }),
  'token-missing-sid': row({
    check: 'sid',
    expected: 'a session',
    got: claim('sid'),
    advice: 'A session token names its session; one of a template says so in the header (cat).',
  }),
  'token-invalid-issuer': row({
    check: 'iss',
    expected: issuers,
    got: claim('iss'),
    setting: 'CLERK_PUBLISHABLE_KEY',
    advice:
      'Set the publishable key of the instance that issued it; CLERK_PROXY_URL for a proxy of your own.',
  }),
  'token-invalid-authorized-parties': row({
    check: 'azp',
    expected: ({ expectations }) => expectations.authorizedParties.join(', '),
    got: claim('azp'),
    setting: 'AUTHORIZED_PARTIES',
    advice: 'Add the origin of the frontend exactly as a browser says it, or sign in there.',
  }),
  'token-invalid-audience': row({
    check: 'aud',
    expected: ({ expectations }) => expectations.audiences.join(', '),
    got: claim('aud'),
    setting: 'CLERK_JWT_AUDIENCE',
    advice:
      'Let the template or the session token say one of these, or do not ask for an audience.',
  }),
  'token-invalid-exp': row({
    check: 'exp',
    expected: 'seconds since 1970',
    got: claim('exp'),
    advice: 'A token that does not end is not taken: look at what made it.',
  }),
  'token-expired': row({
    check: 'exp',
    expected: ({ nowMs }) => `no earlier than ${skewMs / 1000} s before now, ${clockOf(nowMs)}`,
    got: time('exp'),
    advice: 'Get a new token: a session token lasts a minute. If it is new, a clock is wrong.',
  }),
  'token-invalid-nbf': row({
    check: 'nbf',
    expected: 'seconds since 1970, or nothing',
    got: claim('nbf'),
    advice: 'Look at what made the token.',
  }),
  'token-not-active-yet': row({
    check: 'nbf',
    expected: notAfterNow,
    got: time('nbf'),
    advice: 'Set the clock of this machine, or wait.',
  }),
  'token-invalid-iat': row({
    check: 'iat',
    expected: 'seconds since 1970',
    got: claim('iat'),
    advice: 'Look at what made the token.',
  }),
  'token-iat-in-the-future': row({
    check: 'iat',
    expected: notAfterNow,
    got: time('iat'),
    advice: 'Set the clock of this machine.',
  }),
  'token-invalid-claims': row({
    check: 'claims',
    expected: 'claims of version 1 or 2 as Clerk writes them',
    got: ({ payload }) => `v ${show(payload?.v)}, sts ${show(payload?.sts)}`,
    advice: 'Look at v, sts, sub, sid, act and at what it says of the organisation.',
  }),
  'session-ended': row({
    check: 'session',
    expected: 'a session that goes on',
    got: claim('sid'),
    advice: 'It was ended or revoked: sign in again.',
  }),
  'user-deleted': row({
    check: 'user',
    expected: 'somebody who has an account',
    got: claim('sub'),
    advice: 'Clerk deleted the account.',
  }),
  'user-banned': row({
    check: 'user',
    expected: 'somebody who is not banned',
    got: claim('sub'),
    advice: 'npm run unban lets them in again.',
  }),
  'session-pending': row({
    check: 'sts',
    expected: 'active',
    got: claim('sts'),
    advice:
      'The user has to finish signing in, such as choosing an organisation or a second factor.',
  }),
  'keys-unavailable': row({
    check: 'keys',
    expected: ({ expectations }) => `the keys of ${expectations.issuers.join(', ')}`,
    got: 'no answer of use',
    setting: 'CLERK_PUBLISHABLE_KEY',
    advice:
      'Can this machine reach Clerk? CLERK_FAPI_URL is another address, CLERK_JWT_KEY asks nobody.',
  }),
  'verification-unavailable': row({
    check: 'Clerk',
    expected: 'an answer of the Backend API',
    got: 'none of use',
    setting: 'CLERK_SECRET_KEY',
    advice:
      'The key is wrong, Clerk is out of reach or too busy, or CLERK_API_URL leads elsewhere.',
  }),
  'facts-unavailable': row({
    check: 'facts',
    expected: 'an answer of the database',
    got: 'none',
    setting: 'DB',
    advice: 'Look at the binding DB and at its migrations.',
  }),
  'too-many-unknown-credentials': row({
    check: 'budget',
    expected: 'fewer credentials that nobody knows from one address',
    advice: 'Wait a minute.',
  }),
}

function otherSubject(seen: Seen): Finding {
  const isMachine = seen.type === 'm2m_token'
  return {
    check: 'sub',
    expected: isMachine ? 'a machine, mch_…' : 'a user',
    got: claim('sub')(seen),
    setting: null,
    advice: 'The header says that it is another kind of token than its subject does.',
  }
}

function nobodyToAsk(seen: Seen): Finding {
  return {
    check: 'Clerk',
    expected: 'a key to ask Clerk with',
    got: form(seen),
    setting: 'CLERK_SECRET_KEY',
    advice: 'Clerk alone knows what it is worth: set CLERK_SECRET_KEY.',
  }
}

/** A token of another instance fails at the key already, before its issuer is compared. */
function otherKey(seen: Seen): Finding {
  const { expectations, payload } = seen
  const isOurs = expectations.issuers.some((issuer) => issuer === payload?.iss)
  return {
    check: 'kid',
    expected: `a key of ${issuers(seen)}`,
    got: `${inHeader('kid')(seen)}, of a token that says it is of ${claim('iss')(seen)}`,
    setting: isOurs ? 'CLERK_JWT_KEY' : 'CLERK_PUBLISHABLE_KEY',
    advice: isOurs
      ? 'It was changed or forged, or is older than a rotation of keys. Is CLERK_JWT_KEY up to date, if set?'
      : 'It is of another Clerk instance: set the publishable key of that one, or get a token of this.',
  }
}
