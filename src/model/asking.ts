import type { Moment } from './clock.ts'
import type { CanonicalTarget } from './target.ts'

/** Headers that are read by name, however they are spelled. */
export type HeaderReader = Pick<Headers, 'get' | 'has'>

/** What decisions look at of a request, besides its target. */
export interface Described {
  readonly method: string
  readonly headers: HeaderReader
}

/** A request that is decided about: one on its way through the gateway, or one that somebody else describes. */
export interface Question extends Described {
  readonly target: CanonicalTarget
  readonly moment: Moment
  readonly requestId: string
  /** The address of the client, by those who cannot be lied to about it; `undefined` where nobody says it. */
  readonly clientAddress: string | undefined
}

/** A request on its way through the gateway: what every stage and every room may know of it. */
export interface Asking extends Question {
  readonly request: Request
}
