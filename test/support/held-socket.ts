import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One end of a connection in the hands of a test: nothing is said or answered unless the test does it. */
export interface HeldSocket {
  /** All that came in so far; bytes are characters. */
  readonly text: () => string
  /** Waits until this has come in; fails once nothing more can come. */
  readonly until: (part: string) => Promise<void>
  readonly write: (bytes: string) => void
  /** Reads no more. */
  readonly pause: () => void
  /** Says that no more will be said; what is said to it is still heard. */
  readonly end: () => void
  /** Goes away without a word, as a process does that is killed. */
  readonly reset: () => void
  /** Settles once the other end has ended the connection, or cut it. */
  readonly closed: Promise<void>
}

/** Takes a connection in hand. */
export function hold(socket: Socket): HeldSocket {
  let text = ''
  let isClosed = false
  const news = new Set<() => void>()
  const tell = () => {
    for (const hear of [...news]) hear()
  }
  const closed = new Promise<void>((resolve) => {
    const close = () => {
      isClosed = true
      resolve()
      tell()
    }
    socket.on('end', close).on('close', close).on('error', close)
  })
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part
    tell()
  })

  function until(part: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!text.includes(part) && !isClosed) return
        news.delete(look)
        if (text.includes(part)) resolve()
        else reject(new Error(`Closed before ${JSON.stringify(part)}: ${JSON.stringify(text)}`))
      }
      news.add(look)
      look()
    })
  }

  return {
    text: () => text,
    until,
    write: (bytes) => void socket.write(bytes, 'latin1'),
    pause: () => void socket.pause(),
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    closed,
  }
}

/** Calls a port of this machine. */
export function call(port: number, bytes = ''): HeldSocket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const held = hold(socket)
  held.write(bytes)
  return held
}

/** An origin that accepts connections and does nothing by itself. */
export interface HeldOrigin {
  readonly url: string
  /** The next connection, once the head of a request has come over it. */
  readonly next: () => Promise<HeldSocket>
  readonly stop: () => void
}

/** Starts one. */
export async function startHeldOrigin(): Promise<HeldOrigin> {
  const sockets = new Set<Socket>()
  const waiting: HeldSocket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    waiting.push(hold(socket))
    server.emit('held')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo

  async function next(): Promise<HeldSocket> {
    let held = waiting.shift()
    while (held === undefined) {
      await once(server, 'held')
      held = waiting.shift()
    }
    await held.until('\r\n\r\n')
    return held
  }

  function stop(): void {
    for (const socket of sockets) socket.destroy()
    server.close()
  }

  return { url: `http://127.0.0.1:${port}`, next, stop }
}
