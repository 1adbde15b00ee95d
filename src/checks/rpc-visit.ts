import { isRecord } from '../config/shape.ts'
import { canonicalize } from '../gateway/canonical.ts'
import { callSurface } from '../gateway/own.ts'
import { faultOf, type Gateway } from '../gateway/pipeline.ts'
import { shut } from '../gateway/shut.ts'
import { type Keeper, Visit } from '../gateway/visit.ts'
import type { Asking } from '../model/asking.ts'
import type { CheckCaller, Checks } from '../model/checks.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { refusalResponse } from '../model/refusal-response.ts'
import { ok, type Result } from '../model/result.ts'
import { hintsFor, type Subject } from './answer.ts'
import type { Checking } from './checking.ts'

/** What calls of other Workers need of the gateway: they are recorded as requests are. */
export type Called = Omit<Checking, 'count'> & Pick<Gateway, 'record'>

/** Who calls: what the properties of a service binding say, and the context that they call in. */
export interface Call {
  readonly props: unknown
  readonly keeper: Keeper
}

/** What a call comes to. */
export interface Business<Told> {
  /** Answers somebody who may call. */
  readonly answer: (call: KnownCall, called: Called) => Promise<Result<Told, Denial>>
  /** Tells that nothing came of it: what Usher would answer to a request, and why. */
  readonly turnAway: (response: Response, refusal: Refusal) => Told | Promise<Told>
}

/** A call of a Worker that the config knows. */
export interface KnownCall {
  readonly caller: CheckCaller
  readonly asking: Asking
  readonly visit: Visit
}

/** Why nothing comes of a call, and what it is about as far as it could be understood. */
export interface Denial extends Subject {
  readonly refusal: Refusal
}

/** What stands for the request that a call is none of. */
const address = 'https://usher.invalid/rpc'

/**
 * Lets somebody call: each call has an id and a moment, and is recorded whatever comes of it. A house whose
 * configuration is wrong is shut to them, too.
 */
export async function receiveCall<Told>(
  { props, keeper }: Call,
  { answer, turnAway }: Business<Told>,
  called: Called | undefined,
): Promise<Told> {
  const request = new Request(address, { method: 'POST' })
  if (called === undefined) return turnAway(shut(request), { code: 'gateway-misconfigured' })
  const { rules } = called
  const visit = new Visit(request, keeper, called)
  try {
    visit.enterSurface(callSurface)
    const target = canonicalize(request, rules.escapes)
    if (!target.ok) return await turnAway(visit.refuse(target.error), target.error)
    const asking = visit.begin(target.value, request.headers)
    const caller = findCaller(props, rules.checks)
    if (!caller.ok) return await turnAway(visit.refuse(caller.error), caller.error)
    const known = { caller: caller.value, asking, visit }
    const told = await answer(known, called)
    if (!told.ok) {
      const { refusal } = told.error
      asking.moment.note({ reason: refusal.code })
      return await turnAway(visit.leave(responseTo(told.error, known, called)), refusal)
    }
    visit.leave(new Response(null))
    return told.value
  } catch (thrown) {
    return await turnAway(visit.fail(faultOf(thrown)), { code: 'internal-error' })
  } finally {
    visit.end(called)
  }
}

/** The Worker that a binding names, where the config lets it call: its name is the word of whoever deploys it. */
function findCaller(props: unknown, { callers }: Checks): Result<CheckCaller, Refusal> {
  const name = isRecord(props) ? props.caller : undefined
  const caller = callers.find((one) => one.proof.kind === 'binding' && one.name === name)
  return caller === undefined ? refuse('caller-unknown') : ok(caller)
}

/** What the request that is asked about would get. */
function responseTo(
  { refusal, ...subject }: Denial,
  { caller, asking: { request, requestId } }: KnownCall,
  { rules }: Called,
): Response {
  const { method, headers } = subject.question ?? request
  const hints = hintsFor({ ...subject, caller }, rules)
  return refusalResponse(refusal, { method, headers, requestId, ...hints })
}
