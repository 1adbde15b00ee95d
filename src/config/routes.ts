import type { Origin } from '../model/origin.ts'
import { err, ok, type Result } from '../model/result.ts'
import {
  type Escape,
  escapes,
  type HostPattern,
  matchesHost,
  type Route,
  signedIn,
} from '../model/route.ts'
import { accessShape } from './access.ts'
import { accessRules } from './access-rules.ts'
import { parseHost } from './address.ts'
import { bodyFields, bodyRules, bodyTermsOf } from './bodies.ts'
import { cacheProblems, cacheShape, cacheTermsOf } from './caching.ts'
import { corsOf, corsShape } from './cors.ts'
import { credentialFields, credentialRules, type IsSet, usualCarriers } from './credentials.ts'
import { headerRules, requestHeadersShape, responseHeadersShape } from './header-changes.ts'
import { limitRules, limitsShape } from './limits.ts'
import { suggestion } from './nearest.ts'
import { secretStandsAlone } from './origin-rules.ts'
import type { Target } from './origins.ts'
import { ambiguities, type PlacedSet } from './overlap.ts'
import { parsePath } from './path.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'
import { hostText } from './request-set.ts'
import { rewriteOf, rewriteRules, rewriteShape } from './rewriting.ts'
import { unreachableRoutes } from './selection.ts'
import {
  type Draft,
  flag,
  isWhole,
  listOf,
  object,
  optional,
  parsed,
  type Shape,
  text,
  type Whole,
  word,
} from './shape.ts'
import { socketRules, socketShape, socketTermsOf } from './sockets.ts'

const everyHost: HostPattern = { kind: 'any' }
const noEscapes: readonly Escape[] = []

const routeFields = (relaxations: Relaxations) => ({
  path: parsed(parsePath),
  methods: optional(listOf(parsed(parseMethod)), 'every' as const),
  host: optional(parsed(parseHostPattern), everyHost),
  origin: text,
  access: optional(accessShape, signedIn),
  ...credentialFields,
  assertion: optional(word(['session', 'request', 'off']), 'by-method' as const),
  escapes: optional(listOf(word(escapes)), noEscapes),
  revocable: optional(flag, false),
  fresh: optional(flag, false),
  websocket: socketShape(relaxations),
  passCredential: optional(flag, false),
  ...bodyFields,
  rewrite: rewriteShape,
  requestHeaders: requestHeadersShape,
  responseHeaders: responseHeadersShape,
  limits: limitsShape,
  cors: corsShape(relaxations),
  cache: cacheShape,
})

/** One route as far as it could be read, and where it stands. */
export type RouteDraft = Draft<ReturnType<typeof routeFields>> & { readonly place: string }

/** The shape of one entry of `routes`. */
export function routeShape(relaxations: Relaxations): Shape<RouteDraft> {
  const shape = object(routeFields(relaxations))
  return function readRoute(value, place) {
    const { value: draft, problems } = shape(value, place)
    return { value: draft && { ...draft, place }, problems }
  }
}

/** What routes are held against; `undefined` where that part of the config is not sound. */
export interface RouteContext {
  readonly origins: ReadonlyMap<string, Target | undefined> | undefined
  readonly prefix: string | undefined
  readonly aliases: ReadonlyMap<string, unknown> | undefined
  /** `undefined` is any. */
  readonly hosts: ReadonlySet<string> | undefined
  readonly isSet: IsSet
}

/** The compiled routes, of those that are sound, and what is wrong with each and among them. */
export function compileRoutes(
  drafts: readonly RouteDraft[],
  context: RouteContext,
): { readonly routes: readonly Route[]; readonly problems: readonly Problem[] } {
  const sets = drafts.flatMap((draft) => requestSet(draft) ?? []).filter(isServed(context))
  return {
    routes: drafts.flatMap((draft) => compileRoute(draft, context) ?? []),
    problems: [
      ...drafts.flatMap((draft) => rules.flatMap((rule) => rule(draft, context))),
      ...ambiguities(sets),
      ...unreachableRoutes(sets, context.hosts).map(shadowed),
    ],
  }
}

function shadowed({ place }: PlacedSet): Problem {
  const message = 'No request ever gets here: more specific routes take all of them. Remove it.'
  return { place, message }
}

/** Whether the hosts of a route are served at all; where not, that is its problem. */
function isServed({ hosts }: RouteContext): (set: Pick<PlacedSet, 'host'>) => boolean {
  return ({ host }) => hosts === undefined || [...hosts].some((one) => matchesHost(host, one))
}

function requestSet({ path, host, methods, place }: RouteDraft): PlacedSet | undefined {
  if (path === undefined || host === undefined || methods === undefined) return undefined
  return { path, host, methods: methodSet(methods), place }
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

function compileRoute(draft: RouteDraft, { origins, isSet }: RouteContext): Route | undefined {
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
    access: draft.access,
    accepts: draft.accepts,
    carriers,
    cookieAzp: draft.cookieAzp === 'missing-ok' ? 'missing-ok' : 'strict',
    exchange: draft.exchange ?? undefined,
    assertion: assertionOf(draft),
    revocation: draft.fresh ? 'fresh' : draft.revocable ? 'revocable' : 'token',
    escapes: new Set(draft.escapes),
    websocket: socketTermsOf(draft.websocket, draft.access),
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

function nameOf({ methods, host, path }: Whole<RouteDraft>): string {
  const where = hostText(host) + path.source
  return methods === 'every' ? where : `${methods.join(',')} ${where}`
}

/** A public route knows of nobody whom an assertion could name. */
function assertionOf({ access, assertion }: Whole<RouteDraft>): Route['assertion'] {
  if (access.kind === 'public') return 'off'
  return assertion === 'by-method' ? undefined : assertion
}

type Rule = (draft: RouteDraft, context: RouteContext) => readonly Problem[]

const rules: readonly Rule[] = [
  ...accessRules,
  ...bodyRules,
  cacheProblems,
  ...limitRules,
  ...[...credentialRules, ...socketRules].map(
    (rule): Rule =>
      (draft, { isSet }) =>
        rule(draft, isSet),
  ),

  ...rewriteRules,
  ...headerRules,

  function originIsKnown({ origin, place }, { origins }) {
    if (origin === undefined || origins === undefined || origins.has(origin)) return []
    const hint = suggestion(origin, origins.keys()) || ' Add it to origins, or name another.'
    return [{ place: `${place}.origin`, message: `There is no origin "${origin}".${hint}` }]
  },

  secretStandsAlone,

  function pathIsNotUshersOwn({ path, place }, { prefix }) {
    const [first] = path?.segments ?? []
    if (first?.kind !== 'literal' || prefix === undefined) return []
    const taken = [prefix, '/__clerk'].find((own) => own === `/${first.text.toLowerCase()}`)
    if (taken === undefined) return []
    const message = `Everything below ${taken} is Usher's own: choose another path.`
    return [{ place: `${place}.path`, message }]
  },

  function pathIsNoAlias({ path, place }, { aliases }) {
    if (path === undefined || path.rest || aliases === undefined) return []
    const literals = path.segments.map((one) => (one.kind === 'literal' ? one.text : '*'))
    if (!aliases.has(`/${literals.join('/')}`)) return []
    const message = 'An alias takes every request of this path: remove the route or the alias.'
    return [{ place: `${place}.path`, message }]
  },

  function escapesAreLetThrough({ path, escapes: allowed, place }) {
    if (path === undefined || allowed === undefined) return []
    const literals = path.segments.map((one) => (one.kind === 'literal' ? one.text : '')).join('')
    return [...refusedUnlessAllowed]
      .filter(
        ([character, ways]) =>
          literals.includes(character) && !ways.some((way) => allowed.includes(way)),
      )
      .map(([character, [way]]) => ({
        place: `${place}.path`,
        message: `A "${character}" in a segment is refused: let it through by escapes: ['${way}'].`,
      }))
  },

  function hostIsServed({ host, place }, context) {
    if (host === undefined || isServed(context)({ host })) return []
    return [
      { place: `${place}.host`, message: 'Is not one of hosts: add it there, or name another.' },
    ]
  },

  function assertionIsMeaningful({ access, assertion, place }) {
    if (access?.kind !== 'public' || assertion === 'by-method' || assertion === 'off') return []
    if (assertion === undefined) return []
    return [
      {
        place: `${place}.assertion`,
        message: 'A public route has no identity to assert: remove it.',
      },
    ]
  },

  function assertionCanBeSigned({ access, assertion, place }, { isSet }) {
    if (isSet('USHER_SIGNING_KEY') || access === undefined || access.kind === 'public') return []
    if (assertion === undefined || assertion === 'off') return []
    const message =
      'Needs USHER_SIGNING_KEY, which is not set: make it with npm run keys, or say "off".'
    return [{ place: `${place}.assertion`, message }]
  },
]

/** What a target may not hold unless a route names one of the escapes beside it. */
const refusedUnlessAllowed: ReadonlyMap<string, readonly [Escape, ...Escape[]]> = new Map([
  ['/', ['%2F']],
  ['%', ['%25']],
  [';', [';', '%3B']],
  ['#', ['%23']],
  ['?', ['%3F']],
])

/** The gateway forwards neither tunnels nor what would echo the identity headers to the caller. */
function parseMethod(method: string): Result<string, string> {
  if (!/^[A-Z][A-Z0-9!#$%&'*+.^_`|~-]*$/.test(method)) {
    return err('Must be a method in upper case, such as "GET".')
  }
  return ['CONNECT', 'TRACE', 'TRACK'].includes(method)
    ? err('Cannot be forwarded: remove this method.')
    : ok(method)
}

function parseHostPattern(source: string): Result<HostPattern, string> {
  const isSubdomain = source.startsWith('*.')
  const host = parseHost(isSubdomain ? source.slice(2) : source)
  if (!host.ok) return err(`${host.error} Every direct subdomain is "*.example.com".`)
  return ok(
    isSubdomain
      ? { kind: 'subdomain', suffix: `.${host.value}` }
      : { kind: 'exact', host: host.value },
  )
}
