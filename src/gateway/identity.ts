import type { Exchange } from '../clerk/exchange.ts'
import type { Question } from '../model/asking.ts'
import {
  foldHeaderName,
  identityHeaders,
  isStripped,
  isWebSocket,
  looseHeaderNames,
  nominated,
  remembering,
} from '../model/headers.ts'
import type { Refusal } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { LooseHeader, Route, Rules } from '../model/route.ts'
import { isSafe } from '../model/safe-methods.ts'
import type { Assert } from './assertion.ts'
import type { Authority, Caller } from './authenticate.ts'
import type { HandOff } from './hand-off.ts'
import { toldOf } from './telling.ts'
import { type Guest, withhold } from './withhold.ts'

/** What the introduction of a caller to an origin needs of the world. */
export interface Introducer {
  readonly assert: Assert
  readonly exchange: Exchange
  readonly authority: Authority
  /** `undefined` where no header is mapped. */
  readonly handOff: HandOff | undefined
  readonly rules: Pick<Rules, 'identity' | 'identityHeaders' | 'carrierNames' | 'tellsEmail'>
}

const isStrippedName = remembering(isStripped)

/**
 * The headers that an origin receives: what may pass of the client's, and the identity last, so that
 * nothing the client wrote under any spelling can stand beside it. The result is what a set built from
 * empty would hold; copying and deleting is the cheaper way there. It fails only where the origin is to
 * have a token that cannot be had.
 */
export async function introduce(
  question: Question,
  guest: Guest,
  introducer: Introducer,
): Promise<Result<Headers, Refusal>> {
  const { exchange, authority, rules } = introducer
  const { route, caller } = guest
  const incoming = question.request.headers
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
  forwardFor(headers, question)
  await present(headers, { question, route, caller }, introducer)
  return ok(headers)
}

/** Who asked for what, and was let through. */
interface Presented {
  readonly question: Question
  readonly route: Route
  readonly caller: Caller
}

/**
 * Writes who is calling: every header of identity always, an absent value empty. `headers` has none of them
 * under any other spelling.
 */
export async function present(
  headers: Headers,
  { question, route, caller }: Presented,
  { assert, handOff, rules }: Pick<Introducer, 'assert' | 'handOff' | 'rules'>,
): Promise<void> {
  const assertion = assertionFor(question, { route, caller }, { assert, rules })
  headers.set(
    identityHeaders.assertion,
    typeof assertion === 'string' ? assertion : await assertion,
  )
  headers.set(identityHeaders.requestId, question.requestId)
  if (rules.identity === 'headers') identify(headers, caller)
  for (const name of rules.identityHeaders) {
    headers.set(looseHeaderNames[name], looseValue(name, caller))
  }
  if (handOff !== undefined) handOff(headers, caller)
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

/** By itself an assertion lasts for the session, and is bound to its one request where that may change things. */
function assertionFor(
  { request, target, moment }: Question,
  { route, caller }: Pick<Presented, 'route' | 'caller'>,
  { assert, rules }: Pick<Introducer, 'assert' | 'rules'>,
): string | Promise<string> {
  const { principal, holdings, facts } = caller
  const mode = route.assertion ?? (isSafe(request.method) ? 'session' : 'request')
  if (principal.kind === 'anonymous' || mode === 'off') return ''
  const { method } = request
  const bound = mode === 'request' ? { method, host: target.host, path: target.path } : undefined
  const email = rules.tellsEmail ? facts?.email : undefined
  const assertable = { principal, holdings, email, audience: route.origin.name, request: bound }
  return assert(assertable, moment)
}

/** Every identity header is always sent: an absent value is empty, so a client's can never survive. */
function identify(headers: Headers, { principal }: Caller): void {
  const identified = principal.kind === 'anonymous' ? undefined : principal
  headers.set(identityHeaders.authenticated, identified ? '1' : '0')
  headers.set(identityHeaders.userId, principal.kind === 'user' ? principal.userId : '')
  headers.set(identityHeaders.organizationId, identified?.organization?.id ?? '')
}

function looseValue(name: LooseHeader, caller: Caller): string {
  const told = toldOf(name, caller)
  return plain(typeof told === 'object' ? told.join(name === 'scopes' ? ' ' : ',') : told)
}

/** What is not printable ASCII would be read differently by every origin: it is percent-encoded. */
function plain(value = ''): string {
  return value.toWellFormed().replaceAll(/[^ -~]/gu, encodeURIComponent)
}
