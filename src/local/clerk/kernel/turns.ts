/** Runs work while no other work runs. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/**
 * One after the other: Clerk has transactions, and nothing here is slow enough to need more. `after` is called
 * when each is over, also where it failed.
 */
export function createTurns(after: () => void): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const whole = () => work().finally(after)
    const mine = last.then(whole, whole)
    last = mine.catch(() => undefined)
    return mine
  }
}
