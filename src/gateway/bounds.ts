import { announcedBytes } from '../model/body-length.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { HeaderLimits, Route } from '../model/route.ts'

/** What stands around a name and its value on the wire: a colon, a blank and the end of the line. */
const framingBytes = 4

/**
 * The names of the headers of a request, if they are few and small enough: 431 where not (RFC 6585
 * section 5). They are walked here once for everybody: the names are what the introduction goes by.
 */
export function boundHeaders(
  headers: Headers,
  { countMax, maxBytes }: HeaderLimits,
): Result<readonly string[], Refusal> {
  const names: string[] = []
  let sizeBytes = 0
  // Each character of a name or a value is one byte: the platform gives them undecoded.
  headers.forEach((value, name) => {
    names.push(name)
    sizeBytes += name.length + value.length + framingBytes
  })
  return names.length > countMax || sizeBytes > maxBytes ? refuse('headers-too-large') : ok(names)
}

const within: Result<void, Refusal> = ok(undefined)

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
