import type { Principal } from './principal.ts'
import type { RefusalCode } from './refusal.ts'

/** What would have become of a request, had all that is in shadow been in force. */
export interface Rehearsed {
  /** The name of the route that it would have taken. */
  readonly route: string
  readonly outcome: 'passed' | RefusalCode
}

/** What only those know who decide a part of a request, and its record is to tell. */
export interface Noted {
  /** Where the key of a token came from or, for an opaque credential, what Clerk says of it. */
  readonly keySource?: 'memory' | 'kv' | 'network'
  readonly factSource?: 'memory' | 'database'
  /** The member of a set that was asked last, and how often the request was sent again. */
  readonly member?: string
  readonly retries?: number
  /** Who calls one of Usher's own surfaces. */
  readonly principal?: Principal
  /** The name of the route that somebody asked about without taking it. */
  readonly checked?: string
  /** Which of Usher's own surfaces it is, where its path alone does not say. */
  readonly surface?: string
  /** Why one of Usher's own surfaces refused. */
  readonly reason?: RefusalCode
  /** What was tried on a request that somebody described, and that is sent now. */
  readonly shadow?: Rehearsed
}
