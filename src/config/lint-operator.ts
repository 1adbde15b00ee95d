import type { Gateway } from './compile.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'

/** What is risky about where operators work. */
export function lintOperator(
  { rules: { operator }, settings: { clerk } }: Gateway,
  { plainAddresses }: Pick<Relaxations, 'plainAddresses'>,
): readonly Problem[] {
  const takesCookies = clerk.authorizedParties.length > 0
  if (!operator.isAnywhere || !takesCookies || plainAddresses) return []
  const message =
    'AUTHORIZED_PARTIES turns cookies on, and on the same host a script of an origin does whatever the operator ' +
    'may who is looking at it: give operators a host of their own.'
  return [{ place: 'operator', message }]
}
