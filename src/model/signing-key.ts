import { parseKeySet } from './key-set.ts'
import { err, ok, type Result } from './result.ts'

/** Whether a key is announced, signs now, or only stays published for what it signed. */
export type SigningKeyState = 'next' | 'current' | 'previous'

/** One P-256 key of the identity assertion (RFC 7517, RFC 7518 section 6.2). */
export interface SigningKey {
  readonly kid: string
  readonly state: SigningKeyState
  /** When it came into this state, in seconds since the epoch; sets of old do not say. */
  readonly sinceSeconds: number | undefined
  readonly x: string
  readonly y: string
  /** The private part: it never leaves the Worker. */
  readonly d: string
}

const states: readonly unknown[] = ['next', 'current', 'previous'] satisfies SigningKeyState[]
const coordinate = /^[A-Za-z0-9_-]{43}$/

/**
 * Reads the secret `USHER_SIGNING_KEY`: a JWK set of one to three P-256 keys, each with a `kid` and a
 * `state`, exactly one of them `current`, and with `since` where that is known. The error is a sentence for the operator and echoes no value.
 */
export function parseSigningKeys(text: string): Result<readonly SigningKey[], string> {
  const keys = parseKeySet(text, 3)
  if (!keys.ok) return keys
  const read = keys.value.filter(isWrittenKey)
  if (read.length !== keys.value.length)
    return err('holds a key that is not a private P-256 key with kid and state')
  if (new Set(read.map((key) => key.kid)).size !== read.length) return err('repeats a kid')
  if (read.filter((key) => key.state === 'current').length !== 1) {
    return err('does not have exactly one key whose state is "current"')
  }
  return ok(
    read.map(({ kid, state, since, x, y, d }) => ({ kid, state, sinceSeconds: since, x, y, d })),
  )
}

/** A key as it is written in the set. */
type WrittenKey = Omit<SigningKey, 'sinceSeconds'> & { readonly since: number | undefined }

function isWrittenKey(value: unknown): value is WrittenKey {
  if (typeof value !== 'object' || value === null) return false
  const key = value as Record<string, unknown>
  return (
    key.kty === 'EC' &&
    key.crv === 'P-256' &&
    typeof key.kid === 'string' &&
    key.kid !== '' &&
    states.includes(key.state) &&
    (key.since === undefined || (Number.isSafeInteger(key.since) && Number(key.since) >= 0)) &&
    [key.x, key.y, key.d].every((part) => typeof part === 'string' && coordinate.test(part))
  )
}

/** The public half of a key, as `/_usher/jwks.json` publishes it. */
export function publicJwk(key: SigningKey): Record<string, string> {
  return { kty: 'EC', crv: 'P-256', x: key.x, y: key.y, kid: key.kid, use: 'sig', alg: 'ES256' }
}
