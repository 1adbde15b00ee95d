import { looksLikeClerk, withoutClerkCookies } from '../clerk/credential.ts'
import {
  foldHeaderName,
  identityHeaders,
  isStripped,
  isWebSocket,
  looseHeaderNames,
  nominated,
  remembering,
} from '../model/headers.ts'
import { unreachable } from '../model/result.ts'
import type { LooseHeader, Route, Rules } from '../model/route.ts'
import type { Asking } from './asking.ts'
import type { Assert } from './assertion.ts'
import { type Authority, type Caller, isSafe } from './authenticate.ts'

/** What the introduction of a caller to an origin needs of the world. */
export interface Introducer {
  readonly assert: Assert
  readonly authority: Authority
  readonly rules: Pick<Rules, 'identity' | 'identityHeaders'>
}

const isStrippedName = remembering(isStripped)

/**
 * The headers that an origin receives: what may pass of the client's, and the identity last, so that
 * nothing the client wrote under any spelling can stand beside it. The result is what a set built from
 * empty would hold; copying and deleting is the cheaper way there.
 */
export async function introduce(
  asking: Asking,
  { route, caller }: { route: Route; caller: Caller },
  { assert, authority, rules }: Introducer,
): Promise<Headers> {
  const incoming = asking.request.headers
  const headers = new Headers(incoming)
  const connection = nominated(incoming.get('connection'))
  for (const name of incoming.keys()) {
    if (isStrippedName(name) || (connection.size > 0 && connection.has(foldHeaderName(name)))) {
      headers.delete(name)
    }
  }
  if (route.websocket && isWebSocket(incoming)) headers.set('Upgrade', 'websocket')
  if (!route.passCredential) removeCredentials(headers, caller, authority.issuer.issuers)
  forwardFor(headers, asking)
  headers.set(identityHeaders.assertion, await assertionFor(asking, { route, caller }, assert))
  if (rules.identity === 'headers') identify(headers, caller, asking.requestId)
  for (const name of rules.identityHeaders) {
    headers.set(looseHeaderNames[name], looseValue(name, caller))
  }
  return headers
}

/** Clerk's cookies and tokens end here: an origin needs neither, and could use both. */
function removeCredentials(headers: Headers, caller: Caller, issuers: readonly string[]): void {
  const wasUsed = caller.carrier === 'header'
  if (wasUsed || looksLikeClerk(headers.get('authorization') ?? '', issuers)) {
    headers.delete('authorization')
  }
  const cookie = headers.get('cookie')
  if (cookie === null) return
  const kept = withoutClerkCookies(cookie)
  if (kept === undefined) headers.delete('cookie')
  else if (kept !== cookie) headers.set('cookie', kept)
}

/** The edge writes `CF-Connecting-IP` itself, over whatever a client sends. */
function forwardFor(headers: Headers, { request, target }: Asking): void {
  const clientAddress = request.headers.get('cf-connecting-ip')
  if (clientAddress !== null) headers.set('X-Forwarded-For', clientAddress)
  headers.set('X-Forwarded-Proto', target.scheme)
  headers.set('X-Forwarded-Host', target.host)
}

/** By itself an assertion lasts for the session, and is bound to its one request where that may change things. */
function assertionFor(
  { request, target, moment }: Asking,
  { route, caller }: { route: Route; caller: Caller },
  assert: Assert,
): string | Promise<string> {
  const { principal, holdings } = caller
  const mode = route.assertion ?? (isSafe(request.method) ? 'session' : 'request')
  if (principal.kind === 'anonymous' || mode === 'off') return ''
  const { method } = request
  const bound = mode === 'request' ? { method, host: target.host, path: target.path } : undefined
  const assertable = { user: principal, holdings, audience: route.origin.name, request: bound }
  return assert(assertable, moment)
}

/** Every identity header is always sent: an absent value is empty, so a client's can never survive. */
function identify(headers: Headers, { principal }: Caller, requestId: string): void {
  const user = principal.kind === 'user' ? principal : undefined
  headers.set(identityHeaders.authenticated, user ? '1' : '0')
  headers.set(identityHeaders.userId, user?.userId ?? '')
  headers.set(identityHeaders.organizationId, user?.organization?.id ?? '')
  headers.set(identityHeaders.requestId, requestId)
}

function looseValue(name: LooseHeader, { facts, holdings }: Caller): string {
  switch (name) {
    case 'roles':
      return plain(holdings?.roles.join(','))
    case 'permissions':
      return plain(holdings?.permissions.join(','))
    case 'email':
      return plain(facts?.email)
    default:
      return unreachable(name)
  }
}

/** What is not printable ASCII would be read differently by every origin: it is percent-encoded. */
function plain(value = ''): string {
  return value.replaceAll(/[^ -~]/gu, encodeURIComponent)
}
