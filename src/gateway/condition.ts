import type { Condition } from '../model/condition.ts'
import type { Holdings } from '../model/facts.ts'
import { matchesPath, type PathPattern } from '../model/pattern.ts'
import type { ActiveOrganization, Entitlements, Identified, User } from '../model/principal.ts'
import type { Refusal, RefusalCode } from '../model/refusal.ts'
import { unreachable } from '../model/result.ts'
import { testClaim } from './claim.ts'
import { isVerified } from './reverification.ts'
import { all, any, not, passes, type Verdict } from './verdict.ts'

/** What a condition is held against. */
export interface Evidence {
  readonly principal: Identified
  readonly holdings: Holdings | undefined
  readonly parameters: ReadonlyMap<string, string>
  /** The decoded path. */
  readonly segments: readonly string[]
}

type Kinds<Kind extends Condition['kind']> = Extract<Condition, { readonly kind: Kind }>

/** Holds a condition against what is known of a caller. */
export function weigh(condition: Condition, evidence: Evidence): Verdict {
  const { principal, parameters } = evidence
  switch (condition.kind) {
    case 'usher-role':
      return weighGrant(evidence, 'role-missing', ({ roles }) => roles.includes(condition.role))
    case 'usher-permission':
      return weighGrant(evidence, 'permission-missing', ({ permissions }) =>
        permissions.includes(condition.permission),
      )
    case 'clerk-role':
    case 'clerk-permission':
    case 'feature':
    case 'plan':
    case 'reverification':
      return weighSession(condition, principal)
    case 'scope':
      return decide(principal.scopes.includes(condition.scope), {
        code: 'scope-missing',
        scope: condition.scope,
      })
    case 'claim':
      return weighClaim(condition, principal)
    case 'no-actor':
      return weighActor(principal)
    case 'organization':
      return weighOrganization(principal, condition.organization)
    case 'organization-parameter':
      return weighOrganization(principal, parameters.get(condition.parameter))
    case 'organization-path':
      return decide(namesActive(condition.patterns, evidence), { code: 'organization-mismatch' })
    case 'all':
      return withEveryScope(condition, all(condition.of.map((part) => weigh(part, evidence))))
    case 'any':
      return any(condition.of.map((part) => weigh(part, evidence)))
    case 'not':
      return not(weigh(condition.of, evidence))
    default:
      return unreachable(condition)
  }
}

function decide(holds: boolean, refusal: Refusal): Verdict {
  return holds ? passes : { outcome: 'fails', refusal }
}

const unread: Verdict = {
  outcome: 'unavailable',
  refusal: { code: 'facts-unavailable', retryAfterSeconds: 5 },
}

/** Grants are a person's, whatever credential acts for them; a machine holds none. */
function weighGrant(
  { principal, holdings }: Evidence,
  code: RefusalCode,
  test: (holdings: Holdings) => boolean,
): Verdict {
  if (principal.kind === 'machine') return decide(false, { code })
  return holdings === undefined ? unread : decide(test(holdings), { code })
}

/** A claim that is missing says no where sessions have it, and nothing in a credential of another kind. */
function weighClaim({ claim, test }: Kinds<'claim'>, { claims, tokenType }: Identified): Verdict {
  const found = testClaim(claims, claim, test)
  if (found === 'passes') return passes
  const isTold = found === 'fails' || (found === 'missing' && tokenType === 'session_token')
  return { outcome: isTold ? 'fails' : 'undecided', refusal: { code: 'claim-mismatch' } }
}

type SessionKind = 'clerk-role' | 'clerk-permission' | 'feature' | 'plan' | 'reverification'

/**
 * What Clerk's `has()` asks is said of sessions alone. For every other credential it is not known, and not
 * false: `not` must not let in by a key whom it keeps out by a session.
 */
function weighSession(condition: Kinds<SessionKind>, principal: Identified): Verdict {
  const isSession = principal.kind === 'user' && principal.tokenType === 'session_token'
  const holds = isSession ? holdsFor(condition, principal) : undefined
  const refusal: Refusal =
    condition.kind === 'reverification'
      ? { code: 'reverification-needed', reverification: condition.asked }
      : { code: missing[condition.kind] }
  return holds === undefined ? { outcome: 'undecided', refusal } : decide(holds, refusal)
}

const missing = {
  'clerk-role': 'role-missing',
  'clerk-permission': 'permission-missing',
  feature: 'feature-missing',
  plan: 'plan-missing',
} as const

/** `undefined` where the session does not say. */
function holdsFor(condition: Kinds<SessionKind>, session: User): boolean | undefined {
  const { organization, features, plans, factorAges } = session
  switch (condition.kind) {
    case 'clerk-role':
      return hasRole(organization, condition.role)
    case 'clerk-permission':
      return organization?.permissions.includes(condition.permission) ?? false
    case 'feature':
      return features && isEntitled(features, condition)
    case 'plan':
      return plans && isEntitled(plans, condition)
    case 'reverification':
      return factorAges && isVerified(condition.asked, factorAges)
  }
}

/** Tokens of version 1 may leave the prefix out, or say it again. */
function hasRole(organization: ActiveOrganization | undefined, role: string): boolean {
  return organization?.role?.replace(/^(?:org:)*/, 'org:') === role
}

function isEntitled(
  { organization, user }: Entitlements,
  { name, holder }: Kinds<'feature' | 'plan'>,
): boolean {
  return (
    (holder !== 'user' && organization.includes(name)) ||
    (holder !== 'organization' && user.includes(name))
  )
}

/** A template need not tell that the session behind it is impersonated. */
function weighActor(principal: Identified): Verdict {
  const refusal: Refusal = { code: 'actor-denied' }
  if (principal.kind === 'machine') return passes
  if (principal.actor !== undefined) return { outcome: 'fails', refusal }
  return principal.tokenType === 'jwt_template' ? { outcome: 'undecided', refusal } : passes
}

function weighOrganization({ organization }: Identified, wanted: string | undefined): Verdict {
  const isActive =
    wanted !== undefined && (wanted === organization?.id || wanted === organization?.slug)
  return decide(isActive, { code: 'organization-mismatch' })
}

function namesActive(
  patterns: readonly PathPattern[],
  { principal: { organization }, segments }: Evidence,
): boolean {
  if (organization === undefined) return false
  const { id, slug } = organization
  return patterns.some(
    (pattern) =>
      matchesPath(pattern, segments) &&
      segments.some((text, index) => {
        const segment = pattern.segments[index]
        if (segment?.kind !== 'any') return false
        return (segment.name === 'id' && text === id) || (segment.name === 'slug' && text === slug)
      }),
  )
}

/** Whoever asks for a scope again should ask for all that are needed together (RFC 6750 section 3). */
function withEveryScope({ of }: Kinds<'all'>, verdict: Verdict): Verdict {
  if (verdict.outcome === 'passes' || verdict.refusal.code !== 'scope-missing') return verdict
  const scopes = of.flatMap((part) => (part.kind === 'scope' ? [part.scope] : []))
  return scopes.length < 2
    ? verdict
    : { ...verdict, refusal: { ...verdict.refusal, scope: scopes.join(' ') } }
}
