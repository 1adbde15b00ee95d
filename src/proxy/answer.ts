import { foreignProtocols, ownProtocol, protocolsOf } from '../clerk/subprotocol.ts'
import type { Asking } from '../model/asking.ts'
import {
  foldHeaderName,
  identityHeaders,
  isHopByHop,
  isReserved,
  nominated,
  remembering,
} from '../model/headers.ts'

/**
 * What the client receives of the origin's answer: status and body as they are, without headers that
 * belong to one connection, that only Usher may set, or that would let a script of one origin take over
 * the whole host (`Service-Worker-Allowed`).
 */
export function answer(response: Response, { request, requestId }: Asking): Response {
  const { status, webSocket } = response
  const cleaned =
    webSocket === null
      ? new Response(response.body, response)
      : new Response(null, { status, headers: response.headers, webSocket })
  const { headers } = cleaned
  const names: string[] = []
  for (const name of headers.keys()) if (isRemovedName(name)) names.push(name)
  if (names.length > 0) remove(headers, names)
  headers.set(identityHeaders.requestId, requestId)
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

/** Removes these, and what a `Connection` among them nominates. */
function remove(headers: Headers, names: readonly string[]): void {
  const connection = nominated(headers.get('connection'))
  for (const name of names) headers.delete(name)
  if (connection.size === 0) return
  for (const name of [...headers.keys()]) {
    if (connection.has(foldHeaderName(name))) headers.delete(name)
  }
}

const isRemovedName = remembering(isRemoved)

function isRemoved(name: string): boolean {
  const folded = foldHeaderName(name)
  return isReserved(folded) || isHopByHop(folded) || folded === 'service-worker-allowed'
}
