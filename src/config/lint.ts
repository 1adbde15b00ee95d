import type { Condition, Route, Rules } from '../model/route.ts'
import type { Settings } from './environment.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'
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
    const open = originsOf(rules.routes, 'public')
    const closed = originsOf(rules.routes, 'signed-in')
    return [...open]
      .filter((name) => closed.has(name))
      .map((name) => ({
        place: `origins.${name}`,
        message:
          'Has a public and a protected route: what it takes for another spelling of a protected ' +
          'path is open. Let it check the identity assertion.',
      }))
  },

  function clerkWordNeedsAnOrganization({ rules }) {
    return rules.routes.flatMap(({ access }, index) =>
      access.kind === 'signed-in' && asksWithoutOrganization(access.condition, false)
        ? [
            {
              place: `routes[${index}].access`,
              message:
                'An "org:" word counts in whatever organisation is active, be it one that the ' +
                'caller has just made: add org to say which.',
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

function originsOf(routes: readonly Route[], access: Route['access']['kind']): ReadonlySet<string> {
  return new Set(routes.filter((one) => one.access.kind === access).map((one) => one.origin.name))
}

/** Whether a word of Clerk's stands in no conjunction that also names the organisation. */
function asksWithoutOrganization(condition: Condition, isNamed: boolean): boolean {
  switch (condition.kind) {
    case 'clerk-role':
    case 'clerk-permission':
      return !isNamed
    case 'all': {
      const named = isNamed || namesOrganization(condition)
      return condition.of.some((one) => asksWithoutOrganization(one, named))
    }
    case 'any':
      return condition.of.some((one) => asksWithoutOrganization(one, isNamed))
    case 'not':
      return asksWithoutOrganization(condition.of, isNamed)
    default:
      return false
  }
}

function namesOrganization(condition: Condition): boolean {
  if (condition.kind === 'all') return condition.of.some(namesOrganization)
  return condition.kind === 'organization' || condition.kind === 'organization-parameter'
}
