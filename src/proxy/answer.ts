import { foreignProtocols, ownProtocol, protocolsOf } from '../clerk/subprotocol.ts'
import type { Asking } from '../model/asking.ts'
import {
  foldHeaderName,
  isHopByHop,
  isHostWide,
  isReserved,
  nominated,
  remembering,
} from '../model/headers.ts'
import { endpointsOf } from '../model/origin.ts'
import { changeHeaders } from './header-changes.ts'
import type { Passage } from './passage.ts'
import { relocate, relocateRefresh } from './relocate.ts'
import { settleCookies } from './response-cookies.ts'
import type { Arrival, Departure } from './road.ts'

/**
 * What the client receives of the origin's answer: status and body as they are, without headers that
 * belong to one connection, that only Usher may set, or that would let one origin speak for the whole
 * host; and what points at the origin points at the gateway.
 */
export function answer(
  { response, endpoint, cookie }: Arrival,
  { request, target }: Asking,
  { route, target: sent }: Pick<Departure, 'route' | 'target'>,
): Response {
  const { status, webSocket } = response
  const cleaned =
    webSocket === null
      ? new Response(response.body, response)
      : new Response(null, { status, headers: response.headers, webSocket })
  const { headers } = cleaned
  const names: string[] = []
  for (const name of headers.keys()) if (isLookedAt(name)) names.push(name)
  if (names.length > 0) {
    const answered = endpoint ?? endpointsOf(route.origin)[0]
    settle(headers, names, answered && { route, asked: target, sent, endpoint: answered })
  }
  if (route.responseHeaders !== undefined) changeHeaders(headers, route.responseHeaders)
  if (cookie !== undefined) headers.append('Set-Cookie', cookie)
  if (webSocket !== null) settleProtocol(headers, request.headers)
  return cleaned
}

/**
 * A browser ends a WebSocket unless the answer names one of the subprotocols that it offered. The origin
 * was not shown Usher's own, so that is answered here where the origin chose no other.
 */
function settleProtocol(answered: Headers, offered: Headers): void {
  if (!protocolsOf(offered).includes(ownProtocol)) return
  const chosen = answered.get('sec-websocket-protocol')
  if (chosen !== null && foreignProtocols(offered).includes(chosen.trim())) return
  answered.set('Sec-WebSocket-Protocol', ownProtocol)
}

/** Removes what is not the origin's to say, and what a `Connection` nominates; the rest is put right. */
function settle(headers: Headers, names: readonly string[], passage: Passage | undefined): void {
  const connection = nominated(headers.get('connection'))
  for (const name of names) {
    const translate = translations.get(name)
    if (translate === undefined) headers.delete(name)
    else if (passage !== undefined) translate(headers, passage)
  }
  if (connection.size === 0) return
  for (const name of [...headers.keys()]) {
    if (connection.has(foldHeaderName(name))) headers.delete(name)
  }
}

/** The headers that may name the origin's places and paths. */
const translations: ReadonlyMap<string, (headers: Headers, passage: Passage) => void> = new Map([
  ['set-cookie', settleCookies],
  ['location', translating('Location', relocate)],
  ['content-location', translating('Content-Location', relocate)],
  ['refresh', translating('Refresh', relocateRefresh)],
])

function translating(name: string, translate: (value: string, passage: Passage) => string) {
  return (headers: Headers, passage: Passage) => {
    const value = headers.get(name) ?? ''
    const translated = translate(value, passage)
    if (translated !== value) headers.set(name, translated)
  }
}

const isLookedAt = remembering((name) => translations.has(name) || isRemoved(name))

function isRemoved(name: string): boolean {
  const folded = foldHeaderName(name)
  return isReserved(folded) || isHopByHop(folded) || isHostWide(folded)
}
