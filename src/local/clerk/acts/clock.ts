import { wrongParameter } from '../kernel/complaint.ts'
import type { World } from '../kernel/world.ts'

/** As far as the clock may be turned in all, forward or back: ten years. */
export const turnedMaxMs = 10 * 365 * 24 * 60 * 60 * 1000

/** Refuses what would turn the clock farther than it may be turned in all. */
export function checkTurnedMs(turnedMs: number): void {
  if (Math.abs(turnedMs) <= turnedMaxMs) return
  throw wrongParameter(
    'form_param_value_invalid',
    'turnClockMs',
    'The clock may be turned by ten years in all.',
  )
}

/**
 * Turns the clock of the instance. Turned back, it takes along what was set by the time that is no more: or webhooks
 * would wait for so much longer, and every browser would take its tokens for older than its sign-in.
 */
export function turnClock({ clock, state }: World, byMs: number): void {
  if (byMs === 0) return
  clock.turn(byMs)
  if (byMs > 0) return
  const now = clock.now()
  for (const delivery of state.deliveries.all()) {
    const { nextAttemptAt: at } = delivery
    if (at !== null) state.deliveries.put({ ...delivery, nextAttemptAt: at + byMs })
  }
  for (const client of state.clients.filter(({ uatMs }) => uatMs > now)) {
    state.clients.put({ ...client, uatMs: now })
  }
}
