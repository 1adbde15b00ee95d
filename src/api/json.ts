import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** What callers may send: a token and a little JSON around it. */
const bodyMaxBytes = 16 * 1024

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

type JsonObject = Readonly<Record<string, unknown>>

/**
 * The JSON object in the body of a request: refused with `body-too-large` above 16 KiB, counted as it
 * comes in, and with `body-invalid` when it is no JSON object.
 */
export async function readJson(request: Request): Promise<Result<JsonObject, Refusal>> {
  const decoder = new TextDecoder()
  let [text, readBytes] = ['', 0]
  for await (const chunk of request.body ?? []) {
    readBytes += chunk.byteLength
    if (readBytes > bodyMaxBytes) return refuse('body-too-large')
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
