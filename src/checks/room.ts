import type { Call } from '../api/capabilities.ts'
import { type JsonObject, json, readJson } from '../api/json.ts'
import { refuseCall } from '../api/room.ts'
import { callerHeader, someoneMayDecide } from '../model/checks.ts'
import type { Refusal } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import { describeDecisionPoint, evaluate, evaluateAll } from './authzen.ts'
import { identifyCaller, identifyClient } from './callers.ts'
import type { Checking } from './checking.ts'
import { answerDecisions } from './decisions.ts'
import type { Asker } from './judge.ts'

/** A hundred requests with a token each. */
const bodyMaxBytes = 256 * 1024

type Answer = (
  asked: JsonObject,
  asker: Asker,
  checking: Checking,
) => Promise<Result<unknown, Refusal>>

/** `decisions`: decisions as data, in Usher's own form. */
export function decisions(call: Call, checking: Checking): Promise<Response> {
  const { request } = call
  const caller = identifyCaller(
    { headers: request.headers, request },
    'decisions',
    checking.rules.checks,
  )
  return answerTo(caller, call, (asked, asker) => answerDecisions(asked, asker, checking))
}

/** `access/v1/evaluation`: one, as AuthZEN has it. */
export function evaluation(call: Call, checking: Checking): Promise<Response> {
  return answerClient(call, evaluate, checking)
}

/** `access/v1/evaluations`: several, as AuthZEN has them. */
export function evaluations(call: Call, checking: Checking): Promise<Response> {
  return answerClient(call, evaluateAll, checking)
}

/** Whoever names their request is told of which one this is the answer, as AuthZEN wants it (section 10.1.3). */
async function answerClient(call: Call, answer: Answer, checking: Checking): Promise<Response> {
  const caller = identifyClient(call.request, checking.rules.checks)
  const response = await answerTo(caller, call, (asked, asker) => answer(asked, asker, checking))
  const named = call.request.headers.get('x-request-id')
  if (named !== null) response.headers.set('X-Request-ID', named)
  return response
}

/** Nothing that somebody sends is read before it is known that they may ask. */
async function answerTo(
  caller: ReturnType<typeof identifyClient>,
  call: Call,
  answer: (asked: JsonObject, asker: Asker) => ReturnType<Answer>,
): Promise<Response> {
  const { request, requestId, moment } = call
  if (!caller.ok) return refuseCall(call, caller.error)
  const asked = await readJson(request, bodyMaxBytes)
  if (!asked.ok) return refuseCall(call, asked.error)
  const clientAddress = request.headers.get('cf-connecting-ip') ?? undefined
  const answered = await answer(asked.value, {
    caller: caller.value,
    requestId,
    moment,
    clientAddress,
  })
  return answered.ok ? json(answered.value) : refuseCall(call, answered.error)
}

/**
 * AuthZEN's metadata: everyone may know where decisions are made, but whoever asks for checks is answered by
 * nothing else.
 */
export async function authzenMetadata(call: Call, { rules }: Checking): Promise<Response> {
  const { request } = call
  if (!someoneMayDecide(rules.checks)) return refuseCall(call, { code: 'route-unknown' })
  if (request.headers.has(callerHeader)) {
    const caller = identifyCaller({ headers: request.headers, request }, 'decisions', rules.checks)
    if (!caller.ok) return refuseCall(call, caller.error)
  }
  return json(describeDecisionPoint(request.url))
}
