import type { Admitted } from '../gateway/admission.ts'
import { admit } from '../gateway/admit.ts'
import { type Evidence, weigh } from '../gateway/condition.ts'
import { buildRouteTable, type Match, matchRoute, type RouteTable } from '../gateway/match.ts'
import { findSurface } from '../gateway/own.ts'
import type { Question } from '../model/asking.ts'
import type { Access, Condition } from '../model/condition.ts'
import { matchesHost } from '../model/host-pattern.ts'
import { matchesPath } from '../model/pattern.ts'
import { type Refusal, type RefusalCode, refusals } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import type { Route, Rules } from '../model/route.ts'
import type { Judgement } from './judge.ts'
import { wordsOf } from './predicate.ts'

/** What one route makes of a request, as if there were no other. */
export interface Candidate {
  readonly route: string
  /** It is the one that the request takes. */
  readonly chosen: boolean
  readonly takes_method: boolean
  readonly access: Access['kind']
  readonly mode: 'enforced' | 'shadow'
  /** How the credential fared: `ignored` is that the route looks at none. */
  readonly credential: 'counts' | 'refused' | 'missing' | 'ignored'
  readonly predicates: readonly Predicate[]
  readonly status: number
  readonly code: RefusalCode | null
  /** What would have become of it were all in force that is in shadow there; `null` where nothing is. */
  readonly shadow: 'passed' | RefusalCode | null
}

/** What became of a condition, and of those that it holds together. */
interface Predicate {
  readonly predicate: string
  /** `undecided` is what a credential does not say, and all there is to say where none counts. */
  readonly outcome: 'passes' | 'fails' | 'undecided' | 'unavailable'
  readonly code: RefusalCode | null
  readonly of?: readonly Predicate[]
}

/** The status and the code of the answer that a request would get; there is no code where it may pass. */
export function answerTo(verdict: Result<unknown, Refusal>): {
  readonly status: number
  readonly code: RefusalCode | null
} {
  if (verdict.ok) return { status: 200, code: null }
  const { code } = verdict.error
  return { status: refusals[code].status, code }
}

/**
 * Explains one judgement after the other: every route whose host and path take the target, with what each makes of
 * the request, whatever its method. There is none where the host is not granted to whoever asks, so that they hear
 * of no route that is for others alone.
 */
export function createExplain(
  rules: Rules,
): (judgement: Judgement) => Promise<readonly Candidate[]> {
  const tables = new Map<Route, RouteTable>()
  /** Each route as if there were no other, made once for all that is asked together. */
  function tableOf(route: Route): RouteTable {
    const table = tables.get(route) ?? buildRouteTable([route])
    tables.set(route, table)
    return table
  }

  return async function explain(judgement) {
    const { asked, matched } = judgement
    if (asked === undefined) return []
    const { target } = asked.question
    const { host, segments } = target
    const surface = findSurface(target, rules)
    // What is Usher's own, or looks like it, is no route's.
    if (!surface.ok || surface.value !== undefined) return []
    const taking = rules.routes.filter(
      (route) => matchesHost(route.host, host) && matchesPath(route.path, segments),
    )
    const candidates: Candidate[] = []
    for (const route of taking) {
      const chosen = route === matched?.route
      const decided = chosen && isTriedAlone(matched) ? judgement : undefined
      candidates.push({ ...(await examine(route, tableOf(route), { ...asked, decided })), chosen })
    }
    return candidates
  }
}

/** Whether nothing but what is in shadow on a route itself is tried with it. */
function isTriedAlone({ route, trial }: Match): boolean {
  return trial?.route === (route.trial && route)
}

type Asked = NonNullable<Judgement['asked']> & {
  /** What was decided of the route already, where that holds if there is no other. */
  readonly decided: Admitted | undefined
}

async function examine(
  route: Route,
  table: RouteTable,
  { question, deciding, decided }: Asked,
): Promise<Omit<Candidate, 'chosen'>> {
  const { method, headers } = question
  const takesMethod = route.methods?.has(method) ?? true
  const [taken = method] = takesMethod ? [method] : (route.methods ?? [])
  const matched = matchRoute(table, question.target, { method: taken, headers })
  const admitted: Admitted = matched.ok
    ? (decided ?? (await admit(question, matched.value, deciding)))
    : { caller: undefined, verdict: matched }
  return {
    route: route.name,
    takes_method: takesMethod,
    access: route.access.kind,
    mode: route.mode ?? 'enforced',
    credential: matched.ok ? fateOf(admitted, route) : 'ignored',
    predicates: predicatesOf(
      route.access,
      matched.ok ? evidenceOf(admitted, matched.value, question) : undefined,
    ),
    ...answerTo(admitted.verdict),
    shadow: admitted.shadow?.outcome ?? null,
  }
}

function fateOf({ caller, verdict, shadow }: Admitted, { access }: Route): Candidate['credential'] {
  if (access.kind === 'public') return 'ignored'
  if (caller !== undefined && caller.principal.kind !== 'anonymous') return 'counts'
  // A route in shadow takes whoever it would have refused for nobody.
  const reason = verdict.ok ? (shadow?.outcome ?? 'passed') : verdict.error.code
  return reason === 'passed' || reason === 'token-missing' ? 'missing' : 'refused'
}

function evidenceOf(
  { caller }: Admitted,
  { parameters }: Match,
  { target: { segments } }: Question,
): Evidence | undefined {
  if (caller === undefined || caller.principal.kind === 'anonymous') return undefined
  return { principal: caller.principal, holdings: caller.holdings, parameters, segments }
}

function predicatesOf(access: Access, evidence: Evidence | undefined): readonly Predicate[] {
  if (access.kind !== 'signed-in') return []
  const { condition } = access
  const conditions = condition.kind === 'all' ? condition.of : [condition]
  return conditions.map((one) => predicateOf(one, evidence))
}

function predicateOf(condition: Condition, evidence: Evidence | undefined): Predicate {
  const verdict = evidence && weigh(condition, evidence)
  const parts = partsOf(condition)
  return {
    predicate: wordsOf(condition),
    outcome: verdict?.outcome ?? 'undecided',
    code: verdict === undefined || verdict.outcome === 'passes' ? null : verdict.refusal.code,
    ...(parts && { of: parts.map((part) => predicateOf(part, evidence)) }),
  }
}

function partsOf(condition: Condition): readonly Condition[] | undefined {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of
    case 'not':
      return [condition.of]
    default:
      return undefined
  }
}
