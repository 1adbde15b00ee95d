import type { Access } from './condition.ts'
import type { HostPattern } from './host-pattern.ts'

/** The proxies that can ask by forward-auth, each in a way of its own. */
export const dialects = ['nginx', 'traefik', 'caddy', 'envoy', 'haproxy'] as const

/** See {@link dialects}. */
export type Dialect = (typeof dialects)[number]

/** What a caller may ask for: checks in the dialect of one proxy, decisions as data, or calls of another Worker. */
export const checkKinds = [...dialects, 'decisions', 'rpc'] as const

/** See {@link checkKinds}. */
export type CheckKind = (typeof checkKinds)[number]

/** The header in which a proxy shows that it may ask. Nothing else of Usher's answers a request with it. */
export const callerHeader = 'X-Usher-Caller'

/** Where AuthZEN says that its clients look for what a decision point can do (section 9.2 of its API 1.0). */
export const authzenMetadataPath = '/.well-known/authzen-configuration'

/** Where AuthZEN's clients ask: at the root of a host, and below the prefix under the same names. */
export const authzenPaths: readonly string[] = [
  '/access/v1/evaluation',
  '/access/v1/evaluations',
  authzenMetadataPath,
]

/**
 * Whether somebody may ask for decisions as data: nowhere else is AuthZEN spoken. Only a config names such a caller,
 * so that no secret of the environment takes a path of an origin away.
 */
export function someoneMayDecide({ callers }: Pick<Checks, 'callers'>): boolean {
  return callers.some(({ may }) => may.has('decisions'))
}

/** How a caller shows who it is. */
export type CallerProof =
  /** One of these texts, in {@link callerHeader}: several while one takes the place of another. */
  | { readonly kind: 'secret'; readonly secrets: readonly string[] }
  /** A client certificate that the edge verified, by its SHA-256 in lower-case hex. */
  | { readonly kind: 'certificate'; readonly fingerprint: string }
  /** A service binding with `props = { caller: '<name>' }`. */
  | { readonly kind: 'binding' }

/** Somebody who may ask what would become of a request, and about which. */
export interface CheckCaller {
  readonly name: string
  readonly proof: CallerProof
  readonly may: ReadonlySet<CheckKind>
  /** The hosts that it may ask about. */
  readonly hosts: readonly HostPattern[]
}

/** Who may ask for checks, and how they are answered. */
export interface Checks {
  readonly callers: readonly CheckCaller[]
  /** Who names them: the config, or, where it names nobody, `USHER_CALLER_SECRET` (one caller, or none). */
  readonly callersFrom: 'config' | 'environment'
  /** How long a proxy may keep the answer that somebody passes; 0 is not at all. */
  readonly maxAgeMs: number
  /** Where Cloudflare Access asks; `undefined` is not at all. */
  readonly cloudflareAccess: CloudflareAccess | undefined
}

/** Access by Cloudflare, which asks whether somebody may use an application of its own. */
export interface CloudflareAccess {
  /** The origin of the team, which signs what Access asks: `https://acme.cloudflareaccess.com`. */
  readonly issuer: string
  /** What Usher must have granted whoever wants to pass. */
  readonly access: Access
}
