import type { SignedInAuthObject } from '@clerk/backend/internal'
import { vi } from 'vitest'
import type { Expectations } from '../../src/clerk/claims.ts'
import type { Issuer } from '../../src/clerk/issuer.ts'
import { createKeyRing, type KeyRing } from '../../src/clerk/key-ring.ts'
import { createPemRing } from '../../src/clerk/pem.ts'
import { recallToken, verifyToken } from '../../src/clerk/token.ts'
import { type Moment, momentAlone } from '../../src/model/clock.ts'
import type { ActiveOrganization, Identified, User } from '../../src/model/principal.ts'
import type { Refusal } from '../../src/model/refusal.ts'
import { ok, type Result } from '../../src/model/result.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { bornSeconds, clerkSkewMs, type Settings } from '../support/token-grammar.ts'
import { jwks, publicPem, testIssuer } from '../support/tokens.ts'
import type { Signers } from './differential-forge.ts'

/** Who somebody is, in the words in which both verifiers can say it. */
export interface Person {
  readonly userId: string
  readonly sessionId: string
  readonly actor: string | undefined
  /** A slug or a role that is empty is none. */
  readonly organization: ActiveOrganization | undefined
}

/** What Clerk's own verifier makes of a token: a person, or its reason against it. */
export type ClerkVerdict = { readonly person: () => Person } | { readonly reason: string }
/** Clerk's verifier, as if it were `nowMs`. */
export type AskClerk = (token: string, settings: Settings, nowMs: number) => Promise<ClerkVerdict>
/** A verifier that is compared with Clerk's. */
export type Verifier = (
  token: string,
  settings: Settings,
  nowMs: number,
) => Promise<Result<User, Refusal>>

/** Both sides of the comparison, over the same keys. */
export interface Verifiers {
  readonly askClerk: AskClerk
  readonly usher: Verifier
  /** The issuer that Usher would have under these settings. */
  issuerFor(settings: Settings): Issuer
  /** Gives the network and the date back. */
  close(): void
}

/** The keys of the issuer in every form in which they are published. */
interface Published {
  readonly pem: string
  readonly sets: Readonly<Record<'published' | 'silent', string>>
}

/**
 * Puts the key server behind `fetch` and the date into our hands, which is where Clerk reads both. Once
 * in a file: Clerk keeps the `fetch` that it finds when it is imported.
 */
export async function openVerifiers(signers: Signers): Promise<Verifiers> {
  const published = await publish(signers)
  vi.useFakeTimers({ toFake: ['Date'], now: bornSeconds * 1000 })
  vi.stubGlobal('fetch', keyServer(published))
  const issuers = new Map<string, Issuer>()
  function issuerFor(settings: Settings): Issuer {
    const name = JSON.stringify(settings)
    const issuer = issuers.get(name) ?? openIssuer(settings, published)
    issuers.set(name, issuer)
    return issuer
  }
  return {
    askClerk: await importClerk(published),
    usher: (token, settings, nowMs) => judge(token, issuerFor(settings), momentAt(nowMs)),
    issuerFor,
    close() {
      vi.unstubAllGlobals()
      vi.useRealTimers()
    },
  }
}

/** As the gateway does: a token that is remembered is not verified again. */
async function judge(
  token: string,
  issuer: Issuer,
  moment: Moment,
): Promise<Result<User, Refusal>> {
  const demand = { issuer, accepts: ['session_token'] } as const
  return asUser(recallToken(token, demand, moment) ?? (await verifyToken(token, demand, moment)))
}

/** A session is always somebody's. */
export function asUser(verdict: Result<Identified, Refusal>): Result<User, Refusal> {
  if (!verdict.ok || verdict.value.kind !== 'user') {
    if (verdict.ok) throw new TypeError('A session token gave a machine')
    return verdict
  }
  return ok(verdict.value)
}

/** A moment in which all that goes on behind a request is let go. */
function momentAt(nowMs: number): Moment {
  return momentAlone(nowMs)
}

async function publish({ main, second }: Signers): Promise<Published> {
  const { keys } = await jwks(main, second)
  const silent = keys.map(({ kty, kid, n, e }) => ({ kty, kid, n, e }))
  const sets = { published: JSON.stringify({ keys }), silent: JSON.stringify({ keys: silent }) }
  return { pem: await publicPem(main), sets }
}

/** Clerk's Backend API, as far as `verifyToken` asks it: one instance for each form of the key set. */
function keyServer({ sets }: Published): typeof fetch {
  return async (input, init) => {
    const secret = new Request(input, init).headers.get('authorization')
    return new Response(secret === 'Bearer sk_silent' ? sets.silent : sets.published)
  }
}

async function importClerk({ pem }: Published): Promise<AskClerk> {
  const { verifyToken } = await import('@clerk/backend')
  const { signedInAuthObject } = await import('@clerk/backend/internal')
  return async (token, { keys, audiences, authorizedParties }, nowMs) => {
    vi.setSystemTime(nowMs)
    try {
      const payload = await verifyToken(token, {
        ...(keys === 'pem' ? { jwtKey: pem } : { secretKey: `sk_${keys}` }),
        audience: [...audiences],
        authorizedParties: [...authorizedParties],
        clockSkewInMs: clerkSkewMs,
      })
      return { person: () => personForClerk(signedInAuthObject({}, token, payload)) }
    } catch (error) {
      // It throws its own errors for what it refuses, and any other when it did not expect the token.
      const reason: unknown = (error as { reason?: unknown }).reason
      return { reason: typeof reason === 'string' ? reason : String(error) }
    }
  }
}

/** Without an organisation Clerk's `has` holds for nothing, whatever role or permission stands there. */
function personForClerk(signedIn: SignedInAuthObject): Person {
  const { userId, sessionId, actor, orgId, orgSlug, orgRole, orgPermissions } = signedIn
  const organization = isNil(orgId)
    ? undefined
    : {
        id: orgId,
        slug: orgSlug || undefined,
        role: orgRole || undefined,
        permissions: orgPermissions ?? [],
      }
  return { userId, sessionId, actor: actor?.sub, organization }
}

/** Claims are what they are, whatever Clerk's types say of them. */
function isNil(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

/** The same of Usher's principal. */
export function personForUsher({ userId, sessionId, actor, organization: active }: User): Person {
  const organization = active && {
    id: active.id,
    slug: active.slug || undefined,
    role: active.role || undefined,
    permissions: active.permissions,
  }
  return { userId, sessionId: sessionId ?? '', actor, organization }
}

function openIssuer(settings: Settings, published: Published): Issuer {
  const { audiences, authorizedParties } = settings
  const expected: Expectations = { issuers: [testIssuer], audiences, authorizedParties }
  const cookieSuffix = async () => undefined
  return { ...expected, keys: openRing(settings.keys, published), cookieSuffix }
}

function openRing(keys: Settings['keys'], { pem, sets }: Published): KeyRing {
  if (keys === 'pem') return createPemRing(pem)
  return createKeyRing({
    ask: async () => sets[keys],
    store: { read: async () => null, write: async () => undefined },
    clock: createFakeClock(bornSeconds * 1000),
  })
}
