import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** What callers may send: a token and a little JSON around it. */
const bodyMaxBytes = 16 * 1024

/** What Usher says about a person, or about itself, is for this one caller and is not stored. */
export function json(body: unknown, status = 200): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: {
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
  let text = ''
  for await (const chunk of request.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > bodyMaxBytes) return refuse('body-too-large')
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return ok(value as JsonObject)
  } catch {
    // Falls through: text that is no JSON is as invalid as JSON that is no object.
  }
  return refuse('body-invalid')
}
