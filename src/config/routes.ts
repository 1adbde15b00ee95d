import type { Access } from '../model/condition.ts'
import type { Origin } from '../model/origin.ts'
import type { Route } from '../model/route.ts'
import { bodyTermsOf } from './bodies.ts'
import { cacheTermsOf } from './caching.ts'
import { corsOf } from './cors.ts'
import { usualCarriers } from './credentials.ts'
import { ambiguities, type PlacedSet } from './overlap.ts'
import type { Problem } from './problem.ts'
import { hostText } from './request-set.ts'
import { rewriteOf } from './rewriting.ts'
import { isServed, routeRules } from './route-rules.ts'
import type { RouteContext, RouteDraft } from './route-shape.ts'
import { unreachableRoutes } from './selection.ts'
import { isWhole, type Whole } from './shape.ts'
import { socketTermsOf } from './sockets.ts'

/** The compiled routes, of those that are sound, and what is wrong with each and among them. */
export function compileRoutes(
  drafts: readonly RouteDraft[],
  context: RouteContext,
): { readonly routes: readonly Route[]; readonly problems: readonly Problem[] } {
  const sets = drafts.flatMap((draft) => requestSet(draft) ?? []).filter(isServed(context))
  return {
    routes: drafts.flatMap((draft) => compileRoute(draft, context) ?? []),
    problems: [
      ...drafts.flatMap((draft) => routeRules.flatMap((rule) => rule(draft, context))),
      ...ambiguities(sets),
      ...unreachableRoutes(sets, context.hosts).map(shadowed),
    ],
  }
}

function shadowed({ place }: PlacedSet): Problem {
  const message = 'No request ever gets here: more specific routes take all of them. Remove it.'
  return { place, message }
}

function requestSet({ path, host, methods, mode, place }: RouteDraft): PlacedSet | undefined {
  if (path === undefined || host === undefined || methods === undefined) return undefined
  return { path, host, methods: methodSet(methods), mode: modeOf({ mode }), place }
}

function modeOf({ mode }: Pick<RouteDraft, 'mode'>): Route['mode'] {
  return mode === 'shadow' ? mode : undefined
}

/** `GET` implies `HEAD` (RFC 9110, section 9.3.2). */
function methodSet(methods: readonly string[] | 'every'): ReadonlySet<string> | undefined {
  if (methods === 'every') return undefined
  return new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)
}

/** What pages may use where a route takes every method. */
const usualMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

function grantedMethods(methods: readonly string[] | 'every'): readonly string[] {
  return methods === 'every' ? usualMethods : methods
}

function compileRoute(draft: RouteDraft, context: RouteContext): Route | undefined {
  const { origins, isSet, browsers } = context
  if (!isWhole(draft)) return undefined
  const target = origins?.get(draft.origin)
  if (target === undefined) return undefined
  const origin: Origin = { ...target, name: draft.origin }
  const carriers = draft.carriers === 'usual' ? usualCarriers(draft.accepts, isSet) : draft.carriers
  return {
    name: nameOf(draft),
    path: draft.path,
    host: draft.host,
    methods: methodSet(draft.methods),
    origin,
    ...admissionOf(draft),
    accepts: draft.accepts,
    carriers,
    cookieAzp: draft.cookieAzp === 'missing-ok' ? 'missing-ok' : 'strict',
    sessions: isForBrowsers(draft) ? browsers : undefined,
    exchange: draft.exchange ?? undefined,
    assertion: assertionOf(draft),
    revocation: draft.fresh ? 'fresh' : draft.revocable ? 'revocable' : 'token',
    escapes: new Set(draft.escapes),
    websocket: socketTermsOf(draft.websocket, draft),
    passCredential: draft.passCredential,
    body: bodyTermsOf(draft),
    rewrite: rewriteOf(draft.rewrite, draft.path),
    requestHeaders: draft.requestHeaders ?? undefined,
    responseHeaders: draft.responseHeaders ?? undefined,
    limits: draft.limits.length > 0 ? draft.limits : undefined,
    cors: corsOf(draft.cors, grantedMethods(draft.methods), carriers),
    cache: cacheTermsOf(draft.cache),
  }
}

/** What is in force, and what is tried. */
function admissionOf(draft: Whole<RouteDraft>): Pick<Route, 'access' | 'mode' | 'trial'> {
  const { tried, ...access } = draft.access
  const mode = modeOf(draft)
  if (mode === undefined) return { access, mode, trial: tried }
  return { access: anyone, mode, trial: tried ?? access }
}

/** Who may pass a route in shadow: somebody where they are, and else nobody in particular. */
const anyone: Access = { kind: 'optional' }

function nameOf({ methods, host, path }: Whole<RouteDraft>): string {
  const where = hostText(host) + path.source
  return methods === 'every' ? where : `${methods.join(',')} ${where}`
}

/** What is only tried sends nobody anywhere. */
function isForBrowsers({ sessions, mode }: Whole<RouteDraft>): boolean {
  return sessions === 'browser' && mode !== 'shadow'
}

/** A public route knows of nobody whom an assertion could name. */
function assertionOf({ access, assertion }: Whole<RouteDraft>): Route['assertion'] {
  if (access.kind === 'public') return 'off'
  return assertion === 'by-method' ? undefined : assertion
}
