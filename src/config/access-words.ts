import {
  type Condition,
  factorLevels,
  type Reverification,
  reverifications,
} from '../model/condition.ts'
import { intersectPaths, type PathPattern } from '../model/pattern.ts'
import { err, ok, type Result } from '../model/result.ts'
import { claimsShape } from './access-claims.ts'
import { parameterNames, parsePath } from './path.ts'
import {
  built,
  isRecord,
  listOf,
  mapped,
  object,
  parsed,
  type Reading,
  type Shape,
  unsound,
  word,
} from './shape.ts'

/** What each word of a policy asks for. Those that take a name take a list of them too: all must hold. */
export const policyWords = {
  org: parsed(parseOrganization),
  role: oneOrAll(parsed(parseRole)),
  permission: oneOrAll(parsed(parsePermission)),
  feature: oneOrAll(parsed(parseEntitlement('feature'))),
  plan: oneOrAll(parsed(parseEntitlement('plan'))),
  reverification: mapped(
    reverificationShape,
    (asked): Condition => ({ kind: 'reverification', asked }),
  ),
  scope: oneOrAll(parsed(parseScope)),
  claims: claimsShape,
  actor: mapped(word(['deny']), (): Condition => ({ kind: 'no-actor' })),
  orgPatterns: mapped(
    patternsShape,
    (patterns): Condition => ({ kind: 'organization-path', patterns }),
  ),
} satisfies Record<string, Shape<Condition>>

function oneOrAll(item: Shape<Condition>): Shape<Condition> {
  const list = mapped(listOf(item), (of): Condition => ({ kind: 'all', of }))
  return (value, place) => (Array.isArray(value) ? list(value, place) : item(value, place))
}

/** Names of Usher's own; a colon is allowed, `org:` in front is not, in any case. */
const usherName = /^(?!org:)[a-z0-9][\w.:-]{0,63}$/i

function parseRole(role: string): Result<Condition, string> {
  if (/^org:[^:\s]+$/.test(role)) return ok({ kind: 'clerk-role', role })
  if (usherName.test(role)) return ok({ kind: 'usher-role', role })
  return err('Must be a role of Usher, such as "admin", or of Clerk, such as "org:admin".')
}

/** A role of Usher's own, by its name. */
export function parseUsherRole(role: string): Result<string, string> {
  return usherName.test(role) ? ok(role) : err('Must be a role of Usher, such as "editor".')
}

function parsePermission(permission: string): Result<Condition, string> {
  // https://clerk.com/docs/organizations/roles-permissions: system permissions are not in tokens.
  if (permission.startsWith('org:sys_')) {
    return err('Clerk puts no system permission into tokens: ask for a custom one or for a role.')
  }
  if (/^org:[^:\s]+:[^:\s]+$/.test(permission)) return ok({ kind: 'clerk-permission', permission })
  if (usherName.test(permission)) return ok({ kind: 'usher-permission', permission })
  return err('Must be a permission such as "reports.read" or, of Clerk, "org:reports:read".')
}

function parseOrganization(organization: string): Result<Condition, string> {
  if (/^:[A-Za-z_]\w*$/.test(organization)) {
    return ok({ kind: 'organization-parameter', parameter: organization.slice(1) })
  }
  if (/^[\w-]+$/.test(organization)) return ok({ kind: 'organization', organization })
  return err('Must be an organisation\'s id or slug, or a parameter of the path, such as ":orgId".')
}

/** Who has a feature or a plan, in the words that Clerk's `has()` takes. */
const holders: ReadonlyMap<string | undefined, 'organization' | 'user' | 'either'> = new Map([
  [undefined, 'either'],
  ['o', 'organization'],
  ['org', 'organization'],
  ['organization', 'organization'],
  ['u', 'user'],
  ['user', 'user'],
] as const)

function parseEntitlement(kind: 'feature' | 'plan') {
  return function parse(source: string): Result<Condition, string> {
    const [, written, name] = /^(?:([^:]*):)?([^:,\s]+)$/.exec(source) ?? []
    const holder = holders.get(written)
    if (name !== undefined && holder !== undefined) return ok({ kind, name, holder })
    return err(
      `Must be a ${kind} such as "pro", or one of a holder: "org:pro" or "user:pro", and no other.`,
    )
  }
}

/** RFC 6749 section 3.3. What is asked for is told to the caller as it stands here. */
function parseScope(scope: string): Result<Condition, string> {
  if (/^[!#-[\]-~]{1,128}$/.test(scope)) return ok({ kind: 'scope', scope })
  return err('Must be one scope: no blanks, quotes or backslashes. Give a list for several.')
}

const usualReverification = word(reverifications)
const ownReverification = built(
  object({ level: word(factorLevels), afterMinutes: minutes }),
  ({ level, afterMinutes }) => ({ level, afterMinutes }),
)

function reverificationShape(value: unknown, place: string): Reading<Reverification> {
  return isRecord(value) ? ownReverification(value, place) : usualReverification(value, place)
}

function minutes(value: unknown, place: string): Reading<number> {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
    ? { value, problems: [] }
    : unsound(place, 'Must be a number of minutes above 0.')
}

const patternList = listOf(parsed(parseOrganizationPattern))

/** Patterns of which no two could take two organisations out of one path. */
function patternsShape(value: unknown, place: string): Reading<readonly PathPattern[]> {
  const reading = patternList(value, place)
  const patterns = reading.value ?? []
  const index = patterns.findIndex((later, end) =>
    patterns.slice(0, end).some((earlier) => disagree(earlier, later)),
  )
  if (index === -1) return reading
  return unsound(
    `${place}[${index}]`,
    'Finds the organisation of a path in another segment than a pattern before it: keep one.',
  )
}

function disagree(left: PathPattern, right: PathPattern): boolean {
  return indexOfName(left) !== indexOfName(right) && intersectPaths(left, right) !== undefined
}

function indexOfName({ segments }: PathPattern): number {
  return segments.findIndex(
    (one) => one.kind === 'any' && (one.name === 'id' || one.name === 'slug'),
  )
}

/** Reads a path that names an organisation. */
export function parseOrganizationPattern(source: string): Result<PathPattern, string> {
  const pattern = parsePath(source)
  if (!pattern.ok) return pattern
  const names = parameterNames(pattern.value).filter((name) => name === 'id' || name === 'slug')
  return names.length === 1
    ? pattern
    : err('Names the organisation once, by ":id" or ":slug", such as "/orgs/:slug/**".')
}
