import {
  type CallerProof,
  type CheckCaller,
  type CheckKind,
  type Checks,
  checkKinds,
} from '../model/checks.ts'
import type { HostPattern } from '../model/host-pattern.ts'
import { err, ok, type Result } from '../model/result.ts'
import { type Duration, parseDuration } from './duration.ts'
import type { OriginContext } from './endpoints.ts'
import { present } from './endpoints.ts'
import { parseHostPattern } from './host-pattern.ts'
import {
  built,
  flag,
  isRecord,
  listOf,
  object,
  optional,
  parsed,
  recordOf,
  type Shape,
  sound,
  unsound,
  word,
} from './shape.ts'

/** What every caller may be told apart by, and limited to. */
interface CallerWords {
  /** The hosts that it may ask about: `'api.example.com'`, `'*.example.com'`; every one when not given. */
  readonly hosts?: readonly string[]
}

/** A proxy, or a service, that shows a secret in `X-Usher-Caller`. */
export interface SecretCaller extends CallerWords {
  /** At least 32 characters, read from a variable. Two while one takes the place of the other. */
  readonly secret: string | undefined | readonly (string | undefined)[]
  /** What it may ask for. `'envoy'` stands alone: the path of its checks is what the client wrote. */
  readonly may: readonly Exclude<CheckKind, 'rpc'>[]
}

/** One that shows a client certificate to Cloudflare's edge (mTLS). */
export interface CertificateCaller extends CallerWords {
  /** The SHA-256 of the certificate in hex. */
  readonly certificate: string
  /** What it may ask for. */
  readonly may: readonly Exclude<CheckKind, 'rpc'>[]
}

/** A Worker of the same account, whose service binding has `props = { caller: '<its name here>' }`. */
export interface BindingCaller extends CallerWords {
  readonly binding: true
}

/** Who may ask for checks, and how they are answered. */
export interface ChecksConfig {
  /** Those who may ask, by a name of your choice. */
  readonly callers: Readonly<Record<string, SecretCaller | CertificateCaller | BindingCaller>>
  /** How long a proxy may keep the answer that somebody passes, at most `'5s'`; not at all when not given. */
  readonly maxAge?: Duration
}

const secretLengthMin = 32
const maxAgeMostMs = 5000
const noChecks: Checks = { callers: [], maxAgeMs: 0, cloudflareAccess: undefined }
const everyHost: readonly HostPattern[] = [{ kind: 'any' }]

type CallerDraft = Omit<CheckCaller, 'name'>

/** The shape of `checks`. */
export function checksShape(context: OriginContext): Shape<Checks> {
  const fields = object({
    callers: recordOf(callerShape(context), parseCallerName),
    maxAge: optional(parsed(parseMaxAge), 0),
  })
  const shape = built(
    fields,
    ({ callers, maxAge }): Checks => ({
      callers: [...callers].flatMap(([name, caller]) => (caller ? [{ name, ...caller }] : [])),
      maxAgeMs: maxAge,
      cloudflareAccess: undefined,
    }),
  )
  return optional(shape, noChecks)
}

function callerShape(context: OriginContext): Shape<CallerDraft> {
  const hosts = optional(listOf(parsed(parseHostPattern)), everyHost)
  const may = listOf(word(checkKinds.filter((kind) => kind !== 'rpc')))
  const kinds = {
    secret: built(object({ secret: secretsShape(context), may, hosts }), (read) =>
      callerOf({ kind: 'secret', secrets: read.secret }, read),
    ),
    certificate: built(object({ certificate: parsed(parseFingerprint), may, hosts }), (read) =>
      callerOf({ kind: 'certificate', fingerprint: read.certificate }, read),
    ),
    binding: built(object({ binding: flag, hosts }), (read) =>
      callerOf({ kind: 'binding' }, { ...read, may: ['rpc'] }),
    ),
  }
  return function readCaller(value, place) {
    const kind = isRecord(value)
      ? (['secret', 'certificate', 'binding'] as const).find((key) => Object.hasOwn(value, key))
      : undefined
    if (kind !== undefined) return kinds[kind](value, place)
    return unsound(place, 'Must be { secret }, { certificate } or { binding: true }.')
  }
}

function callerOf(
  proof: CallerProof,
  { may, hosts }: { may: readonly CheckKind[]; hosts: readonly HostPattern[] },
): CallerDraft {
  return { proof, may: new Set(may), hosts }
}

function secretsShape({ missingVariables }: OriginContext): Shape<readonly string[]> {
  const one = present(parsed(parseSecret), 'give a secret.', missingVariables)
  const several = listOf(one)
  return function readSecrets(value, place) {
    if (Array.isArray(value)) return several(value, place)
    const { value: secret, problems } = one(value, place)
    return secret === undefined ? { value: undefined, problems } : sound([secret])
  }
}

function parseSecret(secret: string): Result<string, string> {
  if (/^[!-+\--~]+$/.test(secret) && secret.length >= secretLengthMin) return ok(secret)
  return err(`Must be at least ${secretLengthMin} printable characters without blanks or commas.`)
}

function parseFingerprint(source: string): Result<string, string> {
  const hex = source.replaceAll(':', '').toLowerCase()
  return /^[0-9a-f]{64}$/.test(hex) ? ok(hex) : err('Must be a SHA-256 in hex.')
}

function parseCallerName(name: string): Result<string, string> {
  if (/^[A-Za-z][\w-]{0,63}$/.test(name)) return ok(name)
  return err('The name of a caller is a letter, then letters, digits, "-" or "_", at most 64.')
}

function parseMaxAge(source: string): Result<number, string> {
  const duration = parseDuration(source)
  if (!duration.ok || duration.value <= maxAgeMostMs) return duration
  return err('Must be at most "5s": nobody hears of a ban meanwhile.')
}
