import type { BackendApi } from '../clerk/client.ts'
import type { Clock } from '../model/clock.ts'
import type { Enqueue } from '../model/job.ts'
import type { Database } from '../store/database.ts'
import type { EventHandlers } from './handlers.ts'

/** What this room needs of the world to take webhooks in and to tell others of events. */
export interface EventCapabilities {
  /** The primary database; Drizzle is loaded when this is first called. */
  readonly openDatabase: () => Promise<Database>
  readonly clock: Clock
  /** `undefined` where no queue is bound: then webhooks are applied in the request, and nobody is told of events. */
  readonly enqueue: Enqueue | undefined
  /** `whsec_…`; `undefined` while none is set. */
  readonly webhookSecret: string | undefined
  /** Clerk's Backend API; `undefined` without a secret key. */
  readonly clerk: BackendApi | undefined
  /** The member of `public_metadata` that lists a user's roles at Clerk; `undefined`: none does. */
  readonly mirroredRole: string | undefined
  /** What the project itself does with events, loaded when one happens. */
  readonly loadHandlers: () => Promise<EventHandlers>
  /** Forgets what this isolate remembers of a user, who has just changed. */
  readonly forget: (userId: string) => void
  /** How addresses of subscribers are reached. */
  readonly send: (request: Request) => Promise<Response>
  /** Whether subscribers may be on this machine and in private networks. Local mode alone says true. */
  readonly allowsPrivateAddresses: boolean
  /**
   * The hosts of this gateway, of its origins and of Clerk, in lower case and without ports: none of them is a
   * subscriber. One that begins with a dot stands for all names right below it.
   */
  readonly ownHosts: ReadonlySet<string>
  /** Where faults are written: never a message of theirs, which may hold what nobody should read. */
  readonly logFault: (what: string, error: unknown) => void
}
