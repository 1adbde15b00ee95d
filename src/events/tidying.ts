import { buryWebhook, listWaiting } from '../store/inbox.ts'
import type { EventCapabilities } from './capabilities.ts'
import { dispatchEvents } from './dispatch.ts'
import {
  forgetOldEvents,
  forgetOldSecrets,
  forgetOldSessions,
  forgetOldWebhooks,
} from './forgetting.ts'
import { applyWebhook, queueWebhooks } from './inbox-work.ts'
import { requeueDeliveries } from './requeue.ts'

/** So many webhooks are given to the queue in one go. */
const queuedMax = 100
/** So many are applied in one go where there is no queue. */
const appliedMax = 20
/** How often one is tried where there is no queue: as often as the queue would (`wrangler.toml`). */
const attemptsMax = 21

/** What there is to do once a minute, in this order. */
const chores: Readonly<Record<string, (capabilities: EventCapabilities) => Promise<unknown>>> = {
  inbox: takeUpWebhooks,
  dispatch: dispatchEvents,
  deliveries: requeueDeliveries,
  events: forgetOldEvents,
  secrets: forgetOldSecrets,
  webhooks: forgetOldWebhooks,
  sessions: forgetOldSessions,
}

/** What there is to do once a minute: what lies about too long goes to the queue again, what is old is removed. */
export async function tidy(capabilities: EventCapabilities): Promise<void> {
  for (const [name, doChore] of Object.entries(chores)) {
    try {
      await doChore(capabilities)
    } catch (error) {
      capabilities.logFault(`tidy ${name}`, error)
    }
  }
}

async function takeUpWebhooks(capabilities: EventCapabilities): Promise<void> {
  const { openDatabase, clock, enqueue } = capabilities
  const database = await openDatabase()
  const count = enqueue === undefined ? appliedMax : queuedMax
  const waiting = await listWaiting(database, { nowMs: clock.now(), count })
  if (waiting.length === 0) return
  if (enqueue !== undefined) {
    await queueWebhooks(
      waiting.map(({ id }) => id),
      capabilities,
    )
    return
  }
  for (const { id, attempts } of waiting) {
    const outcome = await applyWebhook(id, attempts + 1, capabilities)
    if (outcome !== 'done' && attempts + 1 >= attemptsMax) await buryWebhook(database, id)
  }
}
