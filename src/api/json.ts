import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** What callers may send where nothing else is said: a token and a little JSON around it. */
const usualMaxBytes = 16 * 1024

/** What Usher says about a person, or about itself, is for this one caller and is not stored. */
export function json(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}

/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * The text that the JSON object in the body of a request has under a name: refused with `body-too-large`
 * above 16 KiB, counted as it comes in, and with `body-invalid` when it is no such object.
 */
export async function readText(request: Request, member: string): Promise<Result<string, Refusal>> {
  const body = await readJson(request, usualMaxBytes)
  if (!body.ok) return body
  const text = body.value[member]
  return typeof text === 'string' ? ok(text) : refuse('body-invalid')
}

/** The JSON object in the body of a request, under the same conditions for so many bytes. */
export async function readJson(
  request: Request,
  maxBytes: number,
): Promise<Result<JsonObject, Refusal>> {
  const decoder = new TextDecoder()
  let [text, readBytes] = ['', 0]
  for await (const chunk of request.body ?? []) {
    readBytes += chunk.byteLength
    if (readBytes > maxBytes) return refuse('body-too-large')
    text += decoder.decode(chunk, { stream: true })
  }
  try {
    const value: unknown = JSON.parse(text + decoder.decode())
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return ok(value as JsonObject)
    }
  } catch {
    // Text that is no JSON is as invalid as JSON that is no object.
  }
  return refuse('body-invalid')
}
