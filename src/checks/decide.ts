import type { Admitted, Admitter } from '../gateway/admission.ts'
import { admit } from '../gateway/admit.ts'
import { type Match, matchRoute } from '../gateway/match.ts'
import { findSurface } from '../gateway/own.ts'
import type { Question } from '../model/asking.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import type { Failure } from '../model/result.ts'
import type { Checking } from './checking.ts'

/** What would become of a request. */
export interface Decision extends Admitted {
  /** The route that it takes; `undefined` where none does. */
  readonly matched: Match | undefined
}

/** What decisions rest on. */
export type Deciding = Pick<Checking, 'rules' | 'routes' | 'authority'> & Admitter

/**
 * Decides about a request as the gateway would if it came by itself: by the same matcher and the same admission.
 * What it may not ask about, a host that is not served or a path of Usher's own, leads nowhere. What is counted
 * (limits) and what is only known once it is sent (its body) is not looked at. A preflight is a request like any
 * other: nobody here could answer it.
 */
export async function decide(question: Question, deciding: Deciding): Promise<Decision> {
  const { target } = question
  const { rules, routes } = deciding
  const surface = findSurface(target, rules)
  if (!surface.ok) return undecided(surface)
  if (surface.value !== undefined) return undecided(refuse('route-unknown'))
  const matched = matchRoute(routes, target, question)
  if (!matched.ok) return undecided(matched)
  const admitted = await admit(question, matched.value, deciding)
  return { ...admitted, matched: matched.value }
}

/** What becomes of a request that no route is asked about. */
export function undecided(verdict: Failure<Refusal>): Decision {
  return { matched: undefined, caller: undefined, verdict }
}
