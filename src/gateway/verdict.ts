import type { Refusal } from '../model/refusal.ts'

/**
 * What became of a condition. Between yes and no there are two ways not to know: `undecided` is what the
 * credential does not say, for ever; `unavailable` is what cannot be read just now. The contrary of what
 * is not known is not known either (Kleene's logic), so that neither `not` nor its absence opens a route.
 */
export type Verdict =
  | { readonly outcome: 'passes' }
  | { readonly outcome: 'fails' | 'undecided' | 'unavailable'; readonly refusal: Refusal }

/** From no to yes. */
const ranks = { fails: 0, undecided: 1, unavailable: 2, passes: 3 } as const

/** What holds. */
export const passes: Verdict = { outcome: 'passes' }

const excluded: Verdict = { outcome: 'fails', refusal: { code: 'condition-excluded' } }

/** The worst, and of equals the first. Nothing at all holds. */
export function all(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((worst, one) => (rankOf(one) < rankOf(worst) ? one : worst), passes)
}

/** The best, and of equals the first. */
export function any([first = excluded, ...others]: readonly Verdict[]): Verdict {
  return others.reduce((best, one) => (rankOf(one) > rankOf(best) ? one : best), first)
}

/** The contrary; what is not known stays as it is. */
export function not(verdict: Verdict): Verdict {
  switch (verdict.outcome) {
    case 'passes':
      return excluded
    case 'fails':
      return passes
    case 'undecided':
    case 'unavailable':
      return verdict
  }
}

function rankOf({ outcome }: Verdict): number {
  return ranks[outcome]
}
