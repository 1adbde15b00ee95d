/** The middle of a list, or the mean of the two in the middle; `NaN` for an empty one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  const high = sorted[Math.floor(middle)] ?? Number.NaN
  return (low + high) / 2
}

/** What so large a part of the values is at most (nearest rank); `NaN` for none. */
export function quantile(values: Float64Array, part: number): number {
  return values.toSorted()[Math.max(0, Math.ceil(values.length * part) - 1)] ?? Number.NaN
}

/** A figure with how far single rounds were from it. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** The median of a list with its extremes. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/** The ratio of two series round by round: what disturbs a whole round disturbs both. */
export function pairedRatio(values: readonly number[], base: readonly number[]): Spread {
  return spread(pair(values, base).map(([value, other]) => value / other))
}

/** The difference of two series round by round. */
export function pairedDifference(values: readonly number[], base: readonly number[]): Spread {
  return spread(pair(values, base).map(([value, other]) => value - other))
}

function pair(values: readonly number[], base: readonly number[]): [number, number][] {
  if (values.length !== base.length) throw new RangeError('Series of rounds that are not paired')
  return values.map((value, round) => [value, base[round] ?? Number.NaN])
}

/** A list, and backwards in every other round, so that no contender always comes after the same one. */
export function orderOfRound<T>(contenders: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? contenders : contenders.toReversed()
}
