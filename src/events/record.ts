/**
 * Events: what happened, and who is told of it.
 * It never decides anything, and nothing that it writes down could be used as a credential.
 * The gateway hands it a record of every request; the fuse box gives it somewhere to write.
 */
import type { RefusalCode } from '../model/refusal.ts'

/** What is noted of one request: never a credential, a query or a body. */
export interface RequestRecord {
  readonly requestId: string
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
  readonly durationMs: number
  readonly method: string
  /** Canonical; absent when the target was refused. */
  readonly host?: string
  readonly path?: string
  /** The name of the route, or `surface` for Usher's own. */
  readonly route?: string
  readonly userId?: string
  /** Who is calling and is no person: a machine, or an organisation. */
  readonly subject?: string
  readonly status: number
  /** Why the request went no further, or why a credential did not count on an optional route. */
  readonly reason?: RefusalCode
  /** The kind of error that was caught and where it came from, for `internal-error` alone. */
  readonly fault?: string
}

/** Takes one record; it must not throw and is not awaited. */
export type TakeRecord = (record: RequestRecord) => void
