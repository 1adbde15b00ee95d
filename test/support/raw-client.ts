import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { headerValues, type RawMessage, readMessage } from './raw.ts'

/** One client that sends one request after another, over as few connections as the server allows. */
export interface RawClient {
  /** Sends exactly these bytes (each character is one) and reads the whole answer. */
  readonly send: (bytes: string) => Promise<RawMessage>
  readonly close: () => void
}

/** Opens a client of a port of this machine. */
export function openRawClient(port: number): RawClient {
  let socket: Socket | undefined

  async function send(bytes: string): Promise<RawMessage> {
    if (socket === undefined) {
      socket = connect(port, '127.0.0.1').setNoDelay()
      await once(socket, 'connect')
    }
    const open = socket
    const answer = receive(open)
    open.write(bytes, 'latin1')
    const message = await answer
    const isLast = headerValues(message, 'connection').some((value) => /close/i.test(value))
    if (isLast || open.readableEnded) close()
    return message
  }

  function close(): void {
    socket?.destroy()
    socket = undefined
  }

  return { send, close }
}

/** The next whole message on a connection that stays open. */
function receive(socket: Socket): Promise<RawMessage> {
  return new Promise((resolve, reject) => {
    let text = ''
    const attempt = (isEnded: boolean) => {
      const message = readMessage(text, isEnded)
      if (message === undefined && !isEnded) return
      socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('error')
      if (message === undefined)
        reject(new Error(`The connection ended after ${text.length} bytes`))
      else resolve(message)
    }
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      attempt(false)
    })
    socket.on('end', () => attempt(true))
    socket.on('error', reject)
  })
}

/** Text as bytes in UTF-8, each a character; a lone surrogate U+DC80 to U+DCFF stands for its low byte. */
export function wireBytes(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text
  return Array.from(text, (character) =>
    /^[\udc80-\udcff]$/u.test(character)
      ? String.fromCharCode(character.charCodeAt(0) & 0xff)
      : Buffer.from(character).toString('latin1'),
  ).join('')
}

/** What a lenient reader of UTF-8 makes of bytes. */
export function textOfBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
