import type { Refusal } from './refusal.ts'
import type { Result } from './result.ts'

/** What Usher itself knows of a user: never a claim, and never Clerk's organisation vocabulary. */
export interface Facts {
  readonly roles: readonly string[]
  readonly permissions: readonly string[]
}

/** Reads the facts of one user. Refuses with `facts-unavailable` when they cannot be read. */
export type ReadFacts = (userId: string) => Promise<Result<Facts, Refusal>>
