import { keepSetting, keptSetting } from './kept-settings.ts'
import type { State } from './state.ts'

/** The clock of the stand-in: the machine's, turned by as much as somebody wishes. */
export interface TurningClock {
  now(): number
  /** Turns it forward, or back where negative, in milliseconds. */
  turn(byMs: number): void
  /** By how much it is turned in all. */
  readonly turnedMs: number
}

/** A clock that begins at `turnedMs` from the real one. */
export function createTurningClock(real: () => number, turnedMs = 0): TurningClock {
  let turned = turnedMs
  return {
    now: () => real() + turned,
    turn(byMs) {
      turned += byMs
    },
    get turnedMs() {
      return turned
    },
  }
}

/** The clock as it was left: by how much it is turned is kept with everything else. */
export function keepClock(clock: TurningClock, state: State): TurningClock {
  const kept = keptSetting<{ readonly turnedMs: number }>(state, 'clock')
  if (kept !== undefined) clock.turn(kept.turnedMs - clock.turnedMs)
  return {
    now: () => clock.now(),
    turn(byMs) {
      clock.turn(byMs)
      keepSetting(state, {
        id: 'clock',
        value: { turnedMs: clock.turnedMs },
        nowMs: clock.now(),
      })
    },
    get turnedMs() {
      return clock.turnedMs
    },
  }
}
