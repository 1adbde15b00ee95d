import type { Question } from '../model/asking.ts'
import { err } from '../model/result.ts'
import { type Admitted, type Admitter, identify, scrutinyOf } from './admission.ts'
import { authorize } from './authorize.ts'
import type { Match } from './match.ts'

/**
 * Decides who is calling and whether they may use the route: the one decision behind the proxy, forward-auth,
 * decisions as data and calls of other Workers. What is in shadow is tried where a request is let through, and
 * always lets it through.
 */
export async function admit(
  question: Question,
  matched: Match,
  admitter: Admitter,
): Promise<Admitted> {
  const { route, trial } = matched
  if (trial !== undefined && route.mode === 'shadow') {
    const { admitInShadow } = await import('./rehearse.ts')
    return admitInShadow(question, trial, admitter)
  }
  const caller = await identify(question, scrutinyOf(route, admitter.rules), admitter)
  if (!caller.ok) return { caller: undefined, verdict: caller }
  const permitted = authorize(matched, caller.value, question.target)
  if (!permitted.ok) return { caller: caller.value, verdict: err(permitted.error) }
  const admitted = { caller: caller.value, verdict: caller }
  if (trial === undefined) return admitted
  const { rehearse } = await import('./rehearse.ts')
  const known = trial.route === route ? caller.value : undefined
  return { ...admitted, shadow: await rehearse(question, { ...trial, known }, admitter) }
}
