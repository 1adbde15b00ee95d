import { Complaint } from './complaint.ts'
import type { Raw } from './fields.ts'

const maxBytes = 1024 * 1024

/** The method that is meant: browsers send everything but GET as POST, with the method in the query. */
export function methodOf(request: Request, url: URL): string {
  const override = url.searchParams.get('_method')?.toUpperCase()
  return request.method === 'POST' && override ? override : request.method
}

/**
 * The request with its body at hand, for whoever must not wait for the rest of it later: that may never come. One that
 * is too large is refused while it arrives.
 */
export async function gathered(request: Request): Promise<Request> {
  if (request.body === null) return request
  const { url, method, headers } = request
  const bytes = await readAll(request.body)
  if (bytes.byteLength === 0) return new Request(url, { method, headers })
  if (method === 'GET' || method === 'HEAD') throw invalidBody()
  return new Request(url, { method, headers, body: bytes })
}

async function readAll(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<ArrayBuffer> {
  const reader = body.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for (let size = 0; ; ) {
    const { done, value } = await reader.read()
    if (done) return new Blob(chunks).arrayBuffer()
    size += value.byteLength
    if (size > maxBytes) {
      // Nobody waits until the sender has understood.
      void reader.cancel().catch(() => undefined)
      throw tooLarge()
    }
    chunks.push(value)
  }
}

/**
 * The members of a form or of a JSON object; an empty body has none. A JSON list is the one member `items`. The request
 * is {@link gathered}.
 */
export async function readBody(request: Request): Promise<Raw> {
  const text = await request.text()
  if (text === '') return {}
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return readJson(text)
  if (type === 'application/x-www-form-urlencoded') return membersOf(new URLSearchParams(text))
  throw new Complaint(415, 'unsupported_content_type', {
    message: 'Content-Type is not supported.',
  })
}

/** The members of a query or form. One that is repeated, or whose name ends in `[]`, is a list. */
export function membersOf(parameters: URLSearchParams): Raw {
  // By entries: a member that is set by name is lost where it is called `__proto__`.
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((key) => {
      const values = parameters.getAll(key)
      const name = key.replace(/\[\]$/, '')
      return [name, values.length > 1 || name !== key ? values : values[0]]
    }),
  )
}

function tooLarge(): Complaint {
  return new Complaint(413, 'request_body_too_large', { message: 'The request body is too large.' })
}

function readJson(text: string): Raw {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {}
  if (Array.isArray(value)) return { items: value }
  if (typeof value === 'object' && value !== null) return { ...value }
  throw invalidBody()
}

function invalidBody(): Complaint {
  return new Complaint(400, 'request_body_invalid', { message: 'Request body invalid' })
}
