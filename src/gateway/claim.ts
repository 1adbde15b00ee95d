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

/** A claim by its name, or by JSON Pointer (RFC 6901), which begins with a slash. */
export function readClaim(claims: Claims, name: string): unknown {
  if (!name.startsWith('/')) return memberOf(claims, name)
  const members = name.slice(1).split('/').map(unescaped)
  return members.reduce<unknown>(memberOf, claims)
}

/** RFC 6901 section 4: in this order, so that `~01` is `~1`. */
function unescaped(member: string): string {
  return member.replaceAll('~1', '/').replaceAll('~0', '~')
}

const indexShape = /^(?:0|[1-9]\d*)$/

/** An own member alone: what every object inherits was said by nobody. */
function memberOf(parent: unknown, name: string): unknown {
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, name))
    return undefined
  if (Array.isArray(parent) && !indexShape.test(name)) return undefined
  return Reflect.get(parent, name)
}
