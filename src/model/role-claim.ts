import { readClaim } from './claim.ts'
import { type Facts, type Grant, type Holdings, holdingsIn } from './facts.ts'
import type { User } from './principal.ts'

/** A claim that may bring roles, beside those that were granted. */
export interface RoleClaim {
  /** By name, or by JSON Pointer. */
  readonly claim: string
  /** Whose session tokens are believed: exactly this `iss`. */
  readonly issuer: string
  /** The roles that it may bring. */
  readonly roles: readonly string[]
}

/**
 * What a user holds while an organisation, or none, is active: what was granted and, where the configuration trusts a
 * claim, the roles that it names. Those permit what the database says that they do, but nothing that runs Usher.
 */
export function holdingsOf(user: User, facts: Facts, trusted: RoleClaim | undefined): Holdings {
  const organizationId = user.organization?.id
  if (trusted === undefined) return holdingsIn(facts, organizationId)
  const claimed = claimedRoles(user, trusted).map((role) => grantOf(role, facts))
  if (claimed.length === 0) return holdingsIn(facts, organizationId)
  return holdingsIn({ grants: [...facts.grants, ...claimed] }, organizationId)
}

/** What is no list of roles brings none: nothing in it is guessed. */
function claimedRoles(user: User, { claim, issuer, roles }: RoleClaim): readonly string[] {
  if (user.tokenType !== 'session_token' || user.claims.iss !== issuer) return []
  const value = readClaim(user.claims, claim)
  const named: readonly unknown[] = Array.isArray(value) ? value : [value]
  return roles.filter((role) => named.includes(role))
}

function grantOf(role: string, { claimable = [] }: Facts): Grant {
  const known = claimable.find((one) => one.name === role)
  const permissions = known?.permissions.filter((name) => !isForOperators(name)) ?? []
  return { role, permissions, organizationId: '' }
}

/** Operations ask the database who may run them; origins shall not read of a claim that somebody may. */
function isForOperators(permission: string): boolean {
  return permission.toLowerCase().startsWith('usher.')
}
