import { encodeBase64url } from '../model/base64url.ts'
import type { Moment } from '../model/clock.ts'
import type { Holdings } from '../model/facts.ts'
import type { Identified, User } from '../model/principal.ts'
import { createRecent } from '../model/recent.ts'
import { publicJwk, type SigningKey } from '../model/signing-key.ts'

/** No assertion lives longer. */
export const assertionLifeSeconds = 60
/** How far an assertion may outlive the credential it rests on: the skew that the credential is given. */
const graceSeconds = 5
/** Reusable assertions that are kept, about 1 KiB each. */
const keptMax = 4000

/** What one assertion says. */
export interface Assertable {
  readonly principal: Identified
  readonly holdings: Holdings | undefined
  /** The verified address, where the configuration tells origins of it. */
  readonly email: string | undefined
  /** The name of the origin that is to believe it (`aud`). */
  readonly audience: string
  /** Set when it is bound to one request: method, host and path. */
  readonly request:
    | { readonly method: string; readonly host: string; readonly path: string }
    | undefined
}

/** Signs assertions of identity for origins. */
export type Assert = (assertable: Assertable, moment: Moment) => string | Promise<string>

interface Kept {
  readonly assertion: string
  readonly renewAtMs: number
  readonly expiresAtSeconds: number
}

/**
 * Signs with the current key: ES256 (RFC 7518 section 3.4), at most {@link assertionLifeSeconds}, never
 * past the end of the caller's own token and {@link graceSeconds}. One that is not bound to a request is
 * used again wherever it would say the same: for the session, what is known of it and the origin, until
 * half its life is over. A session's next token brings its next assertion no sooner than that.
 */
export function createAssert(keys: readonly SigningKey[]): Assert {
  const signingKey = keys.find((key) => key.state === 'current')
  const kept = createRecent<string, Kept>(keptMax)
  let privateKey: CryptoKey | undefined

  async function sign(payload: object): Promise<string> {
    if (signingKey === undefined) throw new TypeError('A route asks for an assertion without a key')
    privateKey ??= await importSigningKey(signingKey)
    const header = { alg: 'ES256', kid: signingKey.kid, typ: 'JWT' }
    const text = `${encodeBase64url(JSON.stringify(header))}.${encodeBase64url(JSON.stringify(payload))}`
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      privateKey,
      new TextEncoder().encode(text),
    )
    return `${text}.${encodeBase64url(signature)}`
  }

  async function renew(assertable: Assertable, name: string | undefined, nowMs: number) {
    const iat = Math.floor(nowMs / 1000)
    const exp = Math.min(iat + assertionLifeSeconds, endOf(assertable.principal))
    const assertion = await sign({ ...statementOf(assertable), iat, exp })
    const renewAtMs = ((iat + exp) * 1000) / 2
    if (name !== undefined) kept.set(name, { assertion, renewAtMs, expiresAtSeconds: exp })
    return assertion
  }

  return (assertable, { nowMs }) => {
    if (assertable.request !== undefined) return renew(assertable, undefined, nowMs)
    const name = nameOf(assertable)
    const known = kept.get(name)
    const serves = known !== undefined && mayServe(known, assertable.principal, nowMs)
    return serves ? known.assertion : renew(assertable, name, nowMs)
  }
}

/** No assertion outlives the credential by more than the skew that the credential is given. */
function endOf({ expiresAtSeconds }: Identified): number {
  return Math.floor(expiresAtSeconds) + graceSeconds
}

function mayServe(
  { renewAtMs, expiresAtSeconds }: Kept,
  principal: Identified,
  nowMs: number,
): boolean {
  return nowMs < renewAtMs && expiresAtSeconds <= endOf(principal)
}

/** All that an assertion says, but when. */
function statementOf({ principal, holdings, email, audience, request }: Assertable) {
  return {
    iss: 'usher',
    aud: audience,
    ...identityOf(principal),
    ...(holdings && { roles: holdings.roles, permissions: holdings.permissions }),
    ...(email !== undefined && { email }),
    ...(request && { mth: request.method, hst: request.host, pth: request.path }),
  }
}

/** What tells a reusable assertion from others: the same text wherever it would say the same. */
function nameOf({ principal, holdings, email, audience }: Assertable): string {
  if (holdings !== undefined) {
    return `${audience} ${JSON.stringify(identityOf(principal))} ${JSON.stringify({ ...holdings, email })}`
  }
  const known = names.get(principal)
  if (known?.audience === audience) return known.name
  const name = `${audience} ${JSON.stringify(identityOf(principal))}`
  names.set(principal, { audience, name })
  return name
}

/** A principal is remembered with its token, and so is how its assertion was last called. */
const names = new WeakMap<Identified, { readonly audience: string; readonly name: string }>()

function identityOf(principal: Identified) {
  const { organization, tokenType, scopes } = principal
  return {
    ...(principal.kind === 'user' ? personOf(principal) : { sub: principal.subject }),
    // A session is what is usual; everything else says what it is.
    ...(tokenType !== 'session_token' && { token_type: tokenType, scope: scopes.join(' ') }),
    ...(organization && {
      org: {
        id: organization.id,
        slug: organization.slug,
        role: organization.role,
        permissions: organization.permissions,
      },
    }),
  }
}

function personOf({ userId, sessionId, actor, clientId }: User) {
  return {
    sub: userId,
    sid: sessionId,
    ...(clientId !== undefined && { client_id: clientId }),
    ...(actor !== undefined && { act: { sub: actor } }),
  }
}

/** Whether the current key can sign, and what it signs verifies with its public half. */
export async function canSign(keys: readonly SigningKey[]): Promise<boolean> {
  const key = keys.find(({ state }) => state === 'current')
  if (key === undefined) return true
  const text = new TextEncoder().encode('usher')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(algorithm, await importSigningKey(key), text)
  const published = await crypto.subtle.importKey(
    'jwk',
    { kty: 'EC', ...publicJwk(key) },
    algorithm,
    false,
    ['verify'],
  )
  return crypto.subtle.verify(algorithm, published, signature, text)
}

function importSigningKey({ x, y, d }: SigningKey): Promise<CryptoKey> {
  return crypto.subtle.importKey(
    'jwk',
    { kty: 'EC', crv: 'P-256', x, y, d },
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['sign'],
  )
}
