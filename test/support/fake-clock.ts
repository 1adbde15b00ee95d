import type { Clock } from '../../src/model/clock.ts'

/** A clock that a test holds in its hand: nothing moves until it is told to. */
export interface FakeClock extends Clock {
  /** Moves time on, running every callback that falls due, in order. */
  advance(byMs: number): Promise<void>
  /** Moves time on likewise for many at once: callbacks that fall due at one moment run together. */
  pass(byMs: number): Promise<void>
  readonly pending: () => number
}

/** Noon of a day in 2026, as good as any. */
export const noonMs = Date.UTC(2026, 5, 15, 12)

/** A fake clock that begins at `startMs`. */
export function createFakeClock(startMs = noonMs): FakeClock {
  let nowMs = startMs
  let timers: readonly { readonly dueMs: number; readonly callback: () => void }[] = []

  async function advance(byMs: number): Promise<void> {
    const endMs = nowMs + byMs
    await settle()
    for (;;) {
      const [next] = timers.filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)
      if (next === undefined) break
      timers = timers.filter((timer) => timer !== next)
      nowMs = Math.max(nowMs, next.dueMs)
      next.callback()
      await settle()
    }
    nowMs = endMs
  }

  async function pass(byMs: number): Promise<void> {
    const endMs = nowMs + byMs
    await settle()
    for (;;) {
      const dueMs = timers.reduce((soonest, timer) => Math.min(soonest, timer.dueMs), Infinity)
      if (dueMs > endMs) break
      const due = timers.filter((timer) => timer.dueMs === dueMs)
      timers = timers.filter((timer) => timer.dueMs !== dueMs)
      nowMs = Math.max(nowMs, dueMs)
      for (const { callback } of due) callback()
      await settle()
    }
    nowMs = endMs
  }

  function after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: nowMs + delayMs, callback }
    timers = [...timers, timer]
    return () => {
      timers = timers.filter((other) => other !== timer)
    }
  }

  return { now: () => nowMs, after, advance, pass, pending: () => timers.length }
}

/** Lets everything run that waits for nothing but its turn, crypto included. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
}
