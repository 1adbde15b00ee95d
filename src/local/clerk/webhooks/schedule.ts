import type { Delivery, DeliveryAttempt } from '../kernel/records.ts'

const seconds = 1000
const minutes = 60 * seconds
const hours = 60 * minutes

/** How long after each failure Svix tries again (https://docs.svix.com/retries): eight times in all. */
export const pausesMs: readonly number[] = [
  5 * seconds,
  5 * minutes,
  30 * minutes,
  2 * hours,
  5 * hours,
  10 * hours,
  10 * hours,
]

/** What came of sending one message once. */
export interface Outcome extends DeliveryAttempt {
  readonly isDelivered: boolean
  /** The receiver asked for no further attempts. */
  readonly isAborted: boolean
}

/** The delivery after it was sent. It was sent more than once only where it is sent twice on purpose. */
export function afterSending(
  delivery: Delivery,
  outcomes: readonly Outcome[],
  nowMs: number,
): Delivery {
  const attempts = [
    ...delivery.attempts,
    ...outcomes.map(({ at, status, error }) => ({ at, status, error })),
  ]
  const sent = { ...delivery, attempts, updatedAt: nowMs }
  if (outcomes.some(({ isDelivered }) => isDelivered)) {
    return { ...sent, state: 'delivered', nextAttemptAt: null }
  }
  const pauseMs = pausesMs[delivery.failures]
  const failures = delivery.failures + 1
  if (pauseMs === undefined || outcomes.some(({ isAborted }) => isAborted)) {
    return { ...sent, failures, state: 'failed', nextAttemptAt: null }
  }
  return { ...sent, failures, nextAttemptAt: nowMs + pauseMs }
}

/** Sent again because somebody asks: one that was over is tried once, one that is waiting needs wait no more. */
export function replayed(delivery: Delivery, nowMs: number): Delivery {
  const failures = delivery.state === 'pending' ? delivery.failures : pausesMs.length
  return { ...delivery, state: 'pending', failures, nextAttemptAt: nowMs, updatedAt: nowMs }
}
