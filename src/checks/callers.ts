import {
  type CallerProof,
  type CheckCaller,
  type CheckKind,
  type Checks,
  callerHeader,
} from '../model/checks.ts'
import { matchesHost } from '../model/host-pattern.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** Who asks, by what the request shows; refused where nobody is known by that, or may not ask this. */
export function identifyCaller(
  request: Request,
  kind: CheckKind,
  { callers }: Pick<Checks, 'callers'>,
): Result<CheckCaller, Refusal> {
  const shown = request.headers.get(callerHeader) ?? ''
  const fingerprint = fingerprintOf(request)
  const caller = callers.find(({ proof }) => proves(proof, shown, fingerprint))
  if (caller === undefined) return refuse('caller-unknown')
  return caller.may.has(kind) ? ok(caller) : refuse('caller-not-granted')
}

/** Whether a caller may ask about a host. */
export function mayAskAbout({ hosts }: CheckCaller, host: string): boolean {
  return hosts.some((pattern) => matchesHost(pattern, host))
}

function proves(proof: CallerProof, shown: string, fingerprint: string | undefined): boolean {
  switch (proof.kind) {
    case 'secret':
      return proof.secrets.some((secret) => isSame(secret, shown))
    case 'certificate':
      return proof.fingerprint === fingerprint
    case 'binding':
      return false
  }
}

const encoder = new TextEncoder()

/** In a time that does not tell how much of it is the same. */
function isSame(secret: string, shown: string): boolean {
  const [expected, given] = [encoder.encode(secret), encoder.encode(shown)]
  const isAsLong = expected.byteLength === given.byteLength
  return crypto.subtle.timingSafeEqual(expected, isAsLong ? given : expected) && isAsLong
}

/** The certificate that the edge verified (https://developers.cloudflare.com/ssl/client-certificates/). */
function fingerprintOf({ cf }: Request): string | undefined {
  const shown = (cf as Partial<IncomingRequestCfProperties> | undefined)?.tlsClientAuth
  if (shown?.certVerified !== 'SUCCESS' || shown.certRevoked !== '0') return undefined
  return shown.certFingerprintSHA256.toLowerCase()
}
