import type { Principal } from '../model/principal.ts'
import type { Refusal, RefusalCode } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Deciding } from './decide.ts'
import { answerTo, type Candidate, createExplain } from './explain.ts'
import { type Asker, createJudge, type Judgement, judgeAll } from './judge.ts'
import { readInquiries } from './question.ts'

/** The answer to what was asked together, in the same order. */
export interface Decisions {
  readonly decisions: readonly DecisionAnswer[]
}

/** What would become of one request. */
interface DecisionAnswer {
  readonly allowed: boolean
  /** Those of the refusal that the request would get; 200 without a code where it may pass. */
  readonly status: number
  readonly code: RefusalCode | null
  /** The name of the route that it takes. */
  readonly route: string | null
  /** Who would be asking; `null` where that is nobody, or nobody whose credential counts. */
  readonly principal: PrincipalAnswer | null
  readonly candidates?: readonly Candidate[]
}

/** Somebody in particular. */
interface PrincipalAnswer {
  readonly kind: 'user' | 'machine'
  readonly id: string
  readonly organization_id: string | null
}

/**
 * Decides about up to a hundred requests that somebody describes, each as the gateway would if it came by itself,
 * and explains the decisions where that is asked for. No limit counts them. Whatever is asked is looked at here,
 * so that it may come from anywhere.
 */
export async function answerDecisions(
  asked: unknown,
  asker: Asker,
  checking: Deciding,
): Promise<Result<Decisions, Refusal>> {
  const inquiries = readInquiries(asked)
  if (!inquiries.ok) return inquiries
  const judge = createJudge(asker, checking)
  const explain = createExplain(checking.rules)
  const decisions = await judgeAll(inquiries.value.requests, async (inquiry) => {
    const judgement = await judge(inquiry)
    const answer = tell(judgement)
    if (!inquiries.value.explain) return answer
    return { ...answer, candidates: await explain(judgement) }
  })
  return ok({ decisions })
}

function tell({ matched, caller, verdict }: Judgement): DecisionAnswer {
  return {
    allowed: verdict.ok,
    ...answerTo(verdict),
    route: matched?.route.name ?? null,
    principal: caller === undefined ? null : principalOf(caller.principal),
  }
}

function principalOf(principal: Principal): PrincipalAnswer | null {
  if (principal.kind === 'anonymous') return null
  const { kind, organization } = principal
  const id = principal.kind === 'user' ? principal.userId : principal.subject
  return { kind, id, organization_id: organization?.id ?? null }
}
