import type { BrowserRules, Satellite } from '../model/browser-sessions.ts'
import type { Access } from '../model/condition.ts'
import type { Pages } from '../model/pages.ts'
import type { Carrier, TokenType } from '../model/principal.ts'
import { parseOrganizationPattern } from './access-words.ts'
import { parseHost } from './address.ts'
import { type IsSet, usualCarriers } from './credentials.ts'
import { parsePath } from './path.ts'
import type { Problem } from './problem.ts'
import { built, flag, listOf, object, optional, parsed, word } from './shape.ts'

/** What routes with `sessions: 'browser'` share. */
export interface BrowserSessionsConfig {
  /** One signs in on another domain, at `signInUrl`, and is known here by way of it. */
  readonly satellite?: SatelliteConfig
  /** Paths that say which organisation is active: Clerk makes it so before the page is shown. */
  readonly organizationSync?: OrganizationSyncConfig
}

/** A satellite domain of a Clerk instance. */
export interface SatelliteConfig {
  /** The domain as Clerk knows it: `'satellite.example'`. Not needed with CLERK_PROXY_URL. */
  readonly domain?: string
  /** Whether every browser that is not known here is sent round by the primary domain; not when not given. */
  readonly autoSync?: boolean
}

/** See {@link BrowserSessionsConfig.organizationSync}. */
export interface OrganizationSyncConfig {
  /** Each names the organisation once, by `:id` or `:slug`: `['/orgs/:slug/**']`. */
  readonly organizationPatterns?: readonly string[]
  /** Where no organisation is active: `['/me/**']`. */
  readonly personalAccountPatterns?: readonly string[]
}

/** The word of a route. */
export const sessionsShape = optional(word(['browser']), 'not-said' as const)

const satelliteShape = built(
  object({ domain: optional(parsed(parseHost), null), autoSync: optional(flag, false) }),
  ({ domain, autoSync }): Satellite => ({ domain: domain ?? undefined, autoSync }),
)

const syncShape = built(
  object({
    organizationPatterns: optional(listOf(parsed(parseOrganizationPattern)), []),
    personalAccountPatterns: optional(listOf(parsed(parsePath)), []),
  }),
  (patterns): Patterns => patterns,
)

/** The shape of `browserSessions`. */
export const browserSessionsShape = optional(
  built(
    object({
      satellite: optional(satelliteShape, null),
      organizationSync: optional(syncShape, null),
    }),
    (shared): Shared => shared,
  ),
  null,
)

/** What of a route says whether browsers have sessions there. */
interface RouteDraft {
  readonly access: Access | undefined
  readonly accepts: readonly TokenType[] | undefined
  readonly carriers: readonly Carrier[] | 'usual' | undefined
  readonly origin: string | undefined
  readonly sessions: 'browser' | 'not-said' | undefined
  readonly place: string
}

interface RouteContext {
  readonly origins: ReadonlyMap<string, { readonly kind: string } | undefined> | undefined
  readonly isSet: IsSet
}

type Rule = (draft: RouteDraft, context: RouteContext) => readonly Problem[]

/** What is wrong with one route for browsers, and between it and the environment. */
export const browserRouteRules: readonly Rule[] = [
  function someoneHasASession({ access, origin, sessions, place }, { origins }) {
    if (sessions !== 'browser') return []
    if (access?.kind === 'public') {
      const message = 'A public route looks at no session: remove it.'
      return [{ place: `${place}.sessions`, message }]
    }
    if (origin === undefined || origins?.get(origin)?.kind !== 'elsewhere') return []
    const message = 'Usher does not answer there, so it cannot send a browser to Clerk: remove it.'
    return [{ place: `${place}.sessions`, message }]
  },

  function sessionsAreCookies({ access, accepts, carriers, sessions, place }, { isSet }) {
    if (sessions !== 'browser' || access?.kind === 'public') return []
    if (accepts === undefined || carriers === undefined) return []
    const inUse = carriers === 'usual' ? usualCarriers(accepts, isSet) : carriers
    if (inUse.includes('cookie')) return []
    const message = isSet('AUTHORIZED_PARTIES')
      ? 'The session of a browser is a cookie, which counts nothing here: accept it, or remove this.'
      : 'The session of a browser is a cookie: set AUTHORIZED_PARTIES to the origins of your frontends.'
    return [{ place: `${place}.sessions`, message }]
  },

  function clerkIsAsked({ access, sessions, place }, { isSet }) {
    if (sessions !== 'browser' || access?.kind === 'public') return []
    const problems: Problem[] = []
    const where = `${place}.sessions`
    if (!isSet('CLERK_SECRET_KEY')) {
      const message = 'Clerk tells what became of a session: set CLERK_SECRET_KEY.'
      problems.push({ place: where, message })
    }
    if (!isSet('CLERK_PUBLISHABLE_KEY') && !isSet('NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY')) {
      const message = 'Browsers are sent to the instance: set CLERK_PUBLISHABLE_KEY.'
      problems.push({ place: where, message })
    }
    return problems
  },
]

/** What of a config routes for browsers go by. */
export interface BrowserDraft {
  readonly routes: readonly Pick<RouteDraft, 'sessions'>[] | undefined
  readonly browserSessions: Shared | null | undefined
  readonly canonicalOrigin: string | null | undefined
  readonly signInUrl: string | null | undefined
  readonly prefix: string | undefined
  readonly pages: Pages | false | undefined
}

interface Shared {
  readonly satellite: Satellite | null
  readonly organizationSync: Patterns | null
}

type Patterns = Pick<BrowserRules, 'organizationPatterns' | 'personalAccountPatterns'>

const noPatterns: Patterns = { organizationPatterns: [], personalAccountPatterns: [] }

/** Where Clerk's Frontend API is, as far as the environment says it. */
export interface ProxyPlace {
  /** Scheme and host of the gateway's own proxy; `undefined` where there is none. */
  readonly ownOrigin: string | undefined
  /** The same of any that there is, here or elsewhere. */
  readonly proxyOrigin: string | undefined
}

/** What the routes for browsers share, `undefined` where there are none; and what is wrong with it. */
export function browserRulesOf(
  draft: BrowserDraft,
  place: ProxyPlace,
): { readonly rules: BrowserRules | undefined; readonly problems: readonly Problem[] } {
  const isAsked = draft.routes?.some(({ sessions }) => sessions === 'browser')
  if (!isAsked) return { rules: undefined, problems: idleWords(draft) }
  const origin = draft.canonicalOrigin ?? place.ownOrigin
  const problems = sharedProblems(draft, { origin, proxyOrigin: place.proxyOrigin })
  if (origin === undefined || problems.length > 0) return { rules: undefined, problems }
  const { satellite, organizationSync } = draft.browserSessions ?? {}
  const usualSignIn = draft.pages === false ? undefined : `${origin}${draft.prefix}/sign-in`
  const signInUrl = draft.signInUrl ?? usualSignIn
  const patterns = organizationSync ?? noPatterns
  return { rules: { origin, signInUrl, satellite: satellite ?? undefined, ...patterns }, problems }
}

function idleWords({ browserSessions }: BrowserDraft): readonly Problem[] {
  if (!browserSessions) return []
  const message = 'No route is for browsers: write sessions: "browser" at one, or remove this.'
  return [{ place: 'browserSessions', message }]
}

function sharedProblems(
  { browserSessions, signInUrl }: BrowserDraft,
  {
    origin,
    proxyOrigin,
  }: { readonly origin: string | undefined } & Pick<ProxyPlace, 'proxyOrigin'>,
): readonly Problem[] {
  const problems: Problem[] = []
  if (origin === undefined) {
    const message =
      'Is missing: a browser is sent to Clerk and back here, and its own request must not say where that is.'
    problems.push({ place: 'canonicalOrigin', message })
  }
  if (origin !== undefined && proxyOrigin !== undefined && origin !== proxyOrigin) {
    const message =
      'Is another origin than that of CLERK_PROXY_URL, which alone gets the cookies of Clerk: make them one.'
    problems.push({ place: 'canonicalOrigin', message })
  }
  const satellite = browserSessions?.satellite
  if (!satellite) return problems
  if (!signInUrl || new URL(signInUrl).origin === origin) {
    const message =
      'Must be on the primary domain: nobody signs in on a satellite, which is only told of it.'
    problems.push({ place: 'signInUrl', message })
  }
  if (satellite.domain === undefined && proxyOrigin === undefined) {
    const message =
      'Is missing: Clerk knows a satellite by its domain, or by a proxy in CLERK_PROXY_URL.'
    problems.push({ place: 'browserSessions.satellite.domain', message })
  }
  return problems
}
