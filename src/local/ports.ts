import { createServer } from 'node:net'

const portUsual = 8787

/** The page that local tokens are issued to, whatever port is in use. */
export const usualParty = `http://localhost:${portUsual}`

/** The port that `PORT` asks for, or the usual one. Throws when it is not one to listen on. */
export function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return portUsual
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  throw new Error('PORT is not a number from 1 to 65535.')
}

/** Whether nobody listens on this port of this machine. */
export async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) {
    if (!(await canListen(port, host))) return false
  }
  return true
}

/** An address family that this machine does not have is no obstacle. */
function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: Error & { code?: string }) => resolve(error.code !== 'EADDRINUSE'))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
