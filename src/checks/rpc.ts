import { isRecord } from '../config/shape.ts'
import type { Described, Question } from '../model/asking.ts'
import type { CheckCaller } from '../model/checks.ts'
import { identityHeaders } from '../model/headers.ts'
import { isMethod } from '../model/method.ts'
import { type Refusal, type RefusalCode, refusals, refuse } from '../model/refusal.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { Rules } from '../model/route.ts'
import { mayAskAbout } from './callers.ts'
import { principalForCaller } from './calling-principal.ts'
import type { Authentication, Decided, Rejection } from './calls.ts'
import { decide } from './decide.ts'
import { answerDecisions } from './decisions.ts'
import { inquiriesMax } from './question.ts'
import {
  type Business,
  type Call,
  type Called,
  type Denial,
  type KnownCall,
  receiveCall,
} from './rpc-visit.ts'
import { readHost, readTarget } from './target.ts'
import { tell } from './tell.ts'

/**
 * Decides about a request that came to the calling Worker, at its own address. That Worker has it as its client
 * wrote it, so its target must have one reading, as in every check. No limit counts it.
 */
export function authenticate(
  coming: unknown,
  call: Call,
  called: Called | undefined,
): Promise<Authentication> {
  const business: Business<Authentication> = {
    answer: (known, opened) => admitComing(coming, known, opened),
    turnAway: rejection,
  }
  return receiveCall(call, business, called)
}

/** What `decide` is called with, as it comes over a binding. */
export interface Inquired {
  readonly asked: unknown
  readonly options: unknown
}

/**
 * The same as `POST /decisions`, about one request or several: the answer has their order. Whoever may not ask, or
 * asks what cannot be read, is told so of each; of more than may be asked, of as many as may.
 */
export function decideAbout(
  { asked, options = {} }: Inquired,
  call: Call,
  called: Called | undefined,
): Promise<Decided | Decided[]> {
  const requests: readonly unknown[] = Array.isArray(asked) ? asked : [asked]
  const told = (decided: readonly Decided[]) =>
    Array.isArray(asked) ? [...decided] : only(decided)
  const business: Business<Decided | Decided[]> = {
    async answer({ caller, asking: { moment, requestId } }, opened) {
      const asker = { caller, moment, requestId, clientAddress: undefined }
      const inquiries = isRecord(options) ? { ...options, requests } : undefined
      const answered = await answerDecisions(inquiries, asker, opened)
      if (!answered.ok) return err({ refusal: answered.error })
      return ok(told(answered.value.decisions))
    },
    turnAway: (_response, { code }) => {
      // However long a list is that nobody reads.
      const length = Math.min(requests.length, inquiriesMax)
      return told(Array.from({ length }, () => denied(code)))
    },
  }
  return receiveCall(call, business, called)
}

/** What one question comes to. */
function only([one = denied('internal-error')]: readonly Decided[]): Decided {
  return one
}

function denied(code: RefusalCode): Decided {
  return { allowed: false, status: refusals[code].status, code, route: null, principal: null }
}

async function admitComing(
  coming: unknown,
  { caller, asking, visit }: KnownCall,
  called: Called,
): Promise<Result<Authentication, Denial>> {
  const described = describe(coming, caller, called.rules)
  if (!described.ok) return err({ refusal: described.error })
  const clientAddress = described.value.headers.get('cf-connecting-ip') ?? undefined
  const question: Question = { ...asking, ...described.value, clientAddress }
  const { matched, ...admitted } = await decide(question, atItsOwnAddress(called))
  if (matched !== undefined) asking.moment.note({ checked: matched.route.name })
  const met = visit.meet(admitted)
  if (!met.ok) return err({ refusal: met.error, question, matched })
  if (matched === undefined) return err({ refusal: { code: 'route-unknown' }, question })
  const { route } = matched
  const told = await tell({ question, route, caller: met.value }, called)
  if (!told.ok) return err({ refusal: told.error, question, matched })
  const principal = principalForCaller(met.value)
  const headers = new Headers([...told.value, [identityHeaders.requestId, question.requestId]])
  return ok({ allowed: true, route: route.name, principal, headers: [...headers] })
}

/** What of a request is decided about. No type holds over a binding, so that everything is looked at. */
function describe(
  coming: unknown,
  caller: CheckCaller,
  rules: Pick<Rules, 'escapes'>,
): Result<Pick<Question, 'method' | 'headers' | 'target'>, Refusal> {
  const request = readRequest(coming)
  if (request === undefined) return refuse('context-invalid')
  const host = readHost(request.url)
  if (host.ok && !mayAskAbout(caller, host.value)) return refuse('caller-not-granted')
  const target = readTarget(request.url, rules)
  if (!target.ok) return target
  const { method, headers } = request
  return ok({ method, headers, target: target.value })
}

function readRequest(coming: unknown): (Described & Pick<Request, 'url'>) | undefined {
  if (!isRecord(coming)) return undefined
  const { url, method, headers } = coming
  const isOne = typeof url === 'string' && typeof method === 'string' && headers instanceof Headers
  return isOne && isMethod(method) ? { url, method, headers } : undefined
}

/** Scheme and host are the word of a Worker that the request came to: browsers know it by these. */
function atItsOwnAddress({ rules, routes, authority }: Called) {
  return { rules, routes, authority: { ...authority, canonicalOrigin: undefined } }
}

/** What Usher itself would answer, and the reason beside it. */
async function rejection(response: Response, { code }: Refusal): Promise<Rejection> {
  const text = await response.text()
  return {
    allowed: false,
    status: response.status,
    code,
    message: refusals[code].sentence,
    headers: [...response.headers],
    body: text === '' ? null : text,
  }
}
