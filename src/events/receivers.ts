import type { EventDraft, UsherEvent } from '../model/event.ts'
import type { EventCapabilities } from './capabilities.ts'
import type { EventHandlers } from './handlers.ts'
import { concernsRoleMirror, mirrorRoles, roleMirrorReceiver } from './role-mirror.ts'

/** Somebody in this house who is told of events, beside the subscriptions. */
export interface Receiver {
  /** Names it in deliveries; no subscription is called so. */
  readonly name: string
  wants(event: EventDraft): boolean
  /** It may be called again with the same event, and is where it throws. */
  receive(event: UsherEvent): Promise<void>
}

/** Everybody in this house who is told of events. */
export async function openReceivers(capabilities: EventCapabilities): Promise<readonly Receiver[]> {
  return [siteReceiver(await loadHandlers(capabilities)), roleMirror(capabilities)]
}

/** What the project itself does; `undefined` where it cannot be loaded. */
async function loadHandlers(capabilities: EventCapabilities): Promise<EventHandlers | undefined> {
  try {
    return await capabilities.loadHandlers()
  } catch (error) {
    capabilities.logFault('src/site/events.ts', error)
    return undefined
  }
}

/** Code that cannot be loaded is told of everything, in vain: then nothing is lost when it is mended. */
function siteReceiver(handlers: EventHandlers | undefined): Receiver {
  return {
    name: 'site',
    wants: (event) => handlers?.some(({ type }) => type === '*' || type === event.type) ?? true,
    async receive(event) {
      if (handlers === undefined) throw new Error('The handlers cannot be loaded')
      // One that throws does not keep the others from being called.
      const outcomes = await Promise.allSettled(handlers.map(async ({ handle }) => handle(event)))
      const failure = outcomes.find((outcome) => outcome.status === 'rejected')
      if (failure !== undefined) throw failure.reason
    },
  }
}

/** Tells Clerk of the roles that somebody holds, where the config wants that. */
function roleMirror(capabilities: EventCapabilities): Receiver {
  return {
    name: roleMirrorReceiver,
    wants: (event) => concernsRoleMirror(event, capabilities),
    async receive({ subject }) {
      const mirrored = await mirrorRoles(subject, capabilities)
      if (!mirrored.ok) throw new Error(mirrored.error.code)
    },
  }
}
