import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

// WebSockets by hand on both sides (RFC 6455), so that every header line and every frame is seen.

/** The kinds of frame that are known (RFC 6455 section 11.8). */
export const opcodes = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** See {@link opcodes}. */
export type Opcode = (typeof opcodes)[keyof typeof opcodes]

/** One frame as it was on the wire. */
export interface Frame {
  readonly opcode: number
  readonly isLast: boolean
  readonly payload: Buffer
}

/** One end of a WebSocket. */
export interface WebSocketEnd {
  readonly socket: Socket
  /** Sends one frame, as text or bytes; `isLast` says whether the message ends with it. */
  send(opcode: Opcode, payload?: string | Buffer, isLast?: boolean): void
  /** Sends a close frame with this code and reason. */
  close(code: number, reason?: string): void
  /** The next thing that came: `text hello`, `close 4401 session-ended`, `end` of the connection. */
  next(): Promise<string>
}

/** An end that asked for a WebSocket, with the answer it got. */
export interface Upgraded extends WebSocketEnd {
  readonly head: string
  readonly status: number
}

const headEnd = '\r\n\r\n'

/** Asks for an upgrade with exactly these header lines beside the usual ones. */
export async function upgrade(
  port: number,
  target: string,
  headerLines: readonly string[] = [],
): Promise<Upgraded> {
  const lines = [
    `GET ${target} HTTP/1.1`,
    'Host: usher.test',
    'Connection: Upgrade',
    'Upgrade: websocket',
  ]
  return converse(port, [...lines, ...headerLines])
}

/** Sends this head, completed with what every WebSocket client says, and reads the head of the answer. */
export async function converse(port: number, lines: readonly string[]): Promise<Upgraded> {
  const handshake = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  socket.write([...lines, ...handshake, '', ''].join('\r\n'))
  const head = await readHead(socket)
  const end = open(socket, true)
  socket.resume()
  return { ...end, head, status: Number(head.split(' ')[1]) }
}

async function readHead(socket: Socket): Promise<string> {
  let bytes = Buffer.alloc(0)
  for (;;) {
    const end = bytes.indexOf(headEnd)
    if (end >= 0) {
      socket.unshift(bytes.subarray(end + headEnd.length))
      return bytes.toString('latin1', 0, end + headEnd.length)
    }
    const [part]: unknown[] = await Promise.race([once(socket, 'data'), once(socket, 'close')])
    if (!(part instanceof Buffer)) throw new Error(`The connection ended after: ${bytes}`)
    socket.pause()
    bytes = Buffer.concat([bytes, part])
  }
}

/** An origin that accepts every WebSocket. */
export interface SocketOrigin {
  readonly url: string
  /** The upgrades that reached it. */
  readonly upgrades: IncomingMessage[]
  /** The requests that reached it and asked for none. */
  readonly plain: IncomingMessage[]
  /** The next WebSocket that it accepted. */
  accepted(): Promise<WebSocketEnd>
  /** Forgets what happened. */
  clear(): void
  stop(): void
}

/** Starts it; `linesFor` gives further header lines of its 101. */
export async function startSocketOrigin(
  linesFor: (request: IncomingMessage) => readonly string[] = () => [],
): Promise<SocketOrigin> {
  const [upgrades, plain]: [IncomingMessage[], IncomingMessage[]] = [[], []]
  const queue = createQueue<WebSocketEnd>()
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    plain.push(request)
    response.end('plain')
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    upgrades.push(request)
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    const accept = `Sec-WebSocket-Accept: ${acceptOf(String(request.headers['sec-websocket-key']))}`
    socket.write([...lines, accept, ...linesFor(request), '', ''].join('\r\n'))
    queue.put(open(socket, false))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    upgrades,
    plain,
    accepted: queue.take,
    clear() {
      upgrades.length = plain.length = 0
      queue.clear()
    },
    stop() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** What a server answers to this key (RFC 6455 section 4.2.2). */
export function acceptOf(key: string): string {
  const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
  return createHash('sha1').update(`${key}${magic}`).digest('base64')
}

function open(socket: Socket, isMasked: boolean): WebSocketEnd {
  const queue = createQueue<string>()
  readFrames(socket, (frame) => queue.put(describe(frame)))
  // The server's connections stay half open, and a connection that is reset has no end.
  void Promise.race([once(socket, 'end'), once(socket, 'close')]).then(
    () => queue.put('end'),
    () => queue.put('end'),
  )
  const send: WebSocketEnd['send'] = (opcode, payload = '', isLast = true) =>
    void socket.write(frameBytes({ opcode, isLast, payload: Buffer.from(payload) }, isMasked))
  const close: WebSocketEnd['close'] = (code, reason = '') =>
    send(opcodes.close, closePayload(code, reason))
  return { socket, send, close, next: queue.take }
}

/** Code and reason of a close frame. */
export function closePayload(code: number, reason = ''): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(code)
  return Buffer.concat([head, Buffer.from(reason)])
}

/** The bytes of a frame (RFC 6455 section 5.2); a client's is masked. */
export function frameBytes({ opcode, isLast, payload }: Frame, isMasked: boolean): Buffer {
  const head = [opcode | (isLast ? 0x80 : 0)]
  const mark = isMasked ? 0x80 : 0
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(BigInt(payload.length))
  if (payload.length < 126) head.push(mark | payload.length)
  else if (payload.length < 65_536) head.push(mark | 126, ...length.subarray(6))
  else head.push(mark | 127, ...length)
  if (!isMasked) return Buffer.concat([Buffer.from(head), payload])
  const mask = Buffer.from([1, 2, 3, 4])
  return Buffer.concat([Buffer.from(head), mask, toggleMask(payload, mask)])
}

/** Calls back with every frame that a socket receives, in order. */
export function readFrames(socket: Socket, take: (frame: Frame) => void): void {
  let parts: Buffer[] = []
  let [pending, needed] = [0, 2]
  socket.on('data', (part: Buffer) => {
    parts.push(part)
    pending += part.length
    // Only once there is enough for a frame: joining at every part would cost its square.
    while (pending >= needed) {
      const bytes = parts.length === 1 ? (parts[0] ?? part) : Buffer.concat(parts)
      const { frame, length } = readFrame(bytes)
      needed = frame === undefined ? length : 2
      const rest = frame === undefined ? bytes : bytes.subarray(length)
      parts = [rest]
      pending = rest.length
      if (frame !== undefined) take(frame)
    }
  })
}

/** The frame at the start of `bytes` with its length, or how many bytes are needed to say more. */
function readFrame(bytes: Buffer): { frame: Frame | undefined; length: number } {
  const [first = 0, second = 0] = bytes
  const isMasked = (second & 0x80) !== 0
  const short = second & 0x7f
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const start = 2 + lengthBytes + (isMasked ? 4 : 0)
  if (bytes.length < start) return { frame: undefined, length: start }
  const size =
    lengthBytes === 0 ? short : Number.parseInt(bytes.toString('hex', 2, 2 + lengthBytes), 16)
  const length = start + size
  if (bytes.length < length) return { frame: undefined, length }
  const raw = bytes.subarray(start, length)
  const payload = isMasked ? toggleMask(raw, bytes.subarray(start - 4, start)) : Buffer.from(raw)
  return { frame: { opcode: first & 0xf, isLast: (first & 0x80) !== 0, payload }, length }
}

/** Masks a payload, or takes the mask off again (RFC 6455 section 5.3). */
function toggleMask(payload: Buffer, mask: Buffer): Buffer {
  const masked = Buffer.from(payload)
  for (let index = 0; index < masked.length; index++) {
    masked[index] = (masked[index] ?? 0) ^ (mask[index % 4] ?? 0)
  }
  return masked
}

const shownMaxBytes = 200

/** A frame in words; of a large one, its size and digest. */
function describe({ opcode, isLast, payload }: Frame): string {
  const [name] = Object.entries(opcodes).find(([, known]) => known === opcode) ?? [
    `opcode ${opcode}`,
  ]
  const kind = isLast ? name : `${name}…`
  if (opcode === opcodes.close && payload.length >= 2) {
    return `${kind} ${payload.readUInt16BE(0)} ${payload.subarray(2)}`.trimEnd()
  }
  if (payload.length > shownMaxBytes) return `${kind} ${payload.length} bytes, ${digest(payload)}`
  const shown = opcode === opcodes.binary ? payload.toString('hex') : payload.toString()
  return `${kind} ${shown}`.trimEnd()
}

/** By what a large payload is told from another. */
export function digest(payload: Buffer): string {
  return createHash('sha1').update(payload).digest('hex')
}

/** What came and nobody has taken yet, or who waits for what has not come. */
function createQueue<T>(): { put(item: T): void; take(): Promise<T>; clear(): void } {
  const items: T[] = []
  const takers: ((item: T) => void)[] = []
  return {
    put(item) {
      const taker = takers.shift()
      if (taker === undefined) items.push(item)
      else taker(item)
    },
    take() {
      const [item] = items.splice(0, 1)
      return item === undefined
        ? new Promise((resolve) => takers.push(resolve))
        : Promise.resolve(item)
    },
    clear: () => void items.splice(0),
  }
}
