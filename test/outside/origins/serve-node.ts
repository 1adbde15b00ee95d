import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pathToFileURL } from 'node:url'

// A Node server around the guides' own code: Hono's app on every path, and Express' middleware below
// `/express`, with the few methods of Express that it uses.

/** What the guides export. */
interface Guide {
  readonly app: { fetch(request: Request): Promise<Response> }
  readonly shownIn: (request: object, response: object, next: () => void) => Promise<unknown>
}

const load = async (name: string): Promise<Partial<Guide>> =>
  import(pathToFileURL(`${process.argv[2]}/${name}.js`).href)
const { app } = await load('hono')
const { shownIn } = await load('express')

createServer((incoming, outgoing) => {
  const isForExpress = incoming.url?.startsWith('/express/')
  void (isForExpress ? throughExpress(incoming, outgoing) : throughHono(incoming, outgoing))
}).listen(Number(process.env.PORT), '127.0.0.1')

async function throughHono(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const headers = new Headers(incoming.headers as Record<string, string>)
  const url = `http://${incoming.headers.host}${incoming.url}`
  const response = await app?.fetch(new Request(url, { method: incoming.method ?? '', headers }))
  outgoing.writeHead(response?.status ?? 500)
  outgoing.end(await response?.text())
}

async function throughExpress(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const request = Object.assign(incoming, {
    get: (name: string) => incoming.headers[name],
    originalUrl: incoming.url?.slice('/express'.length),
  })
  const response = {
    status(code: number) {
      outgoing.statusCode = code
      return response
    },
    send: (text: string) => outgoing.end(text),
  }
  await shownIn?.(request, response, () => {
    const { user } = request as { user?: { sub: string } }
    outgoing.end(JSON.stringify({ user: user?.sub }))
  })
}
