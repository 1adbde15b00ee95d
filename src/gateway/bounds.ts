import { announcedBytes } from '../model/body-length.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { HeaderLimits, Route } from '../model/route.ts'
import type { ReadHeaders } from './read-headers.ts'

const within: Result<void, Refusal> = ok(undefined)

/** Whether the headers of a request are few and small enough: 431 where not (RFC 6585 section 5). */
export function boundHeaders(
  { names, sizeBytes }: Pick<ReadHeaders, 'names' | 'sizeBytes'>,
  { countMax, maxBytes }: HeaderLimits,
): Result<void, Refusal> {
  return names.length > countMax || sizeBytes > maxBytes ? refuse('headers-too-large') : within
}

/**
 * Whether a body that says how long it is may be as long on this route: 413 where not. One that does not say
 * so is counted on its way, which the platform does not let anyone do with that of a GET.
 */
export function boundBody(request: Request, { body }: Pick<Route, 'body'>): Result<void, Refusal> {
  const maxBytes = body?.maxBytes
  if (maxBytes === undefined) return within
  const { method, headers } = request
  const lengthBytes = announcedBytes(headers)
  if (lengthBytes !== undefined) return lengthBytes > maxBytes ? refuse('body-too-large') : within
  const isUncountable = (method === 'GET' || method === 'HEAD') && request.body !== null
  return isUncountable ? refuse('body-too-large') : within
}
