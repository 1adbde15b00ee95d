import { authzenPaths } from '../model/checks.ts'
import { matchesHost } from '../model/host-pattern.ts'
import type { Escape } from '../model/route.ts'
import { accessRules } from './access-rules.ts'
import { bodyRules } from './bodies.ts'
import { browserRouteRules } from './browser-sessions.ts'
import { cacheProblems } from './caching.ts'
import { credentialRules } from './credentials.ts'
import { elsewhereProblems } from './elsewhere.ts'
import { headerRules } from './header-changes.ts'
import { limitRules } from './limits.ts'
import { suggestion } from './nearest.ts'
import { secretStandsAlone } from './origin-rules.ts'
import type { PlacedSet } from './overlap.ts'
import type { Problem } from './problem.ts'
import { rewriteRules } from './rewriting.ts'
import type { RouteContext, RouteDraft } from './route-shape.ts'
import { socketRules } from './sockets.ts'

/** Whether the hosts of a route are served at all; where not, that is its problem. */
export function isServed({
  hosts,
}: Pick<RouteContext, 'hosts'>): (set: Pick<PlacedSet, 'host'>) => boolean {
  return ({ host }) => hosts === undefined || [...hosts].some((one) => matchesHost(host, one))
}

type Rule = (draft: RouteDraft, context: RouteContext) => readonly Problem[]

/** What is wrong with one route, and between it and the rest of the config. */
export const routeRules: readonly Rule[] = [
  ...accessRules,
  ...bodyRules,
  cacheProblems,
  ...limitRules,
  ...[...credentialRules, ...socketRules].map(
    (rule): Rule =>
      (draft, { isSet }) =>
        rule(draft, isSet),
  ),

  ...browserRouteRules,
  ...rewriteRules,
  ...headerRules,

  function originIsKnown({ origin, place }, { origins }) {
    if (origin === undefined || origins === undefined || origins.has(origin)) return []
    const hint = suggestion(origin, origins.keys()) || ' Add it to origins, or name another.'
    return [{ place: `${place}.origin`, message: `There is no origin "${origin}".${hint}` }]
  },

  elsewhereProblems,
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
    const source = `/${literals.join('/')}`
    if (!aliases.has(source)) return []
    const message = authzenPaths.includes(source)
      ? 'Clients of AuthZEN ask here, as a caller may ask for decisions: choose another path.'
      : 'An alias takes every request of this path: remove the route or the alias.'
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

  function somethingCanBeTried({ access, mode, place }) {
    if (mode !== 'shadow' || access?.kind !== 'public') return []
    const message = 'A public route refuses nobody as it is: remove mode.'
    return [{ place: `${place}.mode`, message }]
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
