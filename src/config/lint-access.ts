import type { Condition } from '../model/condition.ts'
import { type TokenType, tokenTypes } from '../model/principal.ts'
import type { Admission, Route } from '../model/route.ts'
import { conditionsWithin } from './access.ts'
import type { Problem } from './problem.ts'

type Admitted = Pick<Admission, 'access' | 'accepts'>

/** What is legal but risky, or never holds, in the conditions of a route. */
export function lintAccess({ access, accepts }: Admitted, place: string): readonly Problem[] {
  if (access.kind !== 'signed-in') return []
  const { condition } = access
  return lints
    .flatMap((find) => find(condition, accepts))
    .map(({ word, message }) => ({ place: `${place}.access${word}`, message }))
}

/** The same of a route, be they in force or in shadow: what is amiss in both is said once. */
export function lintRouteAccess(
  { access, trial, accepts }: Admitted & Pick<Route, 'trial'>,
  place: string,
): readonly Problem[] {
  const tried = trial === undefined ? [] : lintAccess({ access: trial, accepts }, place)
  const found = [...lintAccess({ access, accepts }, place), ...tried]
  return [...new Map(found.map((one) => [`${one.place} ${one.message}`, one])).values()]
}

interface Finding {
  readonly word: '' | '.org'
  readonly message: string
}

type Lint = (condition: Condition, accepts: readonly TokenType[]) => readonly Finding[]

const lints: readonly Lint[] = [
  function slugNamesAnOrganization(condition) {
    const message = 'A slug can pass from one organisation to another: name the id, org_….'
    return conditionsWithin(condition).some(isSlug) ? [{ word: '.org', message }] : []
  },

  function clerkWordNeedsAnOrganization(condition) {
    const message =
      'An "org:" word counts in whatever organisation is active, be it one that the ' +
      'caller has just made: add org to say which.'
    return asksWithoutOrganization(condition, false) ? [{ word: '', message }] : []
  },

  function someCredentialMeetsEveryWord(condition, accepts) {
    const asked = conditionsWithin(condition).map(({ kind }) => words[kind])
    const unmet = asked.filter(([, bearers]) => !bearers.some((type) => accepts.includes(type)))
    return [...new Map(unmet)].map(([word, bearers]) => ({
      word: '',
      message: `Asks for ${word}, which nothing that it accepts can have: accept ${bearers.join(' or ')}.`,
    }))
  },

  function machineHasNoScopes(condition, accepts) {
    const message =
      "Clerk fills the scopes of a machine's token with the machines that it is for, so no " +
      'm2m_token passes here: ask for a claim beside it with any, or give machines a route of their own.'
    return accepts.includes('m2m_token') && isOutOfReach(condition) ? [{ word: '', message }] : []
  },
]

/** Whether no machine can meet a condition because of the scopes that it asks for. */
function isOutOfReach(condition: Condition): boolean {
  switch (condition.kind) {
    case 'scope':
      return !condition.scope.startsWith('mch_')
    case 'all':
      return condition.of.some(isOutOfReach)
    case 'any':
      return condition.of.length > 0 && condition.of.every(isOutOfReach)
    default:
      return false
  }
}

type Kind = Condition['kind']

const every: readonly TokenType[] = tokenTypes
const sessions: readonly TokenType[] = ['session_token']
/** Whoever can be active in an organisation: an API key may be an organisation's own. */
const members: readonly TokenType[] = ['session_token', 'api_key']
const persons: readonly TokenType[] = every.filter((type) => type !== 'm2m_token')

/** What asks for a condition in the config, and the credentials that can meet it. */
const words: Readonly<Record<Kind, readonly [word: string, bearers: readonly TokenType[]]>> = {
  'usher-role': ['role', persons],
  'usher-permission': ['permission', persons],
  'clerk-role': ['role', sessions],
  'clerk-permission': ['permission', sessions],
  feature: ['feature', sessions],
  plan: ['plan', sessions],
  reverification: ['reverification', sessions],
  scope: ['scope', ['oauth_token', 'm2m_token', 'api_key']],
  claim: ['claims', every],
  'no-actor': ['actor', every.filter((type) => type !== 'jwt_template')],
  'organization-path': ['orgPatterns', members],
  organization: ['org', members],
  'organization-parameter': ['org', members],
  all: ['all', every],
  any: ['any', every],
  not: ['not', every],
}

function isSlug(condition: Condition): boolean {
  return condition.kind === 'organization' && !condition.organization.startsWith('org_')
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

const organizationKinds: readonly Kind[] = [
  'organization',
  'organization-parameter',
  'organization-path',
]

function namesOrganization(condition: Condition): boolean {
  if (condition.kind === 'all') return condition.of.some(namesOrganization)
  return organizationKinds.includes(condition.kind)
}
