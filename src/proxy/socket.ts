import type { Clock } from '../model/clock.ts'

/** A WebSocket between a client and an origin that the gateway carries itself, message by message. */
interface CarriedSocket {
  /** The answer that opens the client's half. */
  readonly response: Response
  /** Whether nothing more passes, whoever ended it. */
  hasEnded(): boolean
  /** Closes both halves; not one message passes from here on. */
  end(code: number, reason: string): void
}

/** One half: what is on its other end, and whether that has said its last. */
interface Half {
  readonly socket: WebSocket
  hasClosed: boolean
}

/** Once one side has closed, the other has this long to close too. */
export const closingLimitMs = 30_000

/** Says that a half broke off, or ended with a code that nobody may send (RFC 6455 section 7.4.1). */
const brokenOff = { code: 1011, reason: 'The other side is gone.' }
const noCode = 1005
const unsayableCodes: readonly number[] = [1004, noCode, 1006, 1015]

/**
 * Carries a WebSocket that an origin has accepted. Messages pass as they are and in their order, both ways.
 * A side that has closed still hears the other one out, until that closes with a code and a reason of its
 * own. What breaks off without a word, or never answers a close, is 1011 to the other side. The platform
 * answers pings and joins fragments by itself. It tells nobody how much of what was sent has left, so
 * messages wait in memory for a reader who is slow.
 */
export function carry(
  answered: Response,
  fromOrigin: WebSocket,
  { clock, onEnd }: { readonly clock: Clock; readonly onEnd: () => void },
): CarriedSocket {
  const { 0: toClient, 1: fromClient } = new WebSocketPair()
  const client: Half = { socket: fromClient, hasClosed: false }
  const origin: Half = { socket: fromOrigin, hasClosed: false }
  let isOver = false
  let stopWaiting = () => {}

  function finish(): void {
    isOver = true
    stopWaiting()
    onEnd()
  }

  function end(code: number, reason: string): void {
    if (isOver) return
    finish()
    for (const { socket } of [client, origin]) close(socket, { code, reason })
  }

  function listen(half: Half, other: Half): void {
    const { socket } = half
    socket.addEventListener('message', ({ data }: { readonly data: unknown }) => {
      if (!isOver) send(other.socket, data)
    })
    socket.addEventListener('close', (event) => {
      if (isOver) return
      half.hasClosed = true
      close(other.socket, event)
      if (other.hasClosed) finish()
      else stopWaiting = clock.after(closingLimitMs, () => end(brokenOff.code, brokenOff.reason))
    })
    socket.addEventListener('error', () => end(brokenOff.code, brokenOff.reason))
    socket.binaryType = 'arraybuffer'
    socket.accept({ allowHalfOpen: true })
  }

  listen(client, origin)
  listen(origin, client)
  const { headers } = answered
  const response = new Response(null, { status: 101, headers, webSocket: toClient })
  return { response, hasEnded: () => isOver, end }
}

/** A half that broke off a moment ago takes nothing any more, and says so by throwing. */
function send(socket: WebSocket, data: unknown): void {
  if (typeof data !== 'string' && !(data instanceof ArrayBuffer)) return
  try {
    socket.send(data)
  } catch {
    // Its own `close` or `error` is on its way, and is told to the other side.
  }
}

function close(socket: WebSocket, { code, reason }: { code: number; reason: string }): void {
  try {
    if (code === noCode) socket.close()
    else if (isSayable(code)) socket.close(code, reason)
    else socket.close(brokenOff.code, brokenOff.reason)
  } catch {
    // It broke off: there is nobody left to be told.
  }
}

function isSayable(code: number): boolean {
  return code >= 1000 && code < 5000 && !unsayableCodes.includes(code)
}
