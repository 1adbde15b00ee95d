import { once } from 'node:events'
import { connect } from 'node:http2'

/** The status of the answer to a GET over HTTP/2 without TLS, which has its host beside the path. */
export async function askOverHttp2(port: number, path: string, line: string): Promise<unknown> {
  const [name = '', value] = line.split(': ')
  const session = connect(`http://127.0.0.1:${port}`)
  try {
    const authority = { ':path': path, ':authority': 'app.example.com' }
    const stream = session.request({ [name]: value, ...authority })
    const [headers] = await once(stream, 'response')
    return headers[':status']
  } finally {
    session.destroy()
  }
}
