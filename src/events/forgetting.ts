import { removeOldWebhooks } from '../store/inbox.ts'
import { deadKeptMs, keptMs } from '../store/keeping.ts'
import { removeOldSessions } from '../store/old-sessions.ts'
import { removeOldEvents } from '../store/outbox.ts'
import { forgetPreviousSecrets } from '../store/subscriptions.ts'
import type { EventCapabilities } from './capabilities.ts'

/** So much is removed of each thing in one go. */
const roundRemoved = 500
const hourlyRemoved = 5000
const minuteMs = 60_000

/** Removes webhooks that were applied or given up long ago, a bounded number at a time. */
export async function forgetOldWebhooks({ openDatabase, clock }: EventCapabilities): Promise<void> {
  const nowMs = clock.now()
  const times = { appliedBefore: nowMs - keptMs, deadBefore: nowMs - deadKeptMs }
  await removeOldWebhooks(await openDatabase(), { ...times, count: roundRemoved })
}

/** Removes events and deliveries that are long over, a bounded number at a time. */
export async function forgetOldEvents({ openDatabase, clock }: EventCapabilities): Promise<void> {
  await removeOldEvents(await openDatabase(), clock.now() - keptMs, roundRemoved)
}

/** Removes secrets that were rotated and whose time beside newer ones is over. */
export async function forgetOldSecrets({ openDatabase, clock }: EventCapabilities): Promise<void> {
  await forgetPreviousSecrets(await openDatabase(), clock.now())
}

/**
 * Removes sessions that are long over, a bounded number at a time. Once an hour: whoever looks for them reads the
 * old sessions that are not over, too.
 */
export async function forgetOldSessions({ openDatabase, clock }: EventCapabilities): Promise<void> {
  const nowMs = clock.now()
  if (Math.floor(nowMs / minuteMs) % 60 !== 0) return
  await removeOldSessions(await openDatabase(), { nowMs, count: hourlyRemoved })
}
