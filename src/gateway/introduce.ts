import type { Exchange } from '../clerk/exchange.ts'
import type { Asking, Question } from '../model/asking.ts'
import {
  foldHeaderName,
  identityHeaders,
  isStripped,
  isWebSocket,
  nominated,
  remembering,
} from '../model/headers.ts'
import type { Refusal } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Rules } from '../model/route.ts'
import type { Authority, Caller } from './authenticate.ts'
import { type Identifier, identityOf } from './identity.ts'
import { type Guest, withhold } from './withhold.ts'

/** What the introduction of a caller to an origin needs of the world. */
export interface Introducer extends Identifier {
  readonly exchange: Exchange
  readonly authority: Authority
  readonly rules: Identifier['rules'] & Pick<Rules, 'carrierNames'>
}

const isStrippedName = remembering(isStripped)

/**
 * The headers that an origin receives: what may pass of the client's, and the identity last, so that
 * nothing the client wrote under any spelling can stand beside it. The result is what a set built from
 * empty would hold; copying and deleting is the cheaper way there. It fails only where the origin is to
 * have a token that cannot be had.
 */
export async function introduce(
  asking: Asking,
  guest: Guest,
  introducer: Introducer,
): Promise<Result<Headers, Refusal>> {
  const { exchange, authority, rules, handOff } = introducer
  const { route, caller } = guest
  const incoming = asking.request.headers
  const headers = new Headers(incoming)
  const connection = nominated(incoming.get('connection'))
  for (const name of guest.names) {
    if (isStrippedName(name) || (connection.size > 0 && connection.has(foldHeaderName(name)))) {
      headers.delete(name)
    }
  }
  if (route.websocket && isWebSocket(incoming)) headers.set('Upgrade', 'websocket')
  withhold(headers, guest, { issuers: authority.issuer.issuers, carrierNames: rules.carrierNames })
  if (route.exchange !== undefined) {
    const token = await exchangeFor(caller, route.exchange, exchange)
    if (!token.ok) return token
    if (token.value !== undefined) headers.set('Authorization', `Bearer ${token.value}`)
  }
  forwardFor(headers, asking)
  headers.set(identityHeaders.requestId, asking.requestId)
  for (const name of guest.names) if (handOff?.isMapped(name)) headers.delete(name)
  const identity = identityOf({ question: asking, route, caller }, introducer)
  const lines = identity instanceof Promise ? await identity : identity
  for (const [name, value] of lines) headers.set(name, value)
  return ok(headers)
}

/** The token that the origin receives in place of the session's; nobody has none. */
export async function exchangeFor(
  { principal }: Caller,
  template: string,
  exchange: Exchange,
): Promise<Result<string | undefined, Refusal>> {
  return principal.kind === 'user' ? exchange({ user: principal, template }) : ok(undefined)
}

/** The edge writes `CF-Connecting-IP` itself, over whatever a client sends. */
function forwardFor(headers: Headers, { clientAddress, target }: Question): void {
  if (clientAddress !== undefined) headers.set('X-Forwarded-For', clientAddress)
  headers.set('X-Forwarded-Proto', target.scheme)
  headers.set('X-Forwarded-Host', target.host)
}
