import { type Refusal, refuse } from '../model/refusal.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { Route } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import type { Caller } from './authenticate.ts'
import { weigh } from './condition.ts'

/** What is asked of callers, and what the parameters of its path stand for. */
export interface Asked {
  readonly route: Pick<Route, 'access'>
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Whether the caller may use the route: 401 for nobody in particular, 403 with the first condition that
 * fails, 503 when the answer hangs on facts that cannot be read.
 */
export function authorize(
  { route, parameters }: Asked,
  { principal, holdings }: Pick<Caller, 'principal' | 'holdings'>,
  { segments }: Pick<CanonicalTarget, 'segments'>,
): Result<void, Refusal> {
  if (route.access.kind !== 'signed-in') return ok(undefined)
  if (principal.kind === 'anonymous') return refuse('token-missing')
  const { condition } = route.access
  const verdict = weigh(condition, { principal, holdings, parameters, segments })
  return verdict.outcome === 'passes' ? ok(undefined) : err(verdict.refusal)
}
