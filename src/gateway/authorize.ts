import type { Holdings } from '../model/facts.ts'
import type { User } from '../model/principal.ts'
import { type Refusal, type RefusalCode, refuse } from '../model/refusal.ts'
import { ok, type Result, unreachable } from '../model/result.ts'
import type { Condition } from '../model/route.ts'
import type { Caller } from './authenticate.ts'
import type { Match } from './match.ts'

/** What a condition is held against. */
interface Evidence {
  readonly user: User
  readonly holdings: Holdings | undefined
  readonly parameters: ReadonlyMap<string, string>
}

/** `unknown` is neither: what would decide it cannot be read. */
type Verdict = 'pass' | 'unknown' | RefusalCode

/**
 * Whether the caller may use the route: 401 for nobody in particular, 403 with the first condition that
 * fails, 503 when the answer hangs on facts that cannot be read.
 */
export function authorize(
  { route, parameters }: Match,
  { principal, holdings }: Caller,
): Result<void, Refusal> {
  if (route.access.kind !== 'signed-in') return ok(undefined)
  if (principal.kind === 'anonymous') return refuse('token-missing')
  const verdict = weigh(route.access.condition, { user: principal, holdings, parameters })
  if (verdict === 'pass') return ok(undefined)
  return verdict === 'unknown'
    ? refuse('facts-unavailable', { retryAfterSeconds: 5 })
    : refuse(verdict)
}

function weigh(condition: Condition, evidence: Evidence): Verdict {
  const { user, holdings, parameters } = evidence
  const organization = user.organization
  switch (condition.kind) {
    case 'usher-role':
      return known(holdings, (held) => held.roles.includes(condition.role), 'role-missing')
    case 'usher-permission':
      return known(
        holdings,
        (held) => held.permissions.includes(condition.permission),
        'permission-missing',
      )
    case 'clerk-role':
      return organization?.role === condition.role ? 'pass' : 'role-missing'
    case 'clerk-permission':
      return organization?.permissions.includes(condition.permission)
        ? 'pass'
        : 'permission-missing'
    case 'organization':
      return isActive(user, condition.organization)
    case 'organization-parameter':
      return isActive(user, parameters.get(condition.parameter))
    case 'all':
      return all(condition.of.map((part) => weigh(part, evidence)))
    case 'any':
      return any(condition.of.map((part) => weigh(part, evidence)))
    case 'not':
      return not(weigh(condition.of, evidence))
    default:
      return unreachable(condition)
  }
}

function known(
  holdings: Holdings | undefined,
  test: (holdings: Holdings) => boolean,
  otherwise: RefusalCode,
): Verdict {
  if (holdings === undefined) return 'unknown'
  return test(holdings) ? 'pass' : otherwise
}

function isActive(user: User, wanted: string | undefined): Verdict {
  const { id, slug } = user.organization ?? {}
  return wanted !== undefined && (wanted === id || wanted === slug)
    ? 'pass'
    : 'organization-mismatch'
}

function all(verdicts: readonly Verdict[]): Verdict {
  const failed = verdicts.find((verdict) => verdict !== 'pass' && verdict !== 'unknown')
  return failed ?? (verdicts.includes('unknown') ? 'unknown' : 'pass')
}

function any(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('pass')) return 'pass'
  return verdicts.includes('unknown') ? 'unknown' : (verdicts[0] ?? 'condition-excluded')
}

function not(verdict: Verdict): Verdict {
  if (verdict === 'unknown') return 'unknown'
  return verdict === 'pass' ? 'condition-excluded' : 'pass'
}
