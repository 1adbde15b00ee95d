/**
 * Events: what happened, and who is told of it.
 * It never decides anything, and nothing that it writes down could be used as a credential.
 * The gateway hands it a record of every request; the fuse box gives it somewhere to write.
 */
import type { Moment } from '../model/clock.ts'
import type { Noted, Rehearsed } from '../model/noted.ts'
import type { RefusalCode } from '../model/refusal.ts'

/**
 * What is noted of one request: never a credential, a query or a body. It is complete when the headers of
 * the answer are there; no body is waited for. Who and where exactly (`userId`, `subject`, `path`) stay in
 * memory: what is written is chosen member by member.
 */
export interface RequestRecord extends Milliseconds {
  readonly requestId: string
  /** The trace that the request is part of (W3C Trace Context). */
  readonly traceId?: string | undefined
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
  readonly durationMs: number
  readonly method: string
  /** Canonical; absent when the target was refused. */
  readonly host?: string
  readonly path?: string
  /** The name of the route: its template, or `usher /me` for one of Usher's own surfaces. */
  readonly route?: string | undefined
  /** The name of the route that somebody asked about without taking it. */
  readonly checked?: string
  readonly userId?: string
  /** Who is calling and is no person: a machine, or an organisation. */
  readonly subject?: string
  /** Handed on to an origin, or answered or refused by Usher itself. */
  readonly outcome: 'passed' | 'answered' | 'refused'
  readonly status: number
  /** Why the request went no further, or why a credential did not count on an optional route. */
  readonly reason?: RefusalCode
  /** What would have become of it where something is in shadow; absent for what was refused anyway. */
  readonly shadow?: Rehearsed
  /** The kind of error that was caught and where it came from, for `internal-error` alone. */
  readonly fault?: string
  readonly keySource?: Noted['keySource']
  readonly factSource?: Noted['factSource']
  /** The name of the origin that was to answer. */
  readonly origin?: string | undefined
  /** The member of a set that was asked last. */
  readonly member?: string
  /** How often the request was sent again. */
  readonly retries?: number
  /** Whether the answer was kept, or the request went past what is; absent where the route keeps none. */
  readonly cached?: 'hit' | 'miss' | 'bypass'
  /** The length of the request's body, where it was said. */
  readonly bytesIn?: number | undefined
  /** The length of the answer's body, where it was said. */
  readonly bytesOut?: number | undefined
}

/** How long the stages took that may wait. The clock stands still in all that does not. */
export interface Milliseconds {
  readonly authenticateMs?: number
  readonly limitMs?: number
  readonly introduceMs?: number
  /** Until the headers of the answer, retries included. */
  readonly originMs?: number
}

/** Takes one record; it must not throw and is not awaited. What goes on behind it belongs to the moment. */
export type TakeRecord = (record: RequestRecord, moment: Moment) => void
