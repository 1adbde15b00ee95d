import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** An origin that costs next to nothing: one fixed answer of 1 KiB, and the key set where it is asked for. */
export interface TinyOrigin {
  readonly port: number
  /** The head of the request that came last. */
  readonly lastHead: () => string
  readonly stop: () => Promise<void>
}

const bodyBytes = 1024
const headEnd = '\r\n\r\n'

/** Starts the origin. It reads heads only: no request of the benchmark has a body. */
export async function startOrigin(keySet: string): Promise<TinyOrigin> {
  const plain = answer('text/plain', 'x'.repeat(bodyBytes))
  const keys = answer('application/json', keySet)
  const sockets = new Set<Socket>()
  let lastHead = ''
  const server = createServer((socket) => {
    sockets.add(socket)
    let pending = ''
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      pending += bytes.toString('latin1')
      for (let end = pending.indexOf(headEnd); end >= 0; end = pending.indexOf(headEnd)) {
        lastHead = pending.slice(0, end)
        pending = pending.slice(end + headEnd.length)
        socket.write(lastHead.startsWith('GET /.well-known/jwks.json ') ? keys : plain)
      }
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    await once(server.close(), 'close')
  }
  return { port, lastHead: () => lastHead, stop }
}

function answer(type: string, body: string): string {
  return [
    'HTTP/1.1 200 OK',
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    `${headEnd.slice(2)}${body}`,
  ].join('\r\n')
}
