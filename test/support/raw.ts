import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One HTTP/1.1 message as it was on the wire. Bytes are characters: each is from U+0000 to U+00FF. */
export interface RawMessage {
  /** The request line or the status line. */
  readonly startLine: string
  /** Every header line in its order, with its own casing, duplicates and all. */
  readonly headerLines: readonly string[]
  /** The body without its framing. */
  readonly body: string
}

/** The values of a header in the order of its lines; the name is compared without case. */
export function headerValues(message: RawMessage, name: string): string[] {
  const prefix = `${name.toLowerCase()}:`
  return message.headerLines
    .filter((line) => line.toLowerCase().startsWith(prefix))
    .map((line) => line.slice(prefix.length).trim())
}

/** The status code of a response. */
export function status(response: RawMessage): number {
  return Number(response.startLine.split(' ')[1])
}

/** Decodes the chunks at the start of `text`, or gives nothing while the last one is missing. */
function dechunk(text: string): string | undefined {
  let [body, position] = ['', 0]
  for (;;) {
    const lineEnd = text.indexOf('\r\n', position)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(text.slice(position, lineEnd), 16)
    const start = lineEnd + 2
    if (text.length < start + size + 2) return undefined
    if (size === 0) return body
    body += text.slice(start, start + size)
    position = start + size + 2
  }
}

/**
 * Reads one message, or gives nothing while it is incomplete. Without a length, a request has no body
 * (RFC 9112 section 6.3) and a response ends with its connection.
 */
export function readMessage(text: string, connectionEnded: boolean): RawMessage | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [startLine = '', ...headerLines] = text.slice(0, headEnd).split('\r\n')
  const rest = text.slice(headEnd + 4)
  const message = (body: string) => ({ startLine, headerLines, body })
  const bare = message('')
  if (/chunked/i.test(headerValues(bare, 'transfer-encoding').join())) {
    const body = dechunk(rest)
    return body === undefined ? undefined : message(body)
  }
  const [length] = headerValues(bare, 'content-length')
  if (length !== undefined) {
    return rest.length < Number(length) ? undefined : message(rest.slice(0, Number(length)))
  }
  const isResponse = startLine.startsWith('HTTP/')
  if (!isResponse || /^HTTP\/\S+ (1\d\d|204|304)/.test(startLine)) return bare
  return connectionEnded ? message(rest) : undefined
}

/** Collects what a socket receives until it is a whole message; fails after `timeoutMs`. */
function receive(socket: Socket, timeoutMs: number): Promise<RawMessage> {
  return new Promise((resolve, reject) => {
    let text = ''
    const attempt = (ended: boolean) => {
      const message = readMessage(text, ended)
      if (message !== undefined) resolve(message)
      else if (ended)
        reject(new Error(`The connection ended early, after: ${JSON.stringify(text)}`))
    }
    socket.setTimeout(timeoutMs, () => reject(new Error(`No whole answer in ${timeoutMs} ms`)))
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      attempt(false)
    })
    socket.on('end', () => attempt(true))
    socket.on('error', reject)
  })
}

/**
 * Sends exactly these bytes to a port of this machine and reads the whole answer. For an answer to
 * HEAD, which announces a body and has none, use GET: only the connection could tell them apart.
 */
export async function sendRaw(port: number, bytes: string, timeoutMs = 5_000): Promise<RawMessage> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write(bytes, 'latin1')
    return await receive(socket, timeoutMs)
  } finally {
    socket.destroy()
  }
}

/** The bytes of a GET for `target`, without its path touched; further header lines as given. */
export function rawGet(target: string, headerLines: readonly string[] = []): string {
  const lines = headerLines.some((line) => /^host:/i.test(line))
    ? headerLines
    : ['Host: usher.test', ...headerLines]
  return [`GET ${target} HTTP/1.1`, ...lines, 'Connection: close', '', ''].join('\r\n')
}

/** An origin that keeps what it was sent, byte by byte. */
export interface RawOrigin {
  readonly port: number
  readonly url: string
  /** Every request since the start, or since it was last emptied. */
  readonly requests: RawMessage[]
  readonly stop: () => Promise<void>
}

const plainAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/**
 * Starts an origin that answers every request with the bytes that `answer` gives. The connection stays
 * open for the next request unless the answer says `Connection: close`.
 */
export async function startRawOrigin(
  answer: (request: RawMessage) => string = () => plainAnswer,
): Promise<RawOrigin> {
  const requests: RawMessage[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let text = ''
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      const request = readMessage(text, false)
      if (request === undefined) return
      text = ''
      requests.push(request)
      const reply = answer(request)
      socket.write(reply, 'latin1')
      if (/^connection: close\r$/im.test(reply)) socket.end()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    await once(server.close(), 'close')
  }
  return { port, url: `http://127.0.0.1:${port}`, requests, stop }
}
