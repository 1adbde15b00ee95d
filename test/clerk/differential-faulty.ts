import { checkClaims, type Expectations, readKid } from '../../src/clerk/claims.ts'
import { type DecodedToken, decodeToken } from '../../src/clerk/jwt.ts'
import { readPrincipal } from '../../src/clerk/principal.ts'
import { jwtTypeOf } from '../../src/clerk/token-type.ts'
import type { Claims, User } from '../../src/model/principal.ts'
import { type Refusal, refuse } from '../../src/model/refusal.ts'
import { ok, type Result } from '../../src/model/result.ts'
import { bornSeconds } from '../support/token-grammar.ts'
import { publicPem } from '../support/tokens.ts'
import type { Stage } from './differential.property.ts'
import { asUser, type Verifier } from './differential-verifiers.ts'

// Verifiers with one mistake each: whoever compares them with Clerk's must notice.

/** Usher with a mistake, and what the comparison has to say of it. */
export interface FaultyVerifier {
  readonly mistake: string
  readonly complaint: RegExp
  readonly make: (usher: Verifier, stage: Stage) => Verifier
}

const bornMs = bornSeconds * 1000

/** Verifiers that are wrong in one way each. */
export const faultyVerifiers: readonly FaultyVerifier[] = [
  {
    mistake: 'does not look at azp',
    complaint: /for Clerk it is token-invalid-authorized-parties/,
    make: (usher) => (token, settings, nowMs) =>
      usher(token, { ...settings, authorizedParties: [] }, nowMs),
  },
  {
    mistake: 'does not look at aud',
    complaint: /for Clerk it is token-verification-failed|verifyToken skips an audience/,
    make: (usher) => (token, settings, nowMs) =>
      usher(token, { ...settings, audiences: [] }, nowMs),
  },
  {
    mistake: 'lets no token expire',
    complaint: /for Clerk it is token-expired/,
    make: (usher) => orAt(usher, (nowMs) => Math.min(nowMs, bornMs)),
  },
  {
    mistake: 'lets a token live for a millisecond more',
    complaint: /for Clerk it is token-expired/,
    make: (usher) => orAt(usher, (nowMs) => nowMs - 1),
  },
  {
    mistake: 'counts the fraction of the last second',
    complaint: /for Clerk it is token-expired/,
    make: (usher) => orAt(usher, (nowMs, token) => nowMs - fractionMs(token)),
  },
  {
    mistake: 'lets a token begin at any time',
    complaint: /for Clerk it is token-(?:not-active-yet|iat-in-the-future)/,
    make: (usher) => orAt(usher, (nowMs) => Math.max(nowMs, bornMs)),
  },
  {
    mistake: 'lets a token end a millisecond early',
    complaint: /nothing explains token-expired/,
    make: (usher) => async (token, settings, nowMs) => {
      const verdict = await usher(token, settings, nowMs)
      return verdict.ok ? usher(token, settings, nowMs + 1) : verdict
    },
  },
  {
    mistake: 'takes its one key under any name',
    complaint: /for Clerk it is (?:jwk-kid-mismatch|token-invalid-signature)/,
    make: (usher) => (token, settings, nowMs) => usher(token, { ...settings, keys: 'pem' }, nowMs),
  },
  {
    mistake: 'takes the algorithm from the token',
    complaint: /for Clerk it is token-invalid-algorithm/,
    make: (usher, stage) => orIf(usher, stage, (decoded) => holdsByItsOwnWord(decoded, stage)),
  },
  {
    mistake: 'does not look at the signature',
    complaint: /for Clerk it is token-invalid-signature/,
    make: (usher, stage) => orIf(usher, stage, async ({ header }) => header.alg === 'RS256'),
  },
  {
    mistake: 'remembers what it decided',
    complaint: /for Clerk it is token-(?:expired|not-active-yet|iat-in-the-future)/,
    make: rememberVerdicts,
  },
  {
    mistake: 'knows a token again by its claims',
    complaint: /for Clerk it is token-invalid-signature/,
    make: recognizeClaims,
  },
  {
    mistake: 'forgets the organisation',
    complaint: /Two people/,
    make: (usher) => async (token, settings, nowMs) => {
      const verdict = await usher(token, settings, nowMs)
      return verdict.ok ? ok({ ...verdict.value, organization: undefined }) : verdict
    },
  },
  {
    mistake: 'does not mind a status that it does not know',
    complaint: /Accepted in spite of this: A status/,
    make: forgiveStatus,
  },
  {
    mistake: 'admits nobody who acts for somebody else',
    complaint: /nothing explains token-invalid-claims/,
    make: (usher) => async (token, settings, nowMs) => {
      const verdict = await usher(token, settings, nowMs)
      return verdict.ok && verdict.value.actor ? refuse('token-invalid-claims') : verdict
    },
  },
]

/** Accepts what is acceptable now or at another time. */
function orAt(usher: Verifier, otherMs: (nowMs: number, token: string) => number): Verifier {
  return async (token, settings, nowMs) => {
    const verdict = await usher(token, settings, nowMs)
    return verdict.ok ? verdict : usher(token, settings, otherMs(nowMs, token))
  }
}

/** Accepts what is acceptable but for its signature, if only `holds`. */
function orIf(
  usher: Verifier,
  { verifiers: { issuerFor } }: Stage,
  holds: (decoded: DecodedToken) => Promise<boolean>,
): Verifier {
  return async (token, settings, nowMs) => {
    const verdict = await usher(token, settings, nowMs)
    const decoded = decodeToken(token)
    if (verdict.ok || !decoded.ok || !(await holds(decoded.value))) return verdict
    const { header, payload: claims } = decoded.value
    const type = jwtTypeOf(decoded.value)
    const isSession = type.ok && type.value === 'session_token' && readKid(header).ok
    return isSession ? readSession({ token, claims }, issuerFor(settings), nowMs) : verdict
  }
}

function readSession(
  { token, claims }: { token: string; claims: Claims },
  expected: Expectations,
  nowMs: number,
): Result<User, Refusal> {
  const type = 'session_token'
  const times = checkClaims({ type, claims }, expected, nowMs)
  return times.ok ? asUser(readPrincipal({ type, token, claims, times: times.value })) : times
}

async function holdsByItsOwnWord(decoded: DecodedToken, { signers }: Stage): Promise<boolean> {
  const { header, signature, signed } = decoded
  if (header.alg === 'none') return signature.length === 0
  if (header.alg !== 'HS256') return false
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const secret = new TextEncoder().encode(await publicPem(signers.main))
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['verify'])
  return crypto.subtle.verify('HMAC', key, signature, signed)
}

function forgiveStatus(usher: Verifier, { verifiers: { issuerFor } }: Stage): Verifier {
  return async (token, settings, nowMs) => {
    const verdict = await usher(token, settings, nowMs)
    const decoded = decodeToken(token)
    if (verdict.ok || verdict.error.code !== 'token-invalid-claims' || !decoded.ok) return verdict
    const { sts: _, ...claims } = decoded.value.payload
    const read = readSession({ token, claims }, issuerFor(settings), nowMs)
    return read.ok ? read : verdict
  }
}

function rememberVerdicts(usher: Verifier): Verifier {
  const admitted = new Map<string, Awaited<ReturnType<Verifier>>>()
  return async (token, settings, nowMs) => {
    const verdict = admitted.get(token) ?? (await usher(token, settings, nowMs))
    if (verdict.ok) admitted.set(token, verdict)
    return verdict
  }
}

function recognizeClaims(usher: Verifier): Verifier {
  const known = new Map<string, string>()
  return async (token, settings, nowMs) => {
    const claims = token.slice(0, token.lastIndexOf('.'))
    const verdict = await usher(known.get(claims) ?? token, settings, nowMs)
    if (verdict.ok) known.set(claims, verdict.value.token)
    return verdict
  }
}

function fractionMs(token: string): number {
  const decoded = decodeToken(token)
  const exp: unknown = decoded.ok ? decoded.value.payload.exp : 0
  return typeof exp === 'number' && Number.isFinite(exp) ? (exp - Math.trunc(exp)) * 1000 : 0
}
