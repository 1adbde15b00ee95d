import { Hono } from 'hono'
import { decodeBase64url } from '../model/base64url.ts'
import { marker } from './marker.ts'
import { originPage } from './origin-page.ts'

/** How much of a body is shown. */
const bodyMaxBytes = 64 * 1024

const streamLines = 10
const streamPauseMs = 500

/** The API behind Usher in local mode: it answers what it received, so that one sees what Usher did. */
export const demoOrigin = new Hono()

demoOrigin.use(async function nameTheServer(c, next) {
  await next()
  if (c.res.status !== 101) c.header('server', marker)
})

demoOrigin.get('/api/ws', () => {
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  server.addEventListener('message', (event) => server.send(event.data))
  server.addEventListener('close', () => server.close())
  return new Response(null, { status: 101, webSocket: client })
})

demoOrigin.get('/api/stream', (c) => {
  return c.body(slowLines(), 200, { 'content-type': 'text/plain; charset=utf-8' })
})

demoOrigin.get('/app/*', (c) => originPage(c.req.raw))

const paths = [
  '/api/*',
  '/admin/*',
  '/now/*',
  '/public/*',
  '/orgs/*',
  '/mcp/*',
  '/ingest',
  '/graphql',
]
for (const path of paths) {
  demoOrigin.all(path, async (c) => answerJson(200, await received(c.req.raw)))
}

demoOrigin.notFound(() => answerJson(404, { message: 'The demo origin has nothing here.' }))

/** What arrived. A header that was sent twice is one value, joined by commas. */
async function received(request: Request): Promise<Record<string, unknown>> {
  const { pathname, search } = new URL(request.url)
  return {
    method: request.method,
    path: pathname + search,
    headers: Object.fromEntries(request.headers),
    body: await readText(request.body),
    assertion: assertedClaims(request.headers.get('x-usher-assertion')),
  }
}

/** The claims of the assertion for people to read; an origin that trusts them verifies them first. */
function assertedClaims(assertion: string | null): unknown {
  const bytes = decodeBase64url(assertion?.split('.')[1] ?? '')
  if (bytes === undefined || bytes.length === 0) return null
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
}

async function readText(body: ReadableStream<Uint8Array> | null): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytesLeft = bodyMaxBytes
  for await (const chunk of body) {
    text += decoder.decode(chunk.subarray(0, bytesLeft), { stream: true })
    bytesLeft -= chunk.length
    if (bytesLeft <= 0) return `${text}…`
  }
  return text + decoder.decode()
}

function slowLines(): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let line = 0
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (line === streamLines) return controller.close()
      if (line > 0) await scheduler.wait(streamPauseMs)
      line++
      controller.enqueue(encoder.encode(`line ${line} of ${streamLines}\n`))
    },
  })
}

function answerJson(status: number, value: unknown): Response {
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  return new Response(`${JSON.stringify(value, null, 2)}\n`, { status, headers })
}
