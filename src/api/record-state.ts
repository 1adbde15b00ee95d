import { digestOf } from '../model/digest.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** The ETag of a record, without quotes: another one for every state that callers can see. */
export async function etagOf(view: unknown): Promise<string> {
  return digestOf(JSON.stringify(view))
}

/**
 * Whether whoever changes a record means the state that it is in: `precondition-required` where they do not say,
 * `precondition-failed` where it is another one. `*` is any.
 */
export function matchState(ifMatch: string | undefined, etag: string): Result<void, Refusal> {
  if (ifMatch === undefined) return refuse('precondition-required')
  return ifMatch === etag || ifMatch === '*' ? ok(undefined) : refuse('precondition-failed')
}
