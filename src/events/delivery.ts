import type { UsherEvent } from '../model/event.ts'
import {
  type AttemptOutcome,
  type DeliveryFound,
  type EventRow,
  findDelivery,
  markDead,
  noteAttempt,
} from '../store/deliveries.ts'
import { changeSubscription, findSubscription } from '../store/subscriptions.ts'
import { backoffSeconds } from './backoff.ts'
import type { EventCapabilities } from './capabilities.ts'
import { type Attempt, finalFailure, postEvent } from './post.ts'
import { openReceivers, type Receiver } from './receivers.ts'

/** What became of a job: done, or to be tried again after a while. */
export type JobOutcome = 'done' | { readonly retryAfterSeconds: number }

/** How long the project's own code may take over one event. */
export const handlerLimitMs = 30_000

/** Brings one event to one receiver. `attempts` counts from 1. */
export async function deliver(
  deliveryId: string,
  attempts: number,
  capabilities: EventCapabilities,
): Promise<JobOutcome> {
  const database = await capabilities.openDatabase()
  const found = await findDelivery(database, deliveryId)
  if (found === undefined || found.deliveries.state === 'delivered') return 'done'
  const attempt = await attemptOf(found, capabilities)
  const atMs = capabilities.clock.now()
  if (attempt.kind === 'failure' && !attempt.isFinal) {
    const retryAfterSeconds = Math.max(backoffSeconds(attempts), attempt.retryAfterSeconds ?? 0)
    const dueMs = atMs + retryAfterSeconds * 1000
    await noteAttempt(database, deliveryId, { ...noted(attempt), state: 'queued', atMs, dueMs })
    return { retryAfterSeconds }
  }
  const state = attempt.kind === 'success' ? 'delivered' : 'dead'
  await noteAttempt(database, deliveryId, { ...noted(attempt), state, atMs, dueMs: null })
  if (attempt.kind === 'failure' && attempt.error === 'gone') await switchOff(found, capabilities)
  return 'done'
}

/** Writes down that a delivery was given up. */
export async function buryDelivery(
  deliveryId: string,
  { openDatabase }: EventCapabilities,
): Promise<void> {
  await markDead(await openDatabase(), deliveryId)
}

function noted(attempt: Attempt): Pick<AttemptOutcome, 'status' | 'error'> {
  if (attempt.kind === 'success') return { status: attempt.status, error: null }
  return { status: attempt.status, error: attempt.error }
}

async function attemptOf(found: DeliveryFound, capabilities: EventCapabilities): Promise<Attempt> {
  const { deliveries, events, subscriptions } = found
  const event = eventOf(events)
  if (subscriptions?.isActive === false) return finalFailure('subscription-off')
  if (subscriptions !== null) return postEvent(event, subscriptions, capabilities)
  const receivers = await openReceivers(capabilities)
  const receiver = receivers.find(({ name }) => name === deliveries.receiver)
  if (receiver === undefined) return finalFailure('receiver-gone')
  return tell(receiver, event, capabilities)
}

async function tell(
  receiver: Receiver,
  event: UsherEvent,
  { clock, logFault }: EventCapabilities,
): Promise<Attempt> {
  let stop = () => {}
  const late = new Promise<Attempt>((resolve) => {
    stop = clock.after(handlerLimitMs, () => resolve(failureOf('timeout')))
  })
  const told = receiver.receive(event).then(
    (): Attempt => ({ kind: 'success', status: null }),
    (error: unknown) => {
      logFault(`events ${receiver.name}`, error)
      return failureOf('handler-failed')
    },
  )
  return Promise.race([told, late]).finally(() => stop())
}

function failureOf(error: string): Attempt {
  return { kind: 'failure', status: null, error, isFinal: false }
}

function eventOf({ id, type, subject, sequence, at, data }: EventRow): UsherEvent {
  // It was written down from a draft, whose data are of its type.
  return { id, type, subject, sequence, atMs: at, data } as unknown as UsherEvent
}

/** A subscriber that is gone for good said so itself: nothing more is sent there until somebody switches it on. */
async function switchOff(
  { deliveries: { receiver, id }, subscriptions: sent }: DeliveryFound,
  { openDatabase, clock }: EventCapabilities,
): Promise<void> {
  const database = await openDatabase()
  const row = await findSubscription(database, receiver)
  // Whoever gave it another address meanwhile does not mean the one that is gone.
  if (row === undefined || !row.isActive || row.url !== sent?.url) return
  const asked = { requestId: id, address: undefined }
  const deed = { action: 'subscription.switched-off', by: 'usher', asked, nowMs: clock.now() }
  await changeSubscription(database, { row, change: { isActive: false } }, deed)
}
