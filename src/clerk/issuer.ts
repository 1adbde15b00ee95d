/**
 * Clerk: all that Usher knows of Clerk's credentials: where they are, what they say, whose keys made them.
 * It never knows a route, never decides who may pass, and never answers a caller.
 * The gateway and the API ask it who is calling; `deps.ts` gives it its keys.
 */
import { encodeBase64url } from '../model/base64url.ts'
import type { Expectations } from './claims.ts'
import type { KeyRing } from './key-ring.ts'

/**
 * One Clerk instance: what its tokens must say and the keys that make them, in one record, so that a
 * key never vouches for another issuer's token.
 */
export interface Issuer extends Expectations {
  readonly keys: KeyRing
  /** The suffix of this instance's cookies (`__session_1Z8AzTQD`), when its publishable key is known. */
  readonly cookieSuffix: () => Promise<string | undefined>
  /** Whether it is a production instance, which keeps its cookies more reliably. */
  readonly isProduction?: boolean
}

/**
 * The suffix that Clerk gives the cookies of an instance: the first eight characters of the base64url
 * of the SHA-1 of its publishable key (Clerk: `getCookieSuffix` in @clerk/shared). Worked out once.
 */
export function cookieSuffixOf(publishableKey: string | undefined): Issuer['cookieSuffix'] {
  let suffix: string | undefined
  return async () => {
    if (publishableKey === undefined || suffix !== undefined) return suffix
    const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(publishableKey))
    suffix = encodeBase64url(digest).slice(0, 8)
    return suffix
  }
}

/** Whether a publishable key is that of a production instance; nothing else says so. */
export function isProductionKey(publishableKey: string | undefined): boolean {
  return publishableKey?.startsWith('pk_live_') ?? false
}
