import {
  isSecretParameter,
  mayNameClerk,
  withoutParameters,
  withQuery,
} from '../clerk/browser-parameters.ts'
import { withoutClerkCookies, withoutLastingCookies } from '../clerk/cookies.ts'
import { looksLikeClerk } from '../clerk/credential.ts'
import { foreignProtocols, ownProtocol, protocolsOf } from '../clerk/subprotocol.ts'
import { foldHeaderName } from '../model/headers.ts'
import type { Carrier } from '../model/principal.ts'
import type { Route } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import type { Caller } from './authenticate.ts'

/** Who is shown to an origin, and by which route. */
export interface Guest {
  readonly route: Route
  readonly caller: Caller
  /** The names of the headers of the request. */
  readonly names: readonly string[]
}

/** By what a credential is known that no route here asked for. */
export interface Suspicion {
  /** The issuers of tokens that count. */
  readonly issuers: readonly string[]
  /** The headers that some route in force names as carrier. */
  readonly carrierNames: readonly string[]
}

/**
 * Takes out of `headers` what was meant for the gateway: the credential, wherever it may be, and Clerk's
 * cookies. An origin needs none of it, and could use all of it elsewhere. Where the origin is shown the credential
 * it is the session alone: not what makes further ones, and none of Usher's own cookies.
 */
export function withhold(headers: Headers, guest: Guest, suspicion: Suspicion): void {
  withholdNames(headers, guest, suspicion)
  if (guest.route.passCredential) keepCookies(headers, withoutLastingCookies)
  else removeCredentials(headers, guest, suspicion)
}

/** The target without Clerk's credentials in its query, which are for Clerk's scripts and SDKs alone. */
export function withholdSecrets(target: CanonicalTarget): CanonicalTarget {
  const { query } = target
  if (!mayNameClerk(query)) return target
  const kept = withoutParameters(query, isSecretParameter)
  return kept === query ? target : withQuery(target, kept)
}

/**
 * Removes the headers that mean something to the gateway, under every spelling that an origin may fold:
 * what carries a credential on this route, even when another carrier decided and nobody looked at it;
 * what carries one on other routes, where it looks like one; and `Authorization` where the gateway
 * writes it itself.
 */
function withholdNames(
  headers: Headers,
  { route, caller }: Guest,
  { issuers, carrierNames }: Suspicion,
): void {
  const { carriers, exchange, mode, passCredential } = route
  if (carrierNames.length === 0 && exchange === undefined && mode === undefined) return
  const own: readonly string[] = carriers
  const shown = passCredential ? caller.carrier : undefined
  for (const [name, value] of [...headers]) {
    const folded = foldHeaderName(name)
    const isOwn = folded.startsWith('x-') && own.includes(folded)
    const isWithheld =
      isOwn ||
      (carrierNames.includes(folded)
        ? looksLikeClerk(value, issuers)
        : exchange !== undefined && folded === 'authorization')
    if (isWithheld && name !== shown) headers.delete(name)
  }
}

function removeCredentials(
  headers: Headers,
  { route, caller }: Guest,
  { issuers }: Suspicion,
): void {
  const wasUsed = caller.carrier === 'bearer'
  if (wasUsed || looksLikeClerk(headers.get('authorization') ?? '', issuers)) {
    headers.delete('authorization')
  }
  if (route.websocket) removeProtocols(headers, route.carriers)
  keepCookies(headers, withoutClerkCookies)
}

function keepCookies(headers: Headers, keep: (cookie: string) => string | undefined): void {
  const cookie = headers.get('cookie')
  if (cookie === null) return
  const kept = keep(cookie)
  if (kept === undefined) headers.delete('cookie')
  else if (kept !== cookie) headers.set('cookie', kept)
}

/** Usher's own subprotocol and the credential beside it; on other routes `bearer.…` alone may be the origin's. */
function removeProtocols(headers: Headers, carriers: readonly Carrier[]): void {
  const offered = protocolsOf(headers)
  if (!carriers.includes('subprotocol') && !offered.includes(ownProtocol)) return
  const kept = foreignProtocols(headers)
  if (kept.length === 0) headers.delete('sec-websocket-protocol')
  else if (kept.length < offered.length) headers.set('Sec-WebSocket-Protocol', kept.join(', '))
}
