import type { Moment } from '../model/clock.ts'
import type { CanonicalTarget } from './canonical.ts'

/** A request on its way through the gateway: what every stage and every room may know of it. */
export interface Asking {
  readonly request: Request
  readonly target: CanonicalTarget
  readonly moment: Moment
  readonly requestId: string
}

/** Answers for one of Usher's own surfaces, by its path below the prefix; loaded when first used. */
export type Rooms = (path: string, asking: Asking) => Promise<Response>
