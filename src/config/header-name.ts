import { isStripped } from '../model/headers.ts'
import { err, ok, type Result } from '../model/result.ts'

/** Reads the name of a header and gives it in lower case. No wildcard: `*` is a name to RFC 9110, and to nobody else. */
export function parseHeaderName(source: string): Result<string, string> {
  if (/^[a-z0-9][\w.-]{0,63}$/i.test(source)) return ok(source.toLowerCase())
  return err('Must be the name of one header: letters, digits, "-", "_" and ".", at most 64.')
}

/** Reads the name of a request header that reaches an origin as its client wrote it. */
export function parsePassingHeaderName(source: string): Result<string, string> {
  const name = parseHeaderName(source)
  if (!name.ok || !isStripped(name.value)) return name
  return err('No origin sees this header as a client writes it: remove it.')
}
