import { err, ok, type Result } from '../model/result.ts'
import type { Access, Condition } from '../model/route.ts'
import {
  type Draft,
  isRecord,
  listOf,
  object,
  optional,
  parsed,
  type Reading,
  type Shape,
  sound,
  unsound,
  word,
} from './shape.ts'

/** Conditions nest no deeper: an object that contains itself is a problem, not an endless loop. */
const depthMax = 10

/** True of everyone who is signed in. */
const anyone: Condition = { kind: 'all', of: [] }

const words: Readonly<Record<'public' | 'optional' | 'signed-in', Access>> = {
  public: { kind: 'public' },
  optional: { kind: 'optional' },
  'signed-in': { kind: 'signed-in', condition: anyone, needsFacts: false },
}

/** What a route asks for that says nothing: whoever is signed in. */
export const defaultAccess: Access = words['signed-in']

const accessWord = word(['public', 'optional', 'signed-in'])

/** The shape of `access`: a word, or conditions. */
export function accessShape(value: unknown, place: string): Reading<Access> {
  if (!isRecord(value)) {
    const { value: name, problems } = accessWord(value, place)
    return { value: name && words[name], problems }
  }
  const { value: condition, problems } = conditionShape(value, place)
  if (condition === undefined) return { value: undefined, problems }
  const access: Access = { kind: 'signed-in', condition, needsFacts: asksForGrants(condition) }
  return { value: access, problems }
}

/** Every condition that stands within this one, itself included. */
export function conditionsWithin(condition: Condition): readonly Condition[] {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return [condition, ...condition.of.flatMap(conditionsWithin)]
    case 'not':
      return [condition, ...conditionsWithin(condition.of)]
    default:
      return [condition]
  }
}

function asksForGrants(condition: Condition): boolean {
  return conditionsWithin(condition).some(
    ({ kind }) => kind === 'usher-role' || kind === 'usher-permission',
  )
}

const conditionShape = conditionsAt(1)

function conditionsAt(depth: number): Shape<Condition> {
  // Read lazily: the shape one level down is only built when a value reaches it.
  const deeper: Shape<Condition> = (value, place) => conditionsAt(depth + 1)(value, place)
  const fields = {
    org: optional(parsed(parseOrganization), anyone),
    role: optional(oneOrAll(parsed(parseRole)), anyone),
    permission: optional(oneOrAll(parsed(parsePermission)), anyone),
    all: optional(combined('all', deeper), anyone),
    any: optional(combined('any', deeper), anyone),
    not: optional(negated(deeper), anyone),
  }
  return function readConditions(value, place) {
    if (depth > depthMax) return unsound(place, `Conditions nest at most ${depthMax} deep.`)
    const { value: draft, problems } = object(fields)(value, place)
    if (draft === undefined || problems.length > 0) return { value: undefined, problems }
    const of = given(draft)
    const [only] = of
    if (only === undefined) {
      return unsound(place, 'Names no condition: name one, or write "signed-in".')
    }
    return sound(of.length === 1 ? only : { kind: 'all', of })
  }
}

/** The conditions of an object that were written down: `anyone` stands for those that were not. */
function given(draft: Draft<Record<string, Shape<Condition>>>): readonly Condition[] {
  return Object.values(draft).flatMap((one) => (one === undefined || one === anyone ? [] : [one]))
}

function oneOrAll(item: Shape<Condition>): Shape<Condition> {
  const list = combined('all', item)
  return (value, place) => (Array.isArray(value) ? list(value, place) : item(value, place))
}

function combined(kind: 'all' | 'any', item: Shape<Condition>): Shape<Condition> {
  return function readCombined(value, place) {
    const { value: of, problems } = listOf(item)(value, place)
    return { value: of && { kind, of }, problems }
  }
}

function negated(item: Shape<Condition>): Shape<Condition> {
  return function readNegated(value, place) {
    const { value: of, problems } = item(value, place)
    return { value: of && { kind: 'not', of }, problems }
  }
}

/** Names of Usher's own; a colon is allowed, `org:` in front is not, in any case. */
const usherName = /^(?!org:)[a-z0-9][\w.:-]{0,63}$/i

function parseRole(role: string): Result<Condition, string> {
  if (/^org:[^:\s]+$/.test(role)) return ok({ kind: 'clerk-role', role })
  if (usherName.test(role)) return ok({ kind: 'usher-role', role })
  return err('Must be a role of Usher, such as "admin", or of Clerk, such as "org:admin".')
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
