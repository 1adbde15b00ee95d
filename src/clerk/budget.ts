import { createRecent } from '../model/recent.ts'

/** What may be spent, and by how many at once it is counted. */
export interface Allowance {
  readonly max: number
  readonly windowMs: number
  /** How many spenders are remembered. */
  readonly spendersMax: number
}

/** So much for each spender in a window of time that slides. */
export interface Budget {
  /** Takes one and gives 0, or takes none and gives the milliseconds until there is one again. */
  take(spender: string, nowMs: number): number
}

/** A budget in the memory of this isolate. A spender who was not seen for long begins anew. */
export function createBudget({ max, windowMs, spendersMax }: Allowance): Budget {
  const spent = createRecent<string, readonly number[]>(spendersMax)
  return {
    take(spender, nowMs) {
      const lately = (spent.get(spender) ?? []).filter((atMs) => nowMs - atMs < windowMs)
      const [oldestMs = nowMs] = lately
      if (lately.length >= max) return oldestMs + windowMs - nowMs
      spent.set(spender, [...lately, nowMs])
      return 0
    },
  }
}
