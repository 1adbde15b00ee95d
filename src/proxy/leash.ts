import type { Departure } from './road.ts'

/** By what a request that is under way at an origin can be ended. */
export interface Leash {
  readonly signal: AbortSignal
  /** Ends the request; the origin sees a connection that is cut. */
  pull(): void
  /** Lets the request be, whatever becomes of its client: from now on the platform sees to that. */
  drop(): void
}

/** A leash that is pulled when the client goes away. */
export function leashTo({ signal: client }: Request): Leash {
  const controller = new AbortController()
  const pull = () => controller.abort()
  if (client.aborted) pull()
  else client.addEventListener('abort', pull)
  return {
    signal: controller.signal,
    pull,
    drop: () => client.removeEventListener('abort', pull),
  }
}

/**
 * Whether a request to an origin could outlive the wait for it. By itself the platform ends it together with
 * the one that it is for, so that a leash, which costs more than most of the way, is for those alone that
 * have work pending behind them, whose bodies are bounded, or that may be sent elsewhere next.
 */
export function needsLeash({ route, moment }: Departure): boolean {
  return moment.isKept() || route.body !== undefined || route.origin.kind === 'set'
}
