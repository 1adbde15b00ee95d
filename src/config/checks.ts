import {
  type CallerProof,
  type CheckCaller,
  type CheckKind,
  type Checks,
  checkKinds,
  dialects,
} from '../model/checks.ts'
import type { HostPattern } from '../model/host-pattern.ts'
import { err, ok, type Result } from '../model/result.ts'
import { parseCallerSecret } from './caller-secret.ts'
import { type CloudflareAccessConfig, cloudflareAccessShape } from './cloudflare-access.ts'
import { type Duration, parseDuration } from './duration.ts'
import { type OriginContext, present } from './endpoints.ts'
import { parseHostPattern } from './host-pattern.ts'
import { parseOwnName } from './own-name.ts'
import {
  built,
  type Draft,
  isRecord,
  listOf,
  object,
  onlyTrue,
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
  /** 32 to 256 characters, read from a variable. Two while one takes the place of the other. */
  readonly secret: string | undefined | readonly (string | undefined)[]
  /** What it may ask for. `'envoy'` stands alone: the path of its checks is what the client wrote. */
  readonly may: readonly Exclude<CheckKind, 'rpc'>[]
}

/** One that shows a client certificate to Cloudflare's edge (mTLS). */
export interface CertificateCaller extends CallerWords {
  /** The SHA-256 of the certificate in hex. */
  readonly certificate: string
  /** What it may ask for; an Envoy shows a secret. */
  readonly may: readonly Exclude<CheckKind, 'rpc' | 'envoy'>[]
}

/** A Worker of the same account, whose service binding has `props = { caller: '<its name here>' }`. */
export interface BindingCaller extends CallerWords {
  readonly binding: true
}

/** Who may ask for checks, and how they are answered. */
export interface ChecksConfig {
  /**
   * Those who may ask, by a name of your choice. When not given it is whoever shows `USHER_CALLER_SECRET`, by
   * forward-auth (Envoy aside) alone.
   */
  readonly callers?: Readonly<Record<string, SecretCaller | CertificateCaller | BindingCaller>>
  /** How long a proxy may keep the answer that somebody passes, `'1s'` to `'5s'`; not at all when not given. */
  readonly maxAge?: Duration
  /** Lets Cloudflare Access ask whether somebody may use an application; it may not when not given. */
  readonly cloudflareAccess?: CloudflareAccessConfig
}

const notTrue = 'Must be true, or a caller that shows something else.'
const secretsMax = 2
const [maxAgeLeastMs, maxAgeMostMs] = [1000, 5000]
const everyHost: readonly HostPattern[] = [{ kind: 'any' }]

/** A caller whose name is the key under which it stands. */
export type CallerDraft = Omit<CheckCaller, 'name'>

function checksFields(context: OriginContext) {
  return {
    callers: optional(recordOf(callerShape(context), parseCallerName), null),
    maxAge: optional(parsed(parseMaxAge), 0),
    cloudflareAccess: cloudflareAccessShape,
  }
}

/** What was written in `checks`. */
export type ChecksDraft = Draft<ReturnType<typeof checksFields>>

/** The shape of `checks`; `null` is nothing. */
export function checksShape(context: OriginContext): Shape<ChecksDraft | null> {
  return optional(object(checksFields(context)), null)
}

/** Who may ask: those whom the config names, and where it names nobody, who shows this secret. */
export function checksOf(draft: ChecksDraft | null, secret: string | undefined): Checks {
  const { callers = null, maxAge = 0, cloudflareAccess } = draft ?? {}
  return {
    callers: callers === null ? usualCallers(secret) : namedCallers(callers),
    callersFrom: callers === null ? 'environment' : 'config',
    maxAgeMs: maxAge,
    cloudflareAccess: cloudflareAccess ?? undefined,
  }
}

function namedCallers(
  callers: ReadonlyMap<string, CallerDraft | undefined>,
): readonly CheckCaller[] {
  return [...callers].flatMap(([name, caller]) => (caller ? [{ name, ...caller }] : []))
}

/**
 * What proxies ask, but what must stand alone. Whoever reads such a secret must not learn what others may do, so
 * who asks for decisions is named in the config.
 */
const usualKinds = dialects.filter((dialect) => dialect !== 'envoy')

function usualCallers(secret: string | undefined): readonly CheckCaller[] {
  if (secret === undefined) return []
  const proof: CallerProof = { kind: 'secret', secrets: [secret] }
  return [{ name: 'proxy', proof, may: new Set(usualKinds), hosts: everyHost }]
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
    binding: built(object({ binding: onlyTrue(notTrue), hosts }), (read) =>
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
  const one = present(parsed(parseCallerSecret), 'give a secret.', missingVariables)
  const several = listOf(one)
  return function readSecrets(value, place) {
    if (!Array.isArray(value)) {
      const { value: secret, problems } = one(value, place)
      return secret === undefined ? { value: undefined, problems } : sound([secret])
    }
    if (value.length <= secretsMax) return several(value, place)
    return unsound(place, 'Must be at most two: the one in use, and the one that takes its place.')
  }
}

function parseFingerprint(source: string): Result<string, string> {
  const hex = source.replaceAll(':', '').toLowerCase()
  return /^[0-9a-f]{64}$/.test(hex) ? ok(hex) : err('Must be a SHA-256 in hex.')
}

function parseCallerName(name: string): Result<string, string> {
  return parseOwnName(name, 'a caller')
}

function parseMaxAge(source: string): Result<number, string> {
  const duration = parseDuration(source)
  if (!duration.ok) return duration
  if (duration.value >= maxAgeLeastMs && duration.value <= maxAgeMostMs) return duration
  return err('Must be "1s" to "5s": nobody hears of a ban meanwhile.')
}
