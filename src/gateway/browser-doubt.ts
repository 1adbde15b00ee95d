import type { Parameters } from '../clerk/browser-parameters.ts'
import type { BrowserRules } from '../model/browser-sessions.ts'
import { matchesPath, type PathPattern } from '../model/pattern.ts'
import type { Principal } from '../model/principal.ts'
import type { Refusal, RefusalCode } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'

/** What a browser shows that asks for a page, and what the gateway itself makes of it. */
export interface Seen {
  /** Whom its session token vouches for. */
  readonly verified: Result<Principal, Refusal>
  readonly client: {
    readonly session: string | undefined
    /** When it last changed, in seconds. */
    readonly updatedAt: string | undefined
  }
  /** Clerk's cookies and the others, by their names. */
  readonly cookies: ReadonlyMap<string, string>
  /** Clerk's own parameters of the query, as far as they may count. */
  readonly parameters: Parameters
  /** Of the path. */
  readonly segments: readonly string[]
  readonly referrer: string | null
  readonly isProduction: boolean
}

type Doubt = (seen: Seen, rules: BrowserRules) => boolean

/**
 * Whether Clerk has to be asked what became of a session before a page is shown: wherever Clerk's own SDK could send
 * the browser somewhere, and nowhere else. In a case that the SDK knows better it is asked in vain, no more.
 */
export function isInDoubt(seen: Seen, rules: BrowserRules): boolean {
  return doubts.some((doubt) => doubt(seen, rules))
}

/** Whether a token is from before the client last changed: somebody may have signed in as somebody else since. */
export function isStale(seen: Seen): boolean {
  const principal = principalOf(seen)
  return principal !== undefined && principal.issuedAtSeconds < updatedAtOf(seen)
}

/** Mended by a newer token. */
const untimely: readonly RefusalCode[] = [
  'token-expired',
  'token-not-active-yet',
  'token-iat-in-the-future',
]

const doubts: readonly Doubt[] = [
  function comesBackFromClerk({ cookies, parameters }) {
    return handshakes.some((name) => cookies.get(name) || parameterOf(parameters, name))
  },

  function oneCookieWithoutTheOther(seen) {
    return (seen.client.session !== undefined) !== updatedAtOf(seen) > 0
  },

  function tokenIsUntimely({ verified }) {
    return !verified.ok && untimely.includes(verified.error.code)
  },

  isStale,

  function satelliteIsNotInStep(seen, { satellite }) {
    if (satellite === undefined) return false
    const synced = parameterOf(seen.parameters, '__clerk_synced')
    if (synced === 'false') return true
    const isKnown = seen.client.session !== undefined || updatedAtOf(seen) > 0
    return satellite.autoSync && !isKnown && synced !== 'true'
  },

  function developmentBrowserIsNotInStep({ isProduction, cookies, parameters }) {
    if (isProduction) return false
    const isKnown = [...cookies.keys()].some((name) => /^__clerk_db_jwt(?:_|$)/.test(name))
    return !isKnown || developmentOnly.some((name) => parameterOf(parameters, name))
  },

  /** From a satellite, maybe, where the client has changed. */
  function comesFromAnotherOrigin(seen, { origin, satellite }) {
    if (satellite !== undefined || principalOf(seen) === undefined) return false
    const { referrer } = seen
    return referrer !== null && URL.canParse(referrer) && new URL(referrer).origin !== origin
  },

  function anotherOrganizationIsActive(seen, rules) {
    const principal = principalOf(seen)
    if (principal === undefined) return false
    const { organization } = principal
    const named = rules.organizationPatterns.find((one) => matchesPath(one, seen.segments))
    if (named !== undefined) return !namesIt(named, seen.segments, organization)
    const isPersonal = rules.personalAccountPatterns.some((one) => matchesPath(one, seen.segments))
    return isPersonal && organization !== undefined
  },
]

const handshakes = ['__clerk_handshake_nonce', '__clerk_handshake'] as const
const developmentOnly = ['__clerk_db_jwt', '__clerk_redirect_url'] as const

function parameterOf(parameters: Parameters, name: string): string | undefined {
  return parameters.find(([one]) => one === name)?.[1]
}

function principalOf({ verified }: Seen) {
  return verified.ok && verified.value.kind !== 'anonymous' ? verified.value : undefined
}

/** As the SDK reads it: what is no number is nothing. */
function updatedAtOf({ client }: Seen): number {
  return Number.parseInt(client.updatedAt ?? '', 10) || 0
}

function namesIt(
  { segments: pattern }: PathPattern,
  segments: readonly string[],
  organization: { readonly id: string; readonly slug: string | undefined } | undefined,
): boolean {
  return pattern.every((segment, index) => {
    if (segment.kind !== 'any') return true
    if (segment.name === 'id') return segments[index] === organization?.id
    return segment.name !== 'slug' || segments[index] === organization?.slug
  })
}
