/**
 * AuthZEN's Authorization API 1.0 (https://openid.net/specs/authorization-api-1_0.html) for what Usher decides: may
 * this user, or whomever this token vouches for, send a request with this method to this address?
 */
import { isRecord } from '../config/shape.ts'
import { isMethod } from '../model/method.ts'
import { type Refusal, refusals, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Checking } from './checking.ts'
import { type Asker, createJudge, type Judge, type Judgement, judgeAll } from './judge.ts'
import { type Inquiry, inquiriesMax, isUserId, type Sender } from './question.ts'

/** Whether somebody may do something (section 5.5). What the refusal would be is told where they may not. */
export interface Evaluation {
  readonly decision: boolean
  readonly context?: { readonly code: string; readonly status: number; readonly reason: string }
}

/** The answers to several, as far as they were decided. */
export interface Evaluations {
  readonly evaluations: readonly Evaluation[]
}

type Members = Readonly<Record<string, unknown>>

/** An evaluation that is asked for; without an inquiry where it asks what Usher does not decide. */
interface Request {
  readonly inquiry: Inquiry | undefined
  /** Whom a token must vouch for. */
  readonly subjectId: string
  readonly subjectKind: string
}

const misfit: Evaluation = deny({ code: 'context-invalid' })

/** One of several, as far as it could be read: what is wrong with one is told beside the others (section 7.2.1). */
type Reading = Result<Request, Refusal>

/** Section 6: one evaluation. Members that nobody knows are ignored, as section 10.1 wants it. */
export async function evaluate(
  asked: Members,
  asker: Asker,
  checking: Checking,
): Promise<Result<Evaluation, Refusal>> {
  const request = readRequest(asked)
  return request.ok ? ok(await answer(request.value, createJudge(asker, checking))) : request
}

/** After which answer the rest is not decided any more (section 7.1.2.1). */
const lastDecisions: Readonly<Record<string, boolean | undefined>> = {
  execute_all: undefined,
  deny_on_first_deny: false,
  permit_on_first_permit: true,
}

/** Section 7: several evaluations, for which the members beside them are defaults; or one, where there is no list. */
export async function evaluateAll(
  asked: Members,
  asker: Asker,
  checking: Checking,
): Promise<Result<Evaluations | Evaluation, Refusal>> {
  const { evaluations: list = [], options = {}, ...defaults } = asked
  if (!Array.isArray(list) || list.length > inquiriesMax || !isRecord(options)) {
    return refuse('body-invalid')
  }
  const { evaluations_semantic: semantic = 'execute_all' } = options
  if (typeof semantic !== 'string' || !Object.hasOwn(lastDecisions, semantic)) {
    return refuse('body-invalid')
  }
  if (list.length === 0) return evaluate(defaults, asker, checking)
  const readings = list.map(
    (one: unknown): Reading =>
      isRecord(one) ? readRequest({ ...defaults, ...one }) : refuse('body-invalid'),
  )
  const judge = createJudge(asker, checking)
  const last = lastDecisions[semantic]
  const evaluations =
    last === undefined
      ? await judgeAll(readings, (reading) => answerOne(reading, judge))
      : await answerUntil(last, readings, judge)
  return ok({ evaluations })
}

async function answerUntil(
  last: boolean,
  readings: readonly Reading[],
  judge: Judge,
): Promise<readonly Evaluation[]> {
  const answered: Evaluation[] = []
  for (const reading of readings) {
    const evaluation = await answerOne(reading, judge)
    answered.push(evaluation)
    if (evaluation.decision === last) break
  }
  return answered
}

async function answerOne(reading: Reading, judge: Judge): Promise<Evaluation> {
  return reading.ok ? answer(reading.value, judge) : deny(reading.error)
}

async function answer({ inquiry, ...subject }: Request, judge: Judge): Promise<Evaluation> {
  if (inquiry === undefined) return misfit
  const judgement = await judge(inquiry)
  if (!isAbout(subject, judgement)) return misfit
  return judgement.verdict.ok ? { decision: true } : deny(judgement.verdict.error)
}

/** A token must vouch for whom it is said to; where it is not looked at, it vouches for nobody else either. */
function isAbout(
  { subjectKind, subjectId }: Omit<Request, 'inquiry'>,
  { caller }: Judgement,
): boolean {
  if (caller === undefined || caller.principal.kind === 'anonymous') return true
  const { principal } = caller
  const id = principal.kind === 'user' ? principal.userId : principal.subject
  return principal.kind === subjectKind && id === subjectId
}

function deny({ code }: Refusal): Evaluation {
  const { status, sentence } = refusals[code]
  return { decision: false, context: { code, status, reason: sentence } }
}

/** What must be there is, and is of its type: anything else is no evaluation. */
function readRequest({ subject, action, resource, context }: Members): Result<Request, Refusal> {
  const who = readEntity(subject, 'type', 'id')
  const how = readEntity(action, 'name')
  const what = readEntity(resource, 'type', 'id')
  const isWhole = who !== undefined && how !== undefined && what !== undefined
  if (!isWhole || (context !== undefined && !isRecord(context))) return refuse('body-invalid')
  const [subjectKind = '', subjectId = ''] = who.names
  const [method = ''] = how.names
  const [kind, url = ''] = what.names
  const sender = senderOf({ subjectKind, subjectId }, who.properties.token)
  const fits = sender !== undefined && isMethod(method) && kind === 'url'
  return ok({ subjectKind, subjectId, inquiry: fits ? { sender, method, url } : undefined })
}

/** A user may be asked about by their id alone, a machine only by a token of its. */
function senderOf(
  { subjectKind, subjectId }: Omit<Request, 'inquiry'>,
  token: unknown,
): Sender | undefined {
  const isUser = subjectKind === 'user' && isUserId(subjectId)
  if (token === undefined) {
    if (subjectKind === 'anonymous') return { kind: 'nobody' }
    return isUser ? { kind: 'user', userId: subjectId } : undefined
  }
  const mayHaveToken = isUser || subjectKind === 'machine'
  if (typeof token !== 'string' || token === '' || !mayHaveToken) return undefined
  return { kind: 'bearer', token }
}

interface Entity {
  readonly names: readonly string[]
  readonly properties: Members
}

function readEntity(value: unknown, ...members: readonly string[]): Entity | undefined {
  if (!isRecord(value)) return undefined
  const { properties = {} } = value
  const names = members.flatMap((member) => {
    const name = value[member]
    return typeof name === 'string' ? [name] : []
  })
  return isRecord(properties) && names.length === members.length ? { names, properties } : undefined
}

/** Section 9: where all this is, for the host that was asked. It is at the root wherever it is. */
export function describeDecisionPoint(url: string): Members {
  const { origin } = new URL(url)
  return {
    policy_decision_point: origin,
    access_evaluation_endpoint: `${origin}/access/v1/evaluation`,
    access_evaluations_endpoint: `${origin}/access/v1/evaluations`,
  }
}
