import { createRecent } from '../model/recent.ts'

/** What may be spent, and by how many at once it is counted. */
export interface Allowance {
  /** How much the spenders of a purchase may each spend, in their order. */
  readonly maxima: readonly number[]
  readonly windowMs: number
  /** How many spenders are remembered. */
  readonly spendersMax: number
}

/** Something to pay for, and all who have to pay for it. */
export interface Purchase {
  readonly item: string
  readonly spenders: readonly string[]
}

/** So much for each spender in a window of time that slides. What is bought again within it is paid for. */
export interface Budget {
  /** Charges every spender and gives 0, or charges none and gives the milliseconds until all can pay. */
  charge(purchase: Purchase, nowMs: number): number
  /** Ends the charges for a purchase sooner: at `endMs`. */
  release(purchase: Purchase, endMs: number): void
}

interface Charge {
  readonly item: string
  readonly endMs: number
}

/** A budget in the memory of this isolate. A spender who was not seen for long begins anew. */
export function createBudget({ maxima, windowMs, spendersMax }: Allowance): Budget {
  const charges = createRecent<string, readonly Charge[]>(spendersMax)

  function chargesOf(spender: string, nowMs: number): readonly Charge[] {
    return (charges.get(spender) ?? []).filter(({ endMs }) => nowMs < endMs)
  }

  return {
    charge({ item, spenders }, nowMs) {
      const waitsMs = spenders.map((spender, place) => {
        const own = chargesOf(spender, nowMs)
        const canPay = own.length < (maxima[place] ?? 0) || own.some((one) => one.item === item)
        return canPay ? 0 : Math.min(...own.map(({ endMs }) => endMs)) - nowMs
      })
      const waitMs = Math.max(...waitsMs)
      if (waitMs > 0) return waitMs
      for (const spender of spenders) {
        const own = chargesOf(spender, nowMs)
        if (own.some((one) => one.item === item)) continue
        charges.set(spender, [...own, { item, endMs: nowMs + windowMs }])
      }
      return 0
    },

    release({ item, spenders }, endMs) {
      for (const spender of spenders) {
        const own = charges.get(spender) ?? []
        const released = own.map((one) =>
          one.item === item ? { item, endMs: Math.min(one.endMs, endMs) } : one,
        )
        charges.set(spender, released)
      }
    },
  }
}
