import type { Moment } from '../model/clock.ts'
import type { Endpoint, OriginSet, OriginTerms } from '../model/origin.ts'
import type { Principal } from '../model/principal.ts'
import type { Refusal } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import type { Route } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import type { Ending } from './move-body.ts'

/** Sends a request, as `fetch` does. */
export type Road = (input: string | Request, init?: RequestInit) => Promise<Response>

/** The roads to endpoints of every kind. */
export interface DirectRoads {
  readonly network: Road
  /** Service bindings, by their names. */
  readonly services: ReadonlyMap<string, Road>
  /** mTLS certificate bindings, by their names. */
  readonly certificates: ReadonlyMap<string, Road>
}

/** How requests leave. */
export interface Roads extends DirectRoads {
  /** To one member of a set, or to another where that fails; loaded when a set is first used. */
  readonly toSet: SendToSet
}

/** A request that may go to its origin. */
export interface Departure {
  readonly request: Request
  /** As the origin is to see it. */
  readonly target: CanonicalTarget
  readonly headers: Headers
  readonly route: Route
  readonly principal: Principal
  readonly moment: Moment
  /** The names of the headers that the client sent. */
  readonly names: readonly string[]
  /** Settles once the body of the request is over; the wait for an answer begins then. Absent is at once. */
  readonly uploaded?: Promise<Ending>
}

/** What came back, and from where. */
export interface Arrival {
  readonly response: Response
  /** Where it was asked, if its origin has several places or is asked again. */
  readonly endpoint?: Endpoint
  /** Whether the answer was kept, or could not be; absent where the route keeps none. */
  readonly cached?: 'hit' | 'miss' | 'bypass'
  /** A `Set-Cookie` of Usher's own, by which the caller is led to the same member again. */
  readonly cookie?: string
}

/** Sends a request to a set of endpoints. */
export type SendToSet = (
  departure: Departure,
  set: OriginTerms & OriginSet,
) => Promise<Result<Arrival, Refusal>>

/** Answers from what is kept, or asks `forward` and keeps what may be; loaded when a route first asks for it. */
export type Recall = (
  departure: Departure,
  forward: (departure: Departure) => Promise<Result<Arrival, Refusal>>,
) => Promise<Result<Arrival, Refusal>>
