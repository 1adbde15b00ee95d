import { withoutClerkCookies } from '../clerk/cookies.ts'
import { looksLikeClerk } from '../clerk/credential.ts'
import { foreignProtocols, ownProtocol, protocolsOf } from '../clerk/subprotocol.ts'
import { foldHeaderName } from '../model/headers.ts'
import type { Carrier } from '../model/principal.ts'
import type { Route } from '../model/route.ts'
import type { Caller } from './authenticate.ts'

/** Who is shown to an origin, and by which route. */
export interface Guest {
  readonly route: Route
  readonly caller: Caller
}

/**
 * Takes out of `headers` what was meant for the gateway: the credential, wherever it may be, and Clerk's
 * cookies. An origin needs none of it, and could use all of it elsewhere.
 */
export function withhold(headers: Headers, guest: Guest, issuers: readonly string[]): void {
  withholdNames(headers, guest)
  if (!guest.route.passCredential) removeCredentials(headers, guest, issuers)
}

/**
 * Removes the headers that mean something to the gateway on this route alone, under every spelling that an
 * origin may fold: what carries a credential, even when another carrier decided and nobody looked at it,
 * and `Authorization` where the gateway writes it itself.
 */
function withholdNames(headers: Headers, { route, caller }: Guest): void {
  const { carriers, exchange, passCredential } = route
  const withheld: string[] = carriers.filter((carrier) => carrier.startsWith('x-'))
  if (exchange !== undefined) withheld.push('authorization')
  if (withheld.length === 0) return
  const shown = passCredential ? caller.carrier : undefined
  for (const name of [...headers.keys()]) {
    if (name !== shown && withheld.includes(foldHeaderName(name))) headers.delete(name)
  }
}

function removeCredentials(
  headers: Headers,
  { route, caller }: Guest,
  issuers: readonly string[],
): void {
  const wasUsed = caller.carrier === 'bearer'
  if (wasUsed || looksLikeClerk(headers.get('authorization') ?? '', issuers)) {
    headers.delete('authorization')
  }
  if (route.websocket) removeProtocols(headers, route.carriers)
  const cookie = headers.get('cookie')
  if (cookie === null) return
  const kept = withoutClerkCookies(cookie)
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
