import { err, ok, type Result } from './result.ts'

/** The members of a JWK set of so many keys. The error is a sentence for the operator and echoes no value. */
export function parseKeySet(text: string, keysMax: number): Result<readonly unknown[], string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return err('is not JSON')
  }
  const keys = (parsed as { keys?: unknown } | null)?.keys
  if (Array.isArray(keys) && keys.length >= 1 && keys.length <= keysMax) return ok(keys)
  return err(`is not a JWK set of 1 to ${keysMax} keys`)
}
