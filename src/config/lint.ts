import type { Origin, Route, Rules } from '../model/route.ts'
import type { Settings } from './environment.ts'
import { lintAccess } from './lint-access.ts'
import { lintCredentials } from './lint-credentials.ts'
import { neighboursAmong } from './neighbours.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'
import { strictlyIncludesSet } from './request-set.ts'
import { selectRoute } from './selection.ts'

interface Linted {
  readonly rules: Rules
  readonly settings: Settings
}

type Rule = (linted: Linted, relaxations: Relaxations) => readonly Problem[]

/** What is legal but risky in a gateway that compiles. */
export function lint(linted: Linted, relaxations: Relaxations): readonly Problem[] {
  return lints.flatMap((rule) => rule(linted, relaxations))
}

const lints: readonly Rule[] = [
  function originIsBothPublicAndProtected({ rules }) {
    const open = addressesOf(rules.routes, 'public')
    const closed = addressesOf(rules.routes, 'signed-in')
    return [...open]
      .filter(([address]) => closed.has(address))
      .map(([, name]) => ({
        place: `origins.${name}`,
        message:
          'Has a public and a protected route: what it takes for another spelling of a protected ' +
          'path is open. Let it check the identity assertion.',
      }))
  },

  function strictRouteStandsInAWeakerOne({ rules: { routes } }) {
    const neighbours = neighboursAmong(routes)
    const outerOf = (inner: Route) =>
      neighbours(inner.path).find((other) => surrounds(other, inner))
    const index = routes.findIndex((inner) => outerOf(inner) !== undefined)
    const inner = routes[index]
    const outer = inner && outerOf(inner)
    if (outer === undefined) return []
    const message =
      `Is stricter than ${outer.name} around it: what the origin takes for another spelling of ` +
      'this path, such as upper case, meets the weaker policy. Let the origin check roles too.'
    return [{ place: `routes[${index}].access`, message }]
  },

  function conditionsAreSafe({ rules: { routes, verifiers } }) {
    const found = routes.flatMap((route, index) => lintAccess(route, `routes[${index}]`))
    return [...found, ...lintAccess(verifiers, 'verify')]
  },

  function credentialsAreSafe({ rules: { routes }, settings: { clerk } }, { plainAddresses }) {
    if (plainAddresses) return []
    return routes.flatMap((route, index) => lintCredentials(route, clerk, `routes[${index}]`))
  },

  function credentialIsShownToAPublicRoute({ rules: { routes } }) {
    return routes.flatMap(({ access, passCredential }, index) =>
      access.kind === 'public' && passCredential
        ? [
            {
              place: `routes[${index}].passCredential`,
              message: 'Shows the origin credentials that nobody has verified.',
            },
          ]
        : [],
    )
  },

  function hostsAreNamed({ rules }, { plainAddresses }) {
    if (rules.hosts !== undefined || plainAddresses) return []
    return [
      { place: 'hosts', message: 'Names no host, so any that leads here is served: list yours.' },
    ]
  },

  function anyPartyIsAccepted({ settings }, { plainAddresses }) {
    if (settings.clerk.authorizedParties.length > 0 || plainAddresses) return []
    const message =
      'Is not set, so tokens that were made for any frontend of the instance pass: list yours.'
    return [{ place: 'AUTHORIZED_PARTIES', message }]
  },

  function issuerIsTheInstance({ settings: { clerk } }) {
    const [issuer] = clerk.issuers
    const [source] = clerk.keySources
    if (issuer === undefined || source === undefined) return []
    if (new URL(issuer).host === new URL(source.url).host) return []
    const message =
      'Is not the host where the keys come from. Both must be of one instance, or no token passes.'
    return [{ place: 'CLERK_JWT_ISSUER', message }]
  },

  function cookiesNeedACanonicalOrigin({ rules, settings }, { plainAddresses }) {
    const acceptsCookies = settings.clerk.authorizedParties.length > 0
    if (!acceptsCookies || rules.canonicalOrigin !== undefined || plainAddresses) return []
    return [
      {
        place: 'canonicalOrigin',
        message:
          'AUTHORIZED_PARTIES turns cookies on: name the origin under which browsers know this ' +
          'gateway, so that what is same-origin does not rest on the request alone.',
      },
    ]
  },

  function signInIsOpen({ rules: { signInUrl, canonicalOrigin, prefix, routes } }) {
    if (signInUrl === undefined) return []
    const { origin, host, pathname } = new URL(signInUrl)
    if (origin !== canonicalOrigin || pathname.startsWith(`${prefix}/`)) return []
    const segments = pathname.split('/').filter((segment) => segment !== '')
    const route = selectRoute(routes, { host, method: 'GET', segments })
    if (route?.access.kind !== 'signed-in') return []
    return [
      {
        place: 'signInUrl',
        message:
          'Lies behind a route for signed-in callers, so a browser is sent in circles: open it.',
      },
    ]
  },
]

/** The origins of one kind of access by their address, whatever they are called. */
function addressesOf(
  routes: readonly Route[],
  access: Route['access']['kind'],
): ReadonlyMap<string, string> {
  const matching = routes.filter((one) => one.access.kind === access)
  return new Map(matching.map(({ origin }) => [addressOf(origin), origin.name]))
}

function addressOf(origin: Origin): string {
  switch (origin.kind) {
    case 'url':
      return new URL(origin.base).host
    case 'service':
      return origin.binding
    case 'same-host':
      return ''
  }
}

/** Whether a route of the same origin is around another and asks for less. Public ones have their own lint. */
function surrounds(outer: Route, inner: Route): boolean {
  return (
    outer.access.kind !== 'public' &&
    strictnessOf(outer) < strictnessOf(inner) &&
    strictlyIncludesSet(outer, inner) &&
    addressOf(outer.origin) === addressOf(inner.origin)
  )
}

function strictnessOf({ access }: Route): number {
  if (access.kind === 'public') return 0
  if (access.kind === 'optional') return 1
  const { condition } = access
  return condition.kind === 'all' && condition.of.length === 0 ? 2 : 3
}
