import type { Question } from '../model/asking.ts'
import type { Rehearsed } from '../model/noted.ts'
import type { Refusal } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import type { Admission, Rules } from '../model/route.ts'
import { type Authority, authenticate, type Caller, type Scrutiny } from './authenticate.ts'
import type { Match } from './match.ts'

/** What admission rests on. */
export interface Admitter {
  readonly rules: Pick<Rules, 'tellsFacts'>
  readonly authority: Authority
  /** Says who is calling, where it is not the credential of the request that does. */
  readonly identify?: (scrutiny: Scrutiny) => Promise<Result<Caller, Refusal>>
}

/** What became of a caller at a route. */
export interface Admitted {
  /** Who is calling, where their credential counts, whether they may pass or not. */
  readonly caller: Caller | undefined
  readonly verdict: Result<Caller, Refusal>
  /** What was tried on a caller who may pass; `undefined` where nothing is in shadow. */
  readonly shadow?: Rehearsed
}

/** Who is calling, as far as it counts where callers are looked at like this. */
export function identify(
  question: Question,
  scrutiny: Scrutiny,
  admitter: Pick<Admitter, 'authority' | 'identify'>,
): Promise<Result<Caller, Refusal>> {
  return admitter.identify === undefined
    ? authenticate(question, scrutiny, admitter.authority)
    : admitter.identify(scrutiny)
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
