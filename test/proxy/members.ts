import type { Endpoint, HealthTerms, Member } from '../../src/model/origin.ts'

/** Members by name and weight, each at a host of its own name. */
export function membersOf(weights: Readonly<Record<string, number>>): readonly Member[] {
  return Object.entries(weights).map(([name, weight]) => ({
    name,
    weight,
    endpoint: {
      kind: 'url',
      base: `https://${name}.test`,
      certificate: undefined,
    } satisfies Endpoint,
  }))
}

/** Three failures in a row, ten seconds. */
export const health: HealthTerms = {
  failuresMax: 3,
  statuses: new Set([502, 503, 504]),
  probeAfterMs: 10_000,
  check: undefined,
}

/** Chance from a seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}
