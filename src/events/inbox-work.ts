import { readEvent } from '../clerk/webhook.ts'
import { changesOf } from '../clerk/webhook-changes.ts'
import { findWebhook, markApplied, markQueued, noteFailure } from '../store/inbox.ts'
import { applyMessage } from '../store/mirror.ts'
import { backoffSeconds } from './backoff.ts'
import type { EventCapabilities } from './capabilities.ts'
import type { JobOutcome } from './delivery.ts'

/** Gives webhooks to the queue, and notes that in their rows. Throws when the queue or the database does. */
export async function queueWebhooks(
  ids: readonly string[],
  { enqueue, openDatabase, clock }: EventCapabilities,
): Promise<void> {
  await enqueue?.(ids.map((id) => ({ kind: 'webhook', id })))
  await markQueued(await openDatabase(), ids, clock.now())
}

/**
 * Applies a webhook that was written down, unless it was applied before or is gone. Where it cannot be, its row says
 * why, and when it is tried again. `attempts` counts from 1.
 */
export async function applyWebhook(
  id: string,
  attempts: number,
  capabilities: EventCapabilities,
): Promise<JobOutcome> {
  try {
    await applyOnce(id, capabilities)
    return 'done'
  } catch (error) {
    const retryAfterSeconds = backoffSeconds(attempts)
    await note({ id, error, retryAfterSeconds }, capabilities)
    return { retryAfterSeconds }
  }
}

async function applyOnce(
  id: string,
  { openDatabase, clock, forget }: EventCapabilities,
): Promise<void> {
  const database = await openDatabase()
  const row = await findWebhook(database, id)
  if (row === undefined || row.state === 'applied') return
  const telling = { by: 'clerk', requestId: id, nowMs: clock.now(), tellsNew: true }
  const changes = changesOf(readEvent(row.body, row.receivedAt))
  const outcomes = await applyMessage(database, changes, telling)
  for (const userId of outcomes.flatMap(({ userIds }) => userIds)) forget(userId)
  // Whatever fails before this is applied again: what is newer or the same changes nothing then.
  await markApplied(database, id, clock.now())
}

interface Failure {
  readonly id: string
  readonly error: unknown
  readonly retryAfterSeconds: number
}

async function note(
  { id, error, retryAfterSeconds }: Failure,
  { openDatabase, clock, logFault }: EventCapabilities,
): Promise<void> {
  logFault('webhook', error)
  const againAtMs = clock.now() + retryAfterSeconds * 1000
  try {
    await noteFailure(await openDatabase(), { id, error: kindOf(error), againAtMs })
  } catch (further) {
    // The row stays as it is, and is tried again nevertheless.
    logFault('webhook', further)
  }
}

/** What went wrong in one word: the code that the database puts before its message, or the name of the error. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  if (error.cause instanceof Error) return kindOf(error.cause)
  return /^[A-Z][A-Z\d_]{2,40}(?=:)/.exec(error.message)?.[0] ?? error.name
}
