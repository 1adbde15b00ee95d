import type { Question } from '../model/asking.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, type Result } from '../model/result.ts'
import type { Admission, Rules } from '../model/route.ts'
import { type Authority, authenticate, type Caller, type Scrutiny } from './authenticate.ts'
import { authorize } from './authorize.ts'
import type { Match } from './match.ts'

/** What admission rests on. */
export interface Admitter {
  readonly rules: Pick<Rules, 'tellsFacts'>
  readonly authority: Authority
}

/** What became of a caller at a route. */
export interface Admitted {
  /** Who is calling, where their credential counts, whether they may pass or not. */
  readonly caller: Caller | undefined
  readonly verdict: Result<Caller, Refusal>
}

/**
 * Decides who is calling and whether they may use the route: the one decision behind the proxy, forward-auth,
 * decisions as data and calls of other Workers.
 */
export async function admit(
  question: Question,
  matched: Match,
  { rules, authority }: Admitter,
): Promise<Admitted> {
  const scrutiny = scrutinyOf(matched.route, rules)
  const caller = await authenticate(question, scrutiny, authority)
  if (!caller.ok) return { caller: undefined, verdict: caller }
  const permitted = authorize(matched, caller.value, question.target)
  return { caller: caller.value, verdict: permitted.ok ? caller : err(permitted.error) }
}

/** How closely the callers of a route are looked at. */
export function scrutinyOf(
  route: Admission & Pick<Match['route'], 'websocket'>,
  { tellsFacts }: Pick<Rules, 'tellsFacts'>,
): Scrutiny {
  const { access, accepts, carriers, cookieAzp, revocation } = route
  const socketPages = route.websocket?.origins
  return { access, accepts, carriers, cookieAzp, revocation, tellsFacts, socketPages }
}
