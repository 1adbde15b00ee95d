import type { PathPattern } from './pattern.ts'

/** What routes for browsers share. */
export interface BrowserRules {
  /** Scheme and host under which browsers know this gateway: all that they are sent to begins with it, or is Clerk's. */
  readonly origin: string
  /** Where somebody is sent to sign in; `undefined`: nowhere. */
  readonly signInUrl: string | undefined
  /** `undefined`: one signs in on this domain. */
  readonly satellite: Satellite | undefined
  /** Paths that name the organisation that is made active, by `:id` or `:slug`. */
  readonly organizationPatterns: readonly PathPattern[]
  /** Paths where no organisation is. */
  readonly personalAccountPatterns: readonly PathPattern[]
}

/** A domain whose people sign in on another one. */
export interface Satellite {
  /** Its own domain, where its Frontend API is `clerk.` and that. */
  readonly domain: string | undefined
  /** Whether a browser that is not known here is asked whether it is known there. */
  readonly autoSync: boolean
}
