import { claimDeliveries } from '../store/deliveries.ts'
import type { EventCapabilities } from './capabilities.ts'
import { giveToQueue } from './dispatch.ts'

const minuteMs = 60_000

/** A delivery that is pending for longer was forgotten by whoever made it. */
export const pendingMaxMs = minuteMs
/** A delivery that should have come out of the queue so long ago was lost there. */
export const queuedMaxMs = 15 * minuteMs
/** So much is done in one go. */
const roundDeliveries = 100

/** Gives deliveries to the queue again that lie about too long. How many there were. */
export async function requeueDeliveries(capabilities: EventCapabilities): Promise<number> {
  if (capabilities.enqueue === undefined) return 0
  const nowMs = capabilities.clock.now()
  const times = { pendingBefore: nowMs - pendingMaxMs, dueBefore: nowMs - queuedMaxMs }
  const database = await capabilities.openDatabase()
  const ids = await claimDeliveries(database, { ...times, count: roundDeliveries }, nowMs)
  await giveToQueue(ids, capabilities)
  return ids.length
}
