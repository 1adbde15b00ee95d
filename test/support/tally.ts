/** What became of everything that a property was shown: an outcome -> how many had it. */
export type Tally = Map<string, number>

/** Counts one more of each of these outcomes. */
export function tallyUp(tally: Tally, outcomes: readonly string[]): void {
  for (const outcome of outcomes) tally.set(outcome, (tally.get(outcome) ?? 0) + 1)
}

/**
 * The outcomes that were hardly among `count`, so that nothing was shown of them. `variety` says how many
 * of a thousand must have had each, at the least.
 */
export function rarities(
  tally: Tally,
  count: number,
  variety: Readonly<Record<string, number>>,
): readonly string[] {
  return Object.entries(variety)
    .filter(([outcome, perMille]) => (tally.get(outcome) ?? 0) < (perMille * count) / 1000)
    .map(([outcome]) => `${outcome}: ${tally.get(outcome) ?? 0} of ${count}`)
}
