import { readClaim } from '../model/claim.ts'
import type { ClaimTest } from '../model/condition.ts'
import type { Claims } from '../model/principal.ts'

/** `undecided` is a claim of another type than the test's: it says neither yes nor no. */
type Outcome = 'passes' | 'fails' | 'missing' | 'undecided'

/** Whether a claim is as a test wants it. Nothing is converted. */
export function testClaim(claims: Claims, name: string, test: ClaimTest): Outcome {
  const value = readClaim(claims, name)
  if (value === undefined) return 'missing'
  switch (test.kind) {
    case 'equals':
      return isAmong([test.value], value)
    case 'in':
      return isAmong(test.values, value)
    case 'has':
      if (typeof value === 'string') return decide(value === test.value)
      return Array.isArray(value) ? decide(value.includes(test.value)) : 'undecided'
    case 'starts-with':
      return typeof value === 'string' ? decide(value.startsWith(test.prefix)) : 'undecided'
  }
}

function isAmong(wanted: readonly unknown[], value: unknown): Outcome {
  if (wanted.includes(value)) return 'passes'
  return wanted.some((one) => typeof one === typeof value) ? 'fails' : 'undecided'
}

function decide(holds: boolean): Outcome {
  return holds ? 'passes' : 'fails'
}
