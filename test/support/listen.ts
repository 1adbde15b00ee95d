import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A handler of requests that listens on a port of this machine. */
export interface Listening {
  /** `http://127.0.0.1:40123` */
  readonly origin: string
  readonly port: number
  readonly close: () => Promise<void>
}

/**
 * Serves a fetch handler on a free port of 127.0.0.1, so that a client can call it that knows nothing but addresses.
 * Headers, repeated ones too, and bodies arrive as they were sent; a handler that throws is a 500.
 */
export async function listen(
  handle: (request: Request) => Response | Promise<Response>,
  port = 0,
): Promise<Listening> {
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => {
      if (!outgoing.headersSent) outgoing.writeHead(500, { 'content-type': 'text/plain' })
      outgoing.end(String(error))
    })
  })
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    await send(await handle(await requestOf(incoming)), outgoing)
  }
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${address.port}`,
    port: address.port,
    async close() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const { method = 'GET', url = '/', rawHeaders } = incoming
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
  }
  const target = new URL(url, `http://${headers.get('host') ?? '127.0.0.1'}`)
  const bytes = await buffer(incoming)
  const hasBody = method !== 'GET' && method !== 'HEAD' && bytes.length > 0
  return new Request(target, { method, headers, ...(hasBody && { body: bytes }) })
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  const headers: [string, string][] = [...response.headers].filter(
    ([name]) => name !== 'set-cookie',
  )
  outgoing.statusCode = response.status
  for (const [name, value] of headers) outgoing.setHeader(name, value)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies)
  outgoing.end(Buffer.from(await response.arrayBuffer()))
}
