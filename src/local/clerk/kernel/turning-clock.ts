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
