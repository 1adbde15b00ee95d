import type { EventCapabilities } from '../events/capabilities.ts'

/** What this room needs of the world. */
export interface TaskCapabilities extends EventCapabilities {
  /**
   * Starts a Workflow that goes on with a run; `undefined` where none is bound. A run is walked in legs, one Workflow
   * after the other: the same leg is started once, however often it is asked for.
   */
  readonly startSync: ((runId: string, leg: number) => Promise<void>) | undefined
}
