import type { HeaderReader } from './asking.ts'
import { createRecent } from './recent.ts'

/** The names of the identity headers that every origin receives, whoever asks. */
export const identityHeaders = {
  authenticated: 'X-Usher-Authenticated',
  userId: 'X-Usher-User-Id',
  organizationId: 'X-Usher-Org-Id',
  requestId: 'X-Usher-Request-Id',
  assertion: 'X-Usher-Assertion',
} as const

/** The names of those that are sent only where the configuration asks for them. */
export const looseHeaderNames = {
  roles: 'X-Usher-Roles',
  permissions: 'X-Usher-Permissions',
  email: 'X-Usher-Email',
  sessionId: 'X-Usher-Session-Id',
  orgSlug: 'X-Usher-Org-Slug',
  orgRole: 'X-Usher-Org-Role',
  actor: 'X-Usher-Actor',
  tokenType: 'X-Usher-Token-Type',
  scopes: 'X-Usher-Scopes',
  subject: 'X-Usher-Subject',
} as const

/** Set on requests to the gateway's own host, so that one that comes back is recognised. */
export const loopHeader = 'X-Usher-Loop'

/** How many gateways like this one a request has passed; sent along from the second on. */
export const hopsHeader = 'X-Usher-Hops'

/**
 * A header name as a lenient origin may read it: CGI, WSGI, PHP and several proxies fold case and every
 * separator, so `X_Usher-User.Id` is `x-usher-user-id` to them.
 */
export function foldHeaderName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

/** RFC 9110 section 7.6.1, with the older names that still travel, and `Expect`, which ends here too. */
const hopByHop = new Set([
  'connection',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
])

/** What only the edge may say, or what some framework believes about path, method or caller. */
const spoofable = new Set(['forwarded', 'x-real-ip', 'true-client-ip', 'cdn-loop'])
const spoofablePrefixes = [
  'x-forwarded',
  'cf-',
  'proxy',
  'x-original-',
  'x-rewrite-',
  'x-http-method',
  'x-method-override',
  'x-middleware-subrequest',
  'x-clerk-',
]

/** What stands around a name and its value on the wire: a colon, a blank and the end of the line. */
const framingBytes = 4

/** What a header takes on the wire, where each character of it is one byte. */
export function lineBytes(name: string, value: string): number {
  return name.length + value.length + framingBytes
}

/** Whether a folded name belongs to Usher: nobody else may set it, in either direction. */
export function isReserved(folded: string): boolean {
  return folded === 'x-usher' || folded.startsWith('x-usher-')
}

/** What would hold for a whole host, whoever is behind the rest of it. */
const hostWide: ReadonlySet<string> = new Set([
  'accept-ch',
  'alt-svc',
  'clear-site-data',
  'critical-ch',
  'nel',
  'origin-agent-cluster',
  'report-to',
  'service-worker-allowed',
  'set-login',
])

/** Whether a folded name of an answer says something about the whole host, which is nobody's to say behind it. */
export function isHostWide(folded: string): boolean {
  return hostWide.has(folded)
}

/** Whether a folded name says something about one connection only. */
export function isHopByHop(folded: string): boolean {
  return hopByHop.has(folded) || folded.startsWith('proxy')
}

/** Whether a request header of this name never reaches an origin as the client wrote it. */
export function isStripped(name: string): boolean {
  const folded = foldHeaderName(name)
  return (
    isReserved(folded) ||
    hopByHop.has(folded) ||
    spoofable.has(folded) ||
    spoofablePrefixes.some((prefix) => folded.startsWith(prefix))
  )
}

const none: ReadonlySet<string> = new Set()
/** What nearly every client and proxy says, and what nominates no header. */
const ordinary: readonly string[] = ['keep-alive', 'Keep-Alive']

/** The folded names that a `Connection` header nominates as belonging to this connection only. */
export function nominated(connection: string | null): ReadonlySet<string> {
  if (connection === null || ordinary.includes(connection)) return none
  return new Set(connection.split(',').map(foldHeaderName))
}

/** Whether the client asks for a WebSocket (RFC 6455 section 4.1); other upgrades are dropped. */
export function isWebSocket(headers: HeaderReader): boolean {
  return headers.get('upgrade')?.toLowerCase() === 'websocket'
}

/** Longer names are nobody's habit, and would be memory at anyone's disposal. */
const rememberedNameMax = 64
const rememberedNamesMax = 2000

/** A verdict on header names that remembers: few are in use, and folding one costs more than looking it up. */
export function remembering(decide: (name: string) => boolean): (name: string) => boolean {
  const verdicts = createRecent<string, boolean>(rememberedNamesMax)
  return (name) => {
    const known = verdicts.get(name)
    if (known !== undefined) return known
    const verdict = decide(name)
    if (name.length <= rememberedNameMax) verdicts.set(name, verdict)
    return verdict
  }
}
