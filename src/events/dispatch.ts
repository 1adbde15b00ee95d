import { claimDeliveries, releaseDeliveries } from '../store/deliveries.ts'
import { dispatchTogether, findUndispatched, type Undispatched } from '../store/outbox.ts'
import type { EventCapabilities } from './capabilities.ts'
import { openReceivers, type Receiver } from './receivers.ts'
import { mirrorRolesInPlace } from './role-mirror.ts'

/** Events that are handed on in one go, and how often that is done before somebody else takes over. */
const roundEvents = 100
const roundsMax = 10
/** Jobs that are given to the queue in one call: what fails then is taken back. */
const callJobs = 100

/**
 * Hands events that nobody was given yet to everyone who wants to hear of them. How many events there were. Without a
 * queue none is: they stay where they are, for thirty days, until one is bound. Clerk alone hears of roles even so.
 */
export async function dispatchEvents(capabilities: EventCapabilities): Promise<number> {
  if (capabilities.enqueue === undefined) {
    await mirrorRolesInPlace(capabilities)
    return 0
  }
  const database = await capabilities.openDatabase()
  let receivers: readonly Receiver[] | undefined
  let count = 0
  for (let round = 0; round < roundsMax; round++) {
    const events = await findUndispatched(database, roundEvents)
    if (events.length === 0) break
    receivers ??= await openReceivers(capabilities)
    const eventIds = events.map(({ id }) => id)
    const nowMs = capabilities.clock.now()
    await dispatchTogether(database, { eventIds, addressed: addressedTo(receivers, events) }, nowMs)
    await giveToQueue(await claimDeliveries(database, { eventIds }, nowMs), capabilities)
    count += events.length
    if (events.length < roundEvents) break
  }
  return count
}

function addressedTo(receivers: readonly Receiver[], events: readonly Undispatched[]) {
  return events.flatMap((event) =>
    receivers
      .filter((receiver) => receiver.wants(event))
      .map(({ name }) => ({ eventId: event.id, receiver: name })),
  )
}

/** Gives deliveries that are marked so to the queue. Those that it does not take are found again within a minute. */
export async function giveToQueue(
  ids: readonly string[],
  { enqueue, openDatabase, logFault }: EventCapabilities,
): Promise<void> {
  for (let at = 0; at < ids.length; at += callJobs) {
    const jobs = ids.slice(at, at + callJobs).map((id) => ({ kind: 'delivery', id }) as const)
    try {
      await enqueue?.(jobs)
    } catch (error) {
      logFault('queue', error)
      await releaseDeliveries(await openDatabase(), ids.slice(at))
      return
    }
  }
}
