import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/**
 * An origin that costs next to nothing: one fixed answer of 1 KiB, others of the size that a path asks for,
 * and the key set where it is asked for.
 */
export interface TinyOrigin {
  readonly port: number
  /** The head of the request that came last. */
  readonly lastHead: () => string
  readonly stop: () => Promise<void>
}

const usualBytes = 1024
const headEnd = '\r\n\r\n'

/** Starts the origin. It reads heads only: no request of the benchmark has a body. */
export async function startOrigin(keySet: string): Promise<TinyOrigin> {
  const keys = answer('application/json', keySet)
  const plains = new Map<number, Buffer>()
  const sockets = new Set<Socket>()
  let lastHead = ''
  function answerTo(head: string): Buffer {
    if (head.startsWith('GET /.well-known/jwks.json ')) return keys
    const bytes = Number(/^GET \/bodies\/(\d+) /.exec(head)?.[1] ?? usualBytes)
    const plain = plains.get(bytes) ?? answer('text/plain', 'x'.repeat(bytes))
    plains.set(bytes, plain)
    return plain
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    let pending = ''
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      pending += bytes.toString('latin1')
      for (let end = pending.indexOf(headEnd); end >= 0; end = pending.indexOf(headEnd)) {
        lastHead = pending.slice(0, end)
        pending = pending.slice(end + headEnd.length)
        socket.write(answerTo(lastHead))
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

/** The address of an answer of so many bytes. */
export function bodyPath(bytes: number): string {
  return `/bodies/${bytes}`
}

function answer(type: string, body: string): Buffer {
  const text = [
    'HTTP/1.1 200 OK',
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    `${headEnd.slice(2)}${body}`,
  ].join('\r\n')
  return Buffer.from(text)
}
