import { opaqueTypeOf } from '../clerk/token-type.ts'
import type { Caller } from '../gateway/authenticate.ts'
import type { Match } from '../gateway/match.ts'
import { callerHeader, type Dialect } from '../model/checks.ts'
import { factsMaxAgeMs } from '../model/facts.ts'
import type { Rules } from '../model/route.ts'
import { families } from './context.ts'

/** Whom an answer lets pass, and where. */
export interface Kept {
  readonly matched: Match
  readonly caller: Caller
}

/**
 * For how many seconds a proxy may keep the answer that somebody passes: for no longer than the config allows,
 * than their token lives (without grace), or than what is known of them could be used here. Not at all where
 * every request is to be counted (limits, and what is in shadow), where a ban is to count at once (`fresh`), or
 * where only Clerk can say what a credential is worth.
 */
export function keptSeconds(
  { matched: { route, trial }, caller }: Kept,
  { maxAgeMs, nowMs }: { readonly maxAgeMs: number; readonly nowMs: number },
): number {
  const isCounted = route.limits !== undefined || trial !== undefined
  if (isCounted || route.revocation === 'fresh') return 0
  const leftMs = Math.min(maxAgeMs, credentialLeftMs(caller, nowMs), factsLeftMs(caller, nowMs))
  return Math.max(0, Math.floor(leftMs / 1000))
}

function credentialLeftMs({ principal }: Caller, nowMs: number): number {
  if (principal.kind === 'anonymous') return Number.POSITIVE_INFINITY
  const isOpaque = opaqueTypeOf(principal.token) !== undefined
  return isOpaque ? 0 : principal.expiresAtSeconds * 1000 - nowMs
}

function factsLeftMs({ facts }: Caller, nowMs: number): number {
  if (facts === undefined) return Number.POSITIVE_INFINITY
  return facts.readAtMs === undefined ? 0 : facts.readAtMs + factsMaxAgeMs - nowMs
}

/** What decisions look at, besides what is asked about and where credentials are. */
const consulted: readonly string[] = [
  callerHeader,
  'Authorization',
  'Cookie',
  'Origin',
  'Accept',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Site',
  'Upgrade',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Protocol',
]

/** Every header that an answer depends on, for `Vary`, by dialect. */
export function variesOf({
  carrierNames,
}: Pick<Rules, 'carrierNames'>): Readonly<Record<Dialect, string>> {
  const vary = (dialect: Dialect) =>
    [...families[dialect].names, ...consulted, ...carrierNames].join(', ')
  return {
    nginx: vary('nginx'),
    traefik: vary('traefik'),
    caddy: vary('caddy'),
    envoy: vary('envoy'),
    haproxy: vary('haproxy'),
  }
}
