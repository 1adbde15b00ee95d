import type { Question } from '../model/asking.ts'
import type { Access } from '../model/condition.ts'
import type { Rehearsed } from '../model/noted.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { err, ok, type Result } from '../model/result.ts'
import { type Admitted, type Admitter, identify, scrutinyOf } from './admission.ts'
import { type Caller, holdAgainstFacts, nobody } from './authenticate.ts'
import { authorize } from './authorize.ts'
import type { Trial } from './match.ts'

/** Who is tried: whoever the request itself says, unless they are known already. */
interface Tried extends Trial {
  /** Whoever was let through by the same route, without what is in shadow there. */
  readonly known?: Caller | undefined
}

/**
 * What would become of a request that is let through, had all that is in shadow been in force: by the same stages
 * that decide. It never fails, and changes nothing.
 */
export async function rehearse(
  question: Question,
  tried: Tried,
  admitter: Admitter,
): Promise<Rehearsed> {
  const { verdict } = await attempt(question, tried, admitter)
  return outcomeOf(tried, verdict)
}

/**
 * Lets everybody through who comes to a route in shadow: as who they are where their credential counts there, and
 * else, whatever is wrong with it, as nobody.
 */
export async function admitInShadow(
  question: Question,
  trial: Trial,
  admitter: Admitter,
): Promise<Admitted> {
  const { caller = nobody, verdict } = await attempt(question, trial, admitter)
  return { caller, verdict: ok(caller), shadow: outcomeOf(trial, verdict) }
}

function outcomeOf({ route }: Trial, verdict: Admitted['verdict']): Rehearsed {
  return { route: route.name, outcome: verdict.ok ? 'passed' : verdict.error.code }
}

/** Admission by what is tried. A fault of our own is no reason to refuse anybody. */
async function attempt(question: Question, tried: Tried, admitter: Admitter): Promise<Admitted> {
  try {
    const access = tried.route.trial ?? tried.route.access
    const caller = await callerOf(question, { ...tried, access }, admitter)
    if (!caller.ok) return { caller: undefined, verdict: caller }
    const asked = { route: { access }, parameters: tried.parameters }
    const permitted = authorize(asked, caller.value, question.target)
    return { caller: caller.value, verdict: permitted.ok ? caller : err(permitted.error) }
  } catch {
    return { caller: undefined, verdict: refuse('internal-error') }
  }
}

/** Who is calling. For someone who is known nothing is asked again, but what only the trial wants to know. */
function callerOf(
  question: Question,
  { route, access, known }: Tried & { readonly access: Access },
  admitter: Admitter,
): Promise<Result<Caller, Refusal>> | Result<Caller, Refusal> {
  const scrutiny = { ...scrutinyOf(route, admitter.rules), access }
  if (known === undefined) return identify(question, scrutiny, admitter)
  const { principal, carrier, facts } = known
  const mayHaveFacts = route.access.kind === 'signed-in' && route.access.needsFacts
  if (principal.kind === 'anonymous' || facts !== undefined || mayHaveFacts) return ok(known)
  const standing = { carrier, moment: question.moment, scrutiny }
  return holdAgainstFacts(principal, standing, admitter.authority)
}
