import { type Endpoint, endpointsOf, type Origin } from '../model/origin.ts'
import type { Route } from '../model/route.ts'
import type { Gateway } from './compile.ts'
import { lintAccess, lintRouteAccess } from './lint-access.ts'
import { lintBrowser } from './lint-browser.ts'
import { lintChecks } from './lint-checks.ts'
import { lintCors } from './lint-cors.ts'
import { lintCredentials } from './lint-credentials.ts'
import { lintOperator } from './lint-operator.ts'
import { lintRewriting } from './lint-rewriting.ts'
import { asWritten, lintShadow } from './lint-shadow.ts'
import { lintSockets } from './lint-sockets.ts'
import { lintUsers } from './lint-users.ts'
import { neighboursAmong } from './neighbours.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'
import { hostText, strictlyIncludesSet } from './request-set.ts'
import { isInForce, selectRoute } from './selection.ts'
import { strictnessOf } from './strictness.ts'

type Rule = (linted: Gateway, relaxations: Relaxations) => readonly Problem[]

/**
 * What is legal but risky in a gateway that compiles. It is for whoever checks, deploys or tries a gateway:
 * the Worker in production starts without it.
 */
export function lint(linted: Gateway, relaxations: Relaxations): readonly Problem[] {
  return lints.flatMap((rule) => rule(linted, relaxations))
}

const lints: readonly Rule[] = [
  function originIsBothPublicAndProtected({ rules }) {
    const open = originsByAddress(rules.routes, 'public')
    const closed = originsByAddress(rules.routes, 'signed-in')
    const both = [...open].filter(([address]) => closed.has(address))
    return [...new Set(both.map(([, name]) => name))].map((name) => ({
      place: `origins.${name}`,
      message:
        'Has a public and a protected route: what it takes for another spelling of a protected ' +
        'path is open. Let it check the identity assertion.',
    }))
  },

  function secretTravelsInTheOpen({ rules: { routes } }) {
    return originsOf(routes).flatMap((origin) => {
      const isOpen = endpointsOf(origin).some(isPlainHttp)
      if (origin.secret === undefined || !isOpen) return []
      const message = 'Goes over plain http, where whoever is between can read it: use https.'
      return [{ place: `origins.${origin.name}.secret`, message }]
    })
  },

  function stickinessHasAChoice({ rules: { routes } }) {
    return originsOf(routes).flatMap((origin) => {
      if (origin.kind !== 'set' || origin.sticky === undefined || origin.members.length > 1)
        return []
      const message = 'Does nothing while there is one member, to whom everybody is led.'
      return [{ place: `origins.${origin.name}.sticky`, message }]
    })
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

  function rewritesKeepPolicies({ rules: { routes } }) {
    return lintRewriting(routes)
  },

  function conditionsAreSafe({ rules: { routes, verifiers } }) {
    const found = routes.flatMap((route, index) => lintRouteAccess(route, `routes[${index}]`))
    return [...found, ...lintAccess(verifiers, 'verify')]
  },

  function credentialsAreSafe({ rules: { routes }, settings: { clerk } }, { plainAddresses }) {
    if (plainAddresses) return []
    return routes.flatMap((route, index) =>
      lintCredentials(asWritten(route), clerk, `routes[${index}]`),
    )
  },

  function nothingStaysInShadowForEver({ rules }) {
    return rules.routes.flatMap((route, index) => lintShadow(route, `routes[${index}]`, rules))
  },

  function socketsEndWithTheirCallers({ rules: { routes } }) {
    return routes.flatMap((route, index) => lintSockets(route, `routes[${index}]`))
  },

  function cookiesAreNotOverrated({ rules: { routes, surfaces, cors } }) {
    const own = lintCors({ ...surfaces, cors }, 'cors')
    const found = routes.flatMap((route, index) =>
      route.access.kind === 'public' ? [] : lintCors(route, `routes[${index}].cors`),
    )
    return [...own, ...found]
  },

  function credentialIsShownToAPublicRoute({ rules: { routes } }) {
    return routes.flatMap(({ access, mode, passCredential }, index) =>
      (access.kind === 'public' || mode === 'shadow') && passCredential
        ? [
            {
              place: `routes[${index}].passCredential`,
              message: 'Shows the origin credentials that nobody has verified.',
            },
          ]
        : [],
    )
  },

  function checksAreAskedByFew({ rules }, relaxations) {
    return lintChecks(rules.checks, rules, relaxations)
  },

  function operatorsShareNoCookies(gateway, relaxations) {
    return lintOperator(gateway, relaxations)
  },

  function rolesComeAndGo(gateway) {
    return lintUsers(gateway)
  },

  function browsersFindClerk(gateway) {
    return lintBrowser(gateway)
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

  function recordsFollowClerk({ settings }, { plainAddresses }) {
    if (settings.webhookSecret !== undefined || plainAddresses) return []
    const message =
      "Is not set here: without it Clerk's webhooks are answered 503, and whom Clerk bans stays in until a sync."
    return [{ place: 'CLERK_WEBHOOK_SIGNING_SECRET', message }]
  },

  function issuerIsTheInstance({ settings: { clerk } }) {
    const [issuer] = clerk.issuers
    const [source] = clerk.keySources
    if (issuer === undefined || source === undefined) return []
    // Whoever names another address of the Frontend API means it.
    if (clerk.frontendApiUrl !== undefined || clerk.proxyUrl !== undefined) return []
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

function originsOf(routes: readonly Route[]): readonly Origin[] {
  return [...new Map(routes.map(({ origin }) => [origin.name, origin])).values()]
}

/** The origins of one kind of access by their addresses, whatever they are called. */
function originsByAddress(
  routes: readonly Route[],
  access: Route['access']['kind'],
): ReadonlyMap<string, string> {
  const matching = routes.filter((one) => one.access.kind === access)
  return new Map(
    matching.flatMap((route) =>
      addressesOf(route).map((address) => [address, route.origin.name] as const),
    ),
  )
}

/** Whoever asks about several hosts may well have an API behind each. */
function addressesOf({ origin, host }: Pick<Route, 'origin' | 'host'>): readonly string[] {
  if (origin.kind === 'elsewhere') return [`${origin.name} ${hostText(host)}`]
  return endpointsOf(origin).map(addressOf)
}

function addressOf(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case 'url':
      return new URL(endpoint.base).host
    case 'service':
      return endpoint.binding
    case 'same-host':
      return ''
  }
}

function isPlainHttp(endpoint: Endpoint): boolean {
  return endpoint.kind === 'url' && endpoint.base.startsWith('http:')
}

function shareAnAddress(left: Origin, right: Origin): boolean {
  if (left.kind === 'elsewhere') return left.name === right.name
  const addresses = endpointsOf(left).map(addressOf)
  return endpointsOf(right).some((endpoint) => addresses.includes(addressOf(endpoint)))
}

/** Whether a route of the same origin is around another and asks for less. Public and tried ones have lints of their own. */
function surrounds(outer: Route, inner: Route): boolean {
  return (
    outer.access.kind !== 'public' &&
    isInForce(outer) &&
    isInForce(inner) &&
    strictnessOf(outer) < strictnessOf(inner) &&
    strictlyIncludesSet(outer, inner) &&
    shareAnAddress(outer.origin, inner.origin)
  )
}
