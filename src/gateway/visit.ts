import type { RequestRecord, TakeRecord } from '../events/record.ts'
import type { Clock, Moment } from '../model/clock.ts'
import type { User } from '../model/principal.ts'
import type { Refusal } from '../model/refusal.ts'
import { refusalResponse } from '../model/refusal-response.ts'
import type { Route, Rules } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import type { Greet } from './acquaintance.ts'
import type { Caller } from './authenticate.ts'
import { metadataAddress } from './protected-resource.ts'

/** Who keeps work alive that goes on behind an answer: the execution context of the Worker. */
export interface Keeper {
  waitUntil(work: Promise<unknown>): void
}

/** One request on its way: its id, its one moment, and what will be recorded of it. */
export interface Visit {
  readonly requestId: string
  readonly moment: Moment
  note(seen: Partial<RequestRecord>): void
  /** Notes who is calling. */
  meet(caller: Caller): void
  /** The answer to a request that goes no further; at a route it says where to get a credential. */
  refuse(refusal: Refusal, at?: RefusedAt): Response
  /** Notes the answer and hands it on. */
  leave(response: Response): Response
  /** Hands over what is recorded of the request, and whose it was. */
  end(takers: { record: TakeRecord; greet: Greet }): void
}

/** Where a caller was refused. */
interface RefusedAt {
  readonly target: CanonicalTarget
  readonly route: Route
}

/** Begins a visit: the clock is read once, and every decision is made at that moment. */
export function beginVisit(
  request: Request,
  keeper: Keeper,
  { clock, rules }: { clock: Clock; rules: Rules },
): Visit {
  const requestId = crypto.randomUUID()
  const nowMs = clock.now()
  const moment: Moment = { nowMs, waitUntil: (work) => keeper.waitUntil(work) }
  let guest: User | undefined
  const noted: Omit<RequestRecord, 'durationMs'> = {
    requestId,
    startedAtMs: nowMs,
    method: request.method,
    status: 500,
  }

  function note(seen: Partial<RequestRecord>): void {
    Object.assign(noted, seen)
  }

  function meet({ principal }: Caller): void {
    if (principal.kind === 'anonymous') {
      if (principal.reason !== undefined) note({ reason: principal.reason })
      return
    }
    if (principal.kind === 'machine') {
      note({ subject: principal.subject })
      return
    }
    guest = principal
    note({ userId: principal.userId })
  }

  function refuse(refusal: Refusal, at?: RefusedAt): Response {
    note({ reason: refusal.code })
    const { method, headers } = request
    const hints = at && {
      signIn: signInFor(rules, at.target),
      resourceMetadata: metadataAddress(at.target, at.route, rules.canonicalOrigin),
    }
    return leave(refusalResponse(refusal, { method, headers, requestId, ...hints }))
  }

  function end({ record, greet }: { record: TakeRecord; greet: Greet }): void {
    record({ ...noted, durationMs: clock.now() - nowMs })
    if (guest !== undefined) greet(guest, moment)
  }

  function leave(response: Response): Response {
    note({ status: response.status })
    return response
  }

  return { requestId, moment, note, meet, refuse, leave, end }
}

/** The way back leads to the configured host, never to one that the request names. */
function signInFor(rules: Rules, target: CanonicalTarget) {
  const { signInUrl, canonicalOrigin } = rules
  if (signInUrl === undefined || canonicalOrigin === undefined) return undefined
  return { url: signInUrl, returnTo: `${canonicalOrigin}${target.path}${target.query}` }
}
