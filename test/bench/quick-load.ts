import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const headEnd = Buffer.from('\r\n\r\n')

/**
 * Sends these requests over so many connections, one at a time on each, and gives how long each one took. It costs
 * less than what it asks: a Worker that only answers is served by one core faster than any whole client of HTTP can
 * ask with another. It knows no answers but those without a body. Connections end with the window: the server closes
 * idle ones.
 */
export async function sendQuickly(
  requests: readonly Buffer[],
  { port, connections }: { port: number; connections: number },
): Promise<Float64Array> {
  const tookMicros = new Float64Array(requests.length)
  let next = 0
  function nextTurn(): Turn | undefined {
    const index = next++
    const request = requests[index]
    if (request === undefined) return undefined
    const beganMs = performance.now()
    return {
      request,
      note() {
        tookMicros[index] = (performance.now() - beganMs) * 1000
      },
    }
  }
  async function connection(): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    await inTurns(socket, nextTurn).finally(() => socket.destroy())
  }
  await Promise.all(Array.from({ length: connections }, connection))
  return tookMicros
}

/** One request, and whom to tell that it was answered. */
interface Turn {
  readonly request: Buffer
  readonly note: () => void
}

/** Sends one request after the other on a connection; every answer must be good, and a head alone. */
function inTurns(socket: Socket, nextTurn: () => Turn | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    let pending: Buffer | undefined
    let turn: Turn | undefined
    function finish(error?: Error): void {
      socket.off('data', take).off('error', finish).off('close', lost)
      if (error === undefined) resolve()
      else reject(error)
    }
    const lost = () => finish(new Error('The connection was closed'))
    function begin(): void {
      turn = nextTurn()
      if (turn === undefined) finish()
      else socket.write(turn.request)
    }
    function take(bytes: Buffer): void {
      const answer = pending === undefined ? bytes : Buffer.concat([pending, bytes])
      pending = answer
      const end = answer.indexOf(headEnd)
      if (end < 0) return
      pending = undefined
      const isHeadAlone = end + headEnd.length === answer.length
      const status = answer.toString('latin1', 9, 12)
      if (!isHeadAlone || !status.startsWith('2')) {
        finish(new Error(`Answered with ${status}, ${isHeadAlone ? 'without' : 'with'} a body`))
        return
      }
      turn?.note()
      begin()
    }
    socket.on('data', take).on('error', finish).on('close', lost)
    begin()
  })
}
