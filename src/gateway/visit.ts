import type { Milliseconds, RequestRecord, TakeRecord } from '../events/record.ts'
import type { Asking, HeaderReader } from '../model/asking.ts'
import { announcedBytes, writtenLength } from '../model/body-length.ts'
import type { Clock, Moment } from '../model/clock.ts'
import { identityHeaders } from '../model/headers.ts'
import type { Noted } from '../model/noted.ts'
import type { Principal, User } from '../model/principal.ts'
import type { Refusal } from '../model/refusal.ts'
import { refusalResponse } from '../model/refusal-response.ts'
import { type Result, unreachable } from '../model/result.ts'
import type { Route, Rules } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import type { Cors } from '../model/terms.ts'
import { dress } from '../proxy/header-changes.ts'
import type { Arrival } from '../proxy/road.ts'
import type { Greet } from './acquaintance.ts'
import type { Admitted } from './admission.ts'
import type { Caller } from './authenticate.ts'
import type { Attended } from './browser-session.ts'
import { corsOfRoute, corsOfSurface, grant } from './cors.ts'
import type { Pass } from './limit.ts'
import type { Match } from './match.ts'
import { surfaceName } from './own.ts'
import { metadataAddress } from './protected-resource.ts'
import { bake, sendOn, signInFor } from './send-on.ts'
import { serverTiming } from './server-timing.ts'
import { beginTrace, passTrace, traceIdOf } from './trace.ts'
import { whenOver } from './when-over.ts'

/** Who keeps work alive that goes on behind an answer: the execution context of the Worker. */
export interface Keeper {
  waitUntil(work: Promise<unknown>): void
}

/** What holds for every visit. */
export interface House {
  readonly clock: Clock
  readonly rules: Rules
}

/** A record while it is written. */
type Draft = { -readonly [Member in keyof RequestRecord]: RequestRecord[Member] }

/**
 * One request on its way: its id, its one moment, and what will be recorded of it. The methods that are
 * given what a stage came to give it back: they note it, and how long the stage took.
 */
export class Visit {
  readonly #request: Request
  readonly #house: House
  readonly #moment: Moment
  readonly #draft: Draft
  #lapAtMs: number
  #isKept = false
  #target: CanonicalTarget | undefined
  #route: Route | undefined
  #cors: Cors | undefined
  #mayWaitForCaller = false
  #attended: Attended | undefined
  #guest: User | undefined
  #pass: Pass | undefined

  /** Begins a visit: the clock is read once, and every decision is made at that moment. */
  constructor(request: Request, keeper: Keeper, house: House) {
    const nowMs = house.clock.now()
    this.#request = request
    this.#house = house
    this.#moment = {
      nowMs,
      waitUntil: (work) => {
        this.#isKept = true
        keeper.waitUntil(work)
      },
      isKept: () => this.#isKept,
      note: (noted) => this.#note(noted),
    }
    this.#lapAtMs = nowMs
    this.#draft = {
      requestId: crypto.randomUUID(),
      startedAtMs: nowMs,
      durationMs: 0,
      method: request.method,
      outcome: 'answered',
      status: 500,
    }
  }

  /** Notes what is asked for, and gives what every stage may know of it. */
  begin(target: CanonicalTarget, headers: HeaderReader): Asking {
    this.#target = target
    this.#draft.host = target.host
    this.#draft.path = target.path
    const { requestId } = this.#draft
    const request = this.#request
    const { method } = this.#draft
    const moment = this.#moment
    const clientAddress = headers.get('cf-connecting-ip') ?? undefined
    return { request, method, headers, target, moment, requestId, clientAddress }
  }

  /** Notes which of Usher's own surfaces is asked for. */
  enterSurface(path: string): void {
    this.#cors = corsOfSurface(path, this.#house.rules)
    this.#draft.route = surfaceName(path)
  }

  /** Notes which route is taken; from here on answers are those of the route. */
  enter({ route, isPreflight, trial }: Pick<Match, 'route' | 'isPreflight' | 'trial'>): void {
    this.#route = route
    this.#mayWaitForCaller = route.access.kind !== 'public' || trial !== undefined
    this.#cors = corsOfRoute(route, isPreflight, this.#request)
    this.#draft.route = route.name
  }

  /** Notes what became of the session of a browser: gives what is asked from now on, or the answer at once. */
  attend(attended: Result<Attended, Refusal>): Asking | Response {
    if (!attended.ok) return this.refuse(attended.error)
    const { asking, location } = attended.value
    this.#attended = attended.value
    this.#target = asking.target
    return location === undefined ? asking : this.leave(sendOn(location))
  }

  /** Notes who is calling, and what was tried on them. */
  meet({ caller, verdict, shadow }: Admitted): Result<Caller, Refusal> {
    this.#time('authenticateMs', this.#mayWaitForCaller)
    if (shadow !== undefined) this.#draft.shadow = shadow
    if (caller === undefined) return verdict
    const { principal } = caller
    this.#name(principal)
    if (principal.kind === 'user') this.#guest = principal
    return verdict
  }

  /** Notes what limits say of the request. */
  admit(pass: Result<Pass | undefined, Refusal>): Result<Pass | undefined, Refusal> {
    if (this.#route?.limits !== undefined) this.#time('limitMs', true)
    if (pass.ok) this.#pass = pass.value
    return pass
  }

  /** Notes what the origin is told, and gives it the request's place in a trace. */
  introduce(headers: Result<Headers, Refusal>, names: readonly string[]): Result<Headers, Refusal> {
    this.#time('introduceMs', this.#route?.exchange !== undefined)
    this.#draft.origin = this.#route?.origin.name
    if (headers.ok && this.#house.rules.observation.traces) {
      // A kept answer belongs to many traces, and must not depend on one of them.
      const give = this.#route?.cache === undefined ? passTrace : beginTrace
      this.#draft.traceId = give(headers.value, { requestId: this.#draft.requestId, names })
    }
    return headers
  }

  /** Notes what came back from the origin. */
  return(arrival: Result<Arrival, Refusal>): Result<Arrival, Refusal> {
    this.#time('originMs', true)
    if (!arrival.ok) return arrival
    const { cached } = arrival.value
    const draft = this.#draft
    draft.outcome = 'passed'
    // What a client says of a body that nobody took would be counted. Reading has none, as good as always.
    const isRead = draft.method === 'GET' || draft.method === 'HEAD'
    if (!isRead) draft.bytesIn = announcedBytes(this.#request.headers)
    if (cached !== undefined) draft.cached = cached
    return arrival
  }

  /** The answer to a request that goes no further; at a route it says where to get a credential. */
  refuse(refusal: Refusal): Response {
    this.#note({ reason: refusal.code })
    const { method, headers } = this.#request
    const target = this.#target
    const route = this.#route
    const { requestId } = this.#draft
    const { rules } = this.#house
    this.#draft.traceId ??= rules.observation.traces
      ? traceIdOf(headers.get('traceparent'))
      : undefined
    const hints = target &&
      route && {
        signIn: signInFor(rules, { target, route, ticket: this.#attended?.ticket }),
        resourceMetadata: metadataAddress(target, route, rules.canonicalOrigin),
      }
    return this.#finish(refusalResponse(refusal, { method, headers, requestId, ...hints }))
  }

  /** The answer to a fault of our own, which alone is told what it was. */
  fail(fault: string): Response {
    this.#draft.fault = fault
    return this.refuse({ code: 'internal-error' })
  }

  /**
   * Notes the answer and hands it on. Where someone counts what is under way, it is until its body is over,
   * or what goes on without one: until `ended`.
   */
  leave(response: Response, ended?: Promise<void>): Response {
    const answered = this.#finish(response)
    const release = this.#pass?.release
    if (release !== undefined && ended !== undefined) {
      this.#pass = undefined
      ended.then(release)
      return answered
    }
    // The answer to HEAD has a body for the platform, with the length of the one that is not sent.
    if (release === undefined || answered.body === null || this.#request.method === 'HEAD') {
      return answered
    }
    this.#pass = undefined
    return whenOver(answered, this.#request.signal, release)
  }

  /** Hands over what is recorded of the request, and whose it was. */
  end({ record, greet }: { record: TakeRecord; greet: Greet }): void {
    this.#pass?.release?.()
    this.#draft.durationMs = this.#passedMs()
    record(this.#draft, this.#moment)
    if (this.#guest !== undefined) greet(this.#guest, this.#moment)
  }

  /** What every answer says, whoever gives it. */
  #finish(response: Response): Response {
    const { headers } = response
    const draft = this.#draft
    draft.status = response.status
    if (draft.method !== 'HEAD') draft.bytesOut = writtenLength(headers)
    // Here and nowhere else, whatever the answer is and whoever gave it.
    headers.set(identityHeaders.requestId, draft.requestId)
    const limits = this.#pass?.headers ?? []
    // What an origin says of its own limits would be read as said of those of the policy.
    if (limits.length > 0) headers.delete('RateLimit')
    for (const [name, value] of limits) headers.set(name, value)
    this.#dress(headers)
    if (this.#attended !== undefined) bake(headers, this.#attended.cookies)
    if (this.#cors !== undefined) grant(headers, this.#cors, this.#request)
    if (this.#house.rules.observation.serverTiming) {
      headers.append('Server-Timing', serverTiming(draft, this.#passedMs()))
    }
    return response
  }

  #dress(headers: Headers): void {
    const changes = this.#route?.responseHeaders
    if (changes !== undefined && this.#target !== undefined) dress(headers, changes, this.#target)
  }

  #note({
    keySource,
    factSource,
    member,
    retries,
    checked,
    shadow,
    surface,
    principal,
    reason,
  }: Noted): void {
    const draft = this.#draft
    if (checked !== undefined) draft.checked = checked
    if (shadow !== undefined) draft.shadow = shadow
    if (keySource !== undefined) draft.keySource = keySource
    if (factSource !== undefined) draft.factSource = factSource
    if (member !== undefined) draft.member = member
    if (retries !== undefined) draft.retries = retries
    if (surface !== undefined) draft.route = `usher ${surface}`
    if (principal !== undefined) this.#name(principal)
    if (reason === undefined) return
    draft.outcome = 'refused'
    draft.reason = reason
  }

  #name(principal: Principal): void {
    switch (principal.kind) {
      case 'user':
        this.#draft.userId = principal.userId
        break
      case 'machine':
        this.#draft.subject = principal.subject
        break
      case 'anonymous':
        if (principal.reason !== undefined) this.#draft.reason = principal.reason
        break
      default:
        unreachable(principal)
    }
  }

  /** Ends a stage; the clock, which stands still in what does not wait, is read where that one may have. */
  #time(stage: keyof Milliseconds, mayHaveWaited: boolean): void {
    const nowMs = mayHaveWaited ? this.#house.clock.now() : this.#lapAtMs
    this.#draft[stage] = nowMs - this.#lapAtMs
    this.#lapAtMs = nowMs
  }

  /** Until now; once an origin has answered nothing waits any more. */
  #passedMs(): number {
    const hasAnswer = this.#draft.originMs !== undefined
    return (hasAnswer ? this.#lapAtMs : this.#house.clock.now()) - this.#moment.nowMs
  }
}
