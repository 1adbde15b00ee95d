import type { Question } from '../model/asking.ts'
import type { Principal } from '../model/principal.ts'
import type { Refusal } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Route } from '../model/route.ts'

/** A request that limits let through. */
export interface Pass {
  /** What the answer says of the limits. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /**
   * Says that the request is over, once its answer has been read; `undefined` where nobody counts. Saying it
   * again does nothing.
   */
  readonly release: (() => void) | undefined
}

/** Whose request is counted, and by the limits of which route. */
export interface Counted {
  readonly route: Route
  readonly principal: Principal
}

/** Counts a request against the limits of its route; loaded when a route first has any. */
export type Count = (question: Question, guest: Counted) => Promise<Result<Pass, Refusal>>

const unlimited: Result<undefined, Refusal> = ok(undefined)

/** Lets a request through the limits of its route, or refuses it with 429. */
export function limit(
  question: Question,
  guest: Counted,
  count: Count,
): Promise<Result<Pass, Refusal>> | Result<undefined, Refusal> {
  return guest.route.limits === undefined ? unlimited : count(question, guest)
}
