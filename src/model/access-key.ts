import { parseKeySet } from './key-set.ts'
import { err, ok, type Result } from './result.ts'

/**
 * One RSA key that signs answers to Cloudflare Access, which takes no other kind
 * (https://developers.cloudflare.com/cloudflare-one/access-controls/policies/external-evaluation/).
 */
export interface AccessKey {
  readonly kid: string
  /** The modulus and the exponent, which are published (RFC 7518 section 6.3.1). */
  readonly n: string
  readonly e: string
  /** The private members (RFC 7518 section 6.3.2): they never leave the Worker. */
  readonly secret: Readonly<Record<(typeof secretMembers)[number], string>>
}

const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const

/** Base64url of 2048 to 4096 bits: a larger key would only be slow. */
const modulus = /^[A-Za-z0-9_-]{342,683}$/
const integer = /^[A-Za-z0-9_-]{2,683}$/

/**
 * Reads the secret `USHER_ACCESS_KEY`: a JWK set of one or two private RSA keys, each with a `kid`. The first
 * signs, the other is only published. The error is a sentence for the operator and echoes no value.
 */
export function parseAccessKeys(text: string): Result<readonly AccessKey[], string> {
  const keys = parseKeySet(text, 2)
  if (!keys.ok) return keys
  const read = keys.value.flatMap((key) => readKey(key) ?? [])
  if (read.length !== keys.value.length) {
    return err('holds a key that is not a private RSA key of 2048 bits or more with a kid')
  }
  return new Set(read.map(({ kid }) => kid)).size === read.length ? ok(read) : err('repeats a kid')
}

function readKey(value: unknown): AccessKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { kty, kid, n, e, d, p, q, dp, dq, qi } = value as Record<string, unknown>
  const isNamed = kty === 'RSA' && typeof kid === 'string' && kid !== ''
  if (!isNamed || !isText(n, modulus) || !isText(e, integer)) return undefined
  if (!isText(d, integer) || !isText(p, integer) || !isText(q, integer)) return undefined
  if (!isText(dp, integer) || !isText(dq, integer) || !isText(qi, integer)) return undefined
  return { kid, n, e, secret: { d, p, q, dp, dq, qi } }
}

function isText(value: unknown, shape: RegExp): value is string {
  return typeof value === 'string' && shape.test(value)
}

/** The public half of a key, as `/_usher/access/keys` publishes it. */
export function publicAccessJwk({ kid, n, e }: AccessKey): Record<string, string> {
  return { kty: 'RSA', n, e, kid, use: 'sig', alg: 'RS256' }
}
