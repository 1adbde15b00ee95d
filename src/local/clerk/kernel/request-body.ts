import { Complaint } from './complaint.ts'
import type { Raw } from './fields.ts'

const maxBytes = 1024 * 1024

/** The method that is meant: browsers send everything but GET as POST, with the method in the query. */
export function methodOf(request: Request, url: URL): string {
  const override = url.searchParams.get('_method')?.toUpperCase()
  return request.method === 'POST' && override ? override : request.method
}

/** The members of a form or of a JSON object; an empty body has none. */
export async function readBody(request: Request): Promise<Raw> {
  const text = await readText(request)
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
  const members: Record<string, unknown> = {}
  for (const key of new Set(parameters.keys())) {
    const values = parameters.getAll(key)
    const name = key.replace(/\[\]$/, '')
    members[name] = values.length > 1 || name !== key ? values : values[0]
  }
  return members
}

async function readText(request: Request): Promise<string> {
  const bytes = new Uint8Array(await request.arrayBuffer())
  if (bytes.length <= maxBytes) return new TextDecoder().decode(bytes)
  throw new Complaint(413, 'request_body_too_large', { message: 'The request body is too large.' })
}

function readJson(text: string): Raw {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {}
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new Complaint(400, 'request_body_invalid', { message: 'Request body invalid' })
}
