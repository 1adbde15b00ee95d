/**
 * Tasks: work that takes longer than a request, in steps that are written down.
 * It never decides about a request, and knows nothing of routes.
 * The front door exports its Workflows, the API starts them, and the cron trigger fires what is due.
 */
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers'
import type { TaskCapabilities } from './capabilities.ts'
import type { Leg } from './sync.ts'

/** Opens the house for a run; `undefined` where its configuration is wrong and it stays shut. */
type Open<Bindings> = (bindings: Bindings) => TaskCapabilities | undefined

/** The Workflow that walks through what Clerk has. This is its shell: what walks is loaded when it runs. */
export function syncWorkflow<Bindings>(open: Open<Bindings>) {
  return class Sync extends WorkflowEntrypoint<Bindings, Leg> {
    override async run(event: WorkflowEvent<Leg>, step: WorkflowStep): Promise<void> {
      const { walkThroughClerk } = await import('./sync.ts')
      const capabilities = open(this.env)
      if (capabilities === undefined) throw new Error('The configuration is wrong')
      await walkThroughClerk(event.payload, step, capabilities)
    }
  }
}
