import type { Moment } from './clock.ts'
import type { CanonicalTarget } from './target.ts'

/** A request on its way through the gateway: what every stage and every room may know of it. */
export interface Asking {
  readonly request: Request
  readonly target: CanonicalTarget
  readonly moment: Moment
  readonly requestId: string
}
