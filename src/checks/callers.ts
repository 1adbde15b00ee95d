import type { Asking } from '../model/asking.ts'
import { type CheckCaller, type CheckKind, type Checks, callerHeader } from '../model/checks.ts'
import { matchesHost } from '../model/host-pattern.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

type Callers = Checks['callers']

/**
 * Who asks, by what the request shows; refused where nobody is known by that, or may not ask this. A secret that
 * is shown has to be right: a certificate does not make up for it.
 */
export function identifyCaller(
  { headers, request }: Pick<Asking, 'headers' | 'request'>,
  kind: CheckKind,
  { callers }: Pick<Checks, 'callers'>,
): Result<CheckCaller, Refusal> {
  const shown = headers.get(callerHeader)
  // A path that climbs out of Envoy's check is known by this header alone, and meets nothing good with it.
  if (shown === null && kind === 'envoy') return refuse('caller-unknown')
  const caller = shown === null ? byCertificate(request, callers) : bySecret(shown, callers)
  return caller === undefined ? refuse('caller-unknown') : granted(caller, kind)
}

const bearer = /^bearer +(.*)$/i

/**
 * The same of a client of AuthZEN, which may show its secret as `Authorization: Bearer` as well: two secrets that
 * are not the same are none. It is told how to show one.
 */
export function identifyClient(
  request: Request,
  { callers }: Pick<Checks, 'callers'>,
): Result<CheckCaller, Refusal> {
  const { headers } = request
  const written = headers.get(callerHeader)
  const [, borne = null] = bearer.exec(headers.get('authorization') ?? '') ?? []
  const shown = written ?? borne
  if (borne !== null && borne !== shown) return refuse('caller-unauthenticated')
  const caller = shown === null ? byCertificate(request, callers) : bySecret(shown, callers)
  return caller === undefined ? refuse('caller-unauthenticated') : granted(caller, 'decisions')
}

function granted(caller: CheckCaller, kind: CheckKind): Result<CheckCaller, Refusal> {
  return caller.may.has(kind) ? ok(caller) : refuse('caller-not-granted')
}

/** Whether a caller may ask about a host. */
export function mayAskAbout({ hosts }: CheckCaller, host: string): boolean {
  return hosts.some((pattern) => matchesHost(pattern, host))
}

function bySecret(shown: string, callers: Callers): CheckCaller | undefined {
  return callers.find(
    ({ proof }) => proof.kind === 'secret' && proof.secrets.some((secret) => isSame(secret, shown)),
  )
}

/**
 * In a time that does not tell how much of it is the same: that of the whole secret, whatever is shown. The
 * platform's own comparison takes bytes, and to make bytes of a header costs as much as a decision.
 */
function isSame(secret: string, shown: string): boolean {
  let difference = secret.length ^ shown.length
  for (let index = 0; index < secret.length; index++) {
    // Beyond its end `NaN` is shown, which counts as zero here: then the lengths differ.
    difference |= secret.charCodeAt(index) ^ shown.charCodeAt(index)
  }
  return difference === 0
}

/** What the platform knows of the connection is read only where it could say who asks: it is long. */
function byCertificate(request: Request, callers: Callers): CheckCaller | undefined {
  if (!callers.some(({ proof }) => proof.kind === 'certificate')) return undefined
  const shown = fingerprintOf(request)
  return callers.find(({ proof }) => proof.kind === 'certificate' && proof.fingerprint === shown)
}

/** The certificate that the edge verified (https://developers.cloudflare.com/ssl/client-certificates/). */
function fingerprintOf({ cf }: Request): string | undefined {
  const shown = (cf as Partial<IncomingRequestCfProperties> | undefined)?.tlsClientAuth
  if (shown?.certVerified !== 'SUCCESS' || shown.certRevoked !== '0') return undefined
  return shown.certFingerprintSHA256.toLowerCase()
}
