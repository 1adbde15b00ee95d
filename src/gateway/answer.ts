import {
  foldHeaderName,
  identityHeaders,
  isHopByHop,
  isReserved,
  nominated,
} from '../model/headers.ts'

/**
 * What the client receives of the origin's answer: status and body as they are, without headers that
 * belong to one connection, that only Usher may set, or that would let a script of one origin take over
 * the whole host (`Service-Worker-Allowed`).
 */
export function answer(response: Response, requestId: string): Response {
  const headers = new Headers(response.headers)
  const connection = nominated(response.headers.get('connection'))
  for (const name of response.headers.keys()) {
    const folded = foldHeaderName(name)
    if (isRemoved(folded) || connection.has(folded)) headers.delete(name)
  }
  headers.set(identityHeaders.requestId, requestId)
  const { status, statusText, webSocket } = response
  if (webSocket !== null) return new Response(null, { status: 101, headers, webSocket })
  return new Response(response.body, { status, statusText, headers })
}

function isRemoved(folded: string): boolean {
  return isReserved(folded) || isHopByHop(folded) || folded === 'service-worker-allowed'
}
