import { once } from 'node:events'
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2'

// A client of HTTP/2 without TLS, which has its host beside the path.

/** The status of the answer to a GET. */
export function askOverHttp2(port: number, path: string, line: string): Promise<unknown> {
  return withSession(port, (session) => {
    const [name = '', value] = line.split(': ')
    return statusOf(session, { ':path': path, [name]: value })
  })
}

/** The status of the answer to a WebSocket, or another protocol, as RFC 8441 has it: without a key. */
export function upgradeOverHttp2(
  port: number,
  path: string,
  headers: OutgoingHttpHeaders,
): Promise<unknown> {
  return withSession(port, async (session) => {
    await once(session, 'remoteSettings')
    const asked = { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http' }
    return statusOf(session, { ...asked, ':path': path, ...headers })
  })
}

async function statusOf(session: ClientHttp2Session, headers: OutgoingHttpHeaders) {
  const stream = session.request({ ':authority': 'app.example.com', ...headers })
  const [answered] = await once(stream, 'response')
  return answered[':status']
}

async function withSession<T>(port: number, use: (session: ClientHttp2Session) => Promise<T>) {
  const session = connect(`http://127.0.0.1:${port}`)
  try {
    return await use(session)
  } finally {
    session.destroy()
  }
}
