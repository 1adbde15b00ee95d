/** Policies without a gateway around them: compiled by the real config, weighed by the real stage. */
import { type Accepted, readPrincipal } from '../../src/clerk/principal.ts'
import { authorize } from '../../src/gateway/authorize.ts'
import type { Access } from '../../src/model/condition.ts'
import type { Holdings } from '../../src/model/facts.ts'
import type { Claims, Identified, Machine, User } from '../../src/model/principal.ts'
import type { Refusal } from '../../src/model/refusal.ts'
import { compile, withRoutes } from '../config/sample.ts'

/** Who asks, for what path, and what Usher granted them; `undefined` is that it cannot be read. */
export interface Attempt {
  readonly principal: Identified
  readonly path?: string
  readonly holdings?: Holdings | undefined
}

/** What the config makes of an `access` on `/**`; `undefined` when it does not compile. */
export function compileAccess(access: unknown): Access | undefined {
  const compiled = compile(withRoutes({ access }))
  return compiled.ok ? compiled.value.rules.routes[0]?.access : undefined
}

/** What someone gets under an access: nothing, or why not. */
export function attempt(
  access: Access,
  { principal, path = '/', holdings }: Attempt,
): Refusal | undefined {
  const verdict = authorize(
    { route: { access }, parameters: new Map() },
    { principal, holdings },
    { segments: path.split('/').filter((segment) => segment !== '') },
  )
  return verdict.ok ? undefined : verdict.error
}

/** The same in a word: `pass`, the code of the refusal, or `does not compile`. */
export function outcomeOf(access: unknown, one: Attempt): string {
  const compiled = compileAccess(access)
  if (compiled === undefined) return 'does not compile'
  return attempt(compiled, one)?.code ?? 'pass'
}

const lifetimes = { iat: 1_700_000_000, exp: 1_700_000_060, nbf: undefined }

/** Whom a JWT of these claims describes; `undefined` when its claims cannot be read. */
export function principalOf(
  claims: Claims,
  type: Accepted['type'] = 'session_token',
): Identified | undefined {
  const own = { sub: 'user_ada', ...(type === 'session_token' && { sid: 'sess_ada' }), ...claims }
  const read = readPrincipal({ type, token: '', claims: own, times: lifetimes })
  return read.ok ? read.value : undefined
}

/** The same of claims that can be read. */
export function whoIs(claims: Claims, type: Accepted['type'] = 'session_token'): Identified {
  const principal = principalOf(claims, type)
  if (principal === undefined) throw new TypeError('These claims cannot be read')
  return principal
}

const key = {
  tokenType: 'api_key',
  tokenId: 'ak_1',
  scopes: ['ingest', 'read'],
  issuedAtSeconds: lifetimes.iat,
  expiresAtSeconds: Number.POSITIVE_INFINITY,
  claims: { tier: 'gold' },
  token: '',
} as const

/** An API key of ada's. */
export const keyOfAda: User = {
  ...key,
  kind: 'user',
  userId: 'user_ada',
  sessionId: undefined,
  actor: undefined,
  clientId: undefined,
  organization: undefined,
  features: { organization: [], user: [] },
  plans: { organization: [], user: [] },
  factorAges: undefined,
}

/** An API key of acme's own. */
export const keyOfAcme: Machine = {
  ...key,
  kind: 'machine',
  subject: 'org_acme',
  organization: { id: 'org_acme', slug: undefined, role: undefined, permissions: [] },
}
