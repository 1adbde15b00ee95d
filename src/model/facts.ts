import type { Moment } from './clock.ts'
import type { Refusal } from './refusal.ts'
import type { Result } from './result.ts'

/** A role that Usher granted, with what it permits. */
export interface Grant {
  readonly role: string
  readonly permissions: readonly string[]
  /** Clerk's id of the one organisation where it counts; empty where it counts everywhere. */
  readonly organizationId: string
}

/** A role, and what it permits. */
export interface RoleDefinition {
  readonly name: string
  readonly permissions: readonly string[]
}

/** What Usher itself knows of a user: never a claim, and never Clerk's organisation vocabulary. */
export interface Facts {
  /** `unknown` is whoever was not seen before: nothing is held against them. */
  readonly status: 'active' | 'banned' | 'locked' | 'deleted' | 'unknown'
  /** The primary address, once it is verified. */
  readonly email: string | undefined
  readonly grants: readonly Grant[]
  /** Sessions that ended before their tokens did. */
  readonly endedSessions: readonly string[]
  /** What the roles permit that a claim may bring, as far as they are known; read where the configuration trusts one. */
  readonly claimable?: readonly RoleDefinition[]
  /** When the database was asked; `undefined` where nobody knows, and then nothing may rest on their age. */
  readonly readAtMs?: number
}

/** Older facts are not used: the request waits for new ones. This is the bound on every ban and grant. */
export const factsMaxAgeMs = 60_000

/** Whose facts are asked for, and how new they must be. */
export interface FactsQuery {
  readonly userId: string
  /** Asks the database whatever is remembered. */
  readonly mustBeFresh: boolean
  readonly moment: Moment
}

/** Reads the facts of one user. Refuses with `facts-unavailable` when they cannot be read in time. */
export type ReadFacts = (query: FactsQuery) => Promise<Result<Facts, Refusal>>

/** The roles and permissions that someone holds at a moment. */
export interface Holdings {
  readonly roles: readonly string[]
  readonly permissions: readonly string[]
}

/** What the grants of a user come to while an organisation, or none, is active. */
export function holdingsIn(
  { grants }: Pick<Facts, 'grants'>,
  organizationId: string | undefined,
): Holdings {
  const counting = grants.filter(
    (grant) => grant.organizationId === '' || grant.organizationId === organizationId,
  )
  return {
    roles: unique(counting.map((grant) => grant.role)),
    permissions: unique(counting.flatMap((grant) => grant.permissions)),
  }
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort()
}
