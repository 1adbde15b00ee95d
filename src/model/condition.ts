import type { PathPattern } from './pattern.ts'

/**
 * One condition on a signed-in caller. `usher-…` words are grants in Usher; `clerk-…` words are Clerk's
 * and count only in the active organisation of the token. The two never mix.
 */
export type Condition =
  | { readonly kind: 'usher-role'; readonly role: string }
  | { readonly kind: 'usher-permission'; readonly permission: string }
  | { readonly kind: 'clerk-role'; readonly role: string }
  | { readonly kind: 'clerk-permission'; readonly permission: string }
  /** A feature or a plan of the active organisation, of the user, or of either. */
  | {
      readonly kind: 'feature' | 'plan'
      readonly name: string
      readonly holder: 'organization' | 'user' | 'either'
    }
  | { readonly kind: 'reverification'; readonly asked: Reverification }
  /** The credential was made for this, among other things. */
  | { readonly kind: 'scope'; readonly scope: string }
  | { readonly kind: 'claim'; readonly claim: string; readonly test: ClaimTest }
  /** The session is the user's own: nobody acts in their name. */
  | { readonly kind: 'no-actor' }
  /** The path must name the active organisation, by `:id` or `:slug` in one of these patterns. */
  | { readonly kind: 'organization-path'; readonly patterns: readonly PathPattern[] }
  /** The active organisation must be this one, by id or slug. */
  | { readonly kind: 'organization'; readonly organization: string }
  /** The active organisation must be the one that this route parameter names, by id or slug. */
  | { readonly kind: 'organization-parameter'; readonly parameter: string }
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }

/** How lately which factors must have been verified, as Clerk's `has({ reverification })` takes it. */
export type Reverification = (typeof reverifications)[number] | ReverificationLevel

/** Clerk's names for the usual answers. */
export const reverifications = ['strict_mfa', 'strict', 'moderate', 'lax'] as const

/** The factors that count, and the minutes for which they do. */
export interface ReverificationLevel {
  readonly level: (typeof factorLevels)[number]
  readonly afterMinutes: number
}

/** Every {@link ReverificationLevel.level}. */
export const factorLevels = ['first_factor', 'second_factor', 'multi_factor'] as const

/** What a claim can be compared with. */
export type ClaimValue = string | number | boolean

/** What must be true of a claim. A claim of another type than the test's never passes. */
export type ClaimTest =
  | { readonly kind: 'equals'; readonly value: ClaimValue }
  | { readonly kind: 'in'; readonly values: readonly ClaimValue[] }
  /** The claim is a list that has this value. */
  | { readonly kind: 'has'; readonly value: ClaimValue }
  | { readonly kind: 'starts-with'; readonly prefix: string }

/** Who may use a route. `needsFacts` says whether the conditions ask for grants in Usher. */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'optional' }
  | { readonly kind: 'signed-in'; readonly condition: Condition; readonly needsFacts: boolean }

/** Who passes where nothing is asked but that it is somebody. */
export const signedIn: Access = {
  kind: 'signed-in',
  condition: { kind: 'all', of: [] },
  needsFacts: false,
}
