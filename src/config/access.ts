import { type Access, type Condition, signedIn } from '../model/condition.ts'
import { policyWords } from './access-words.ts'
import {
  type Draft,
  isRecord,
  listOf,
  mapped,
  object,
  optional,
  type Reading,
  type Shape,
  sound,
  unsound,
  word,
} from './shape.ts'

/** Conditions nest no deeper: an object that contains itself is a problem, not an endless loop. */
const depthMax = 10

const words: Readonly<Record<'public' | 'optional' | 'signed-in', Access>> = {
  public: { kind: 'public' },
  optional: { kind: 'optional' },
  'signed-in': signedIn,
}

const accessWord = word(['public', 'optional', 'signed-in'])

/** Who may pass by what is in force; `tried` is there where some conditions are in shadow, and counts them too. */
export type WrittenAccess = Access & { readonly tried?: Access }

/** How something counts that can be tried first: `'shadow'` refuses nobody. */
export const modeShape = optional(word(['shadow', 'enforced']), 'enforced' as const)

/** The shape of `access`: a word, or conditions. */
export function accessShape(value: unknown, place: string): Reading<WrittenAccess> {
  if (!isRecord(value)) {
    const { value: name, problems } = accessWord(value, place)
    return { value: name && words[name], problems }
  }
  const { value: policy, problems } = policyShape(value, place)
  if (policy === undefined) return { value: undefined, problems }
  const { enforced, tried } = policy
  const access = accessOf(enforced)
  return sound(tried === enforced ? access : { ...access, tried: accessOf(tried) })
}

function accessOf(condition: Condition | undefined): Access {
  if (condition === undefined) return signedIn
  return { kind: 'signed-in', condition, needsFacts: asksForGrants(condition) }
}

/** Every condition that is written in an access, be it in force or in shadow. */
export function conditionsOf(access: WrittenAccess | undefined): readonly Condition[] {
  const whole = access?.tried ?? access
  return whole?.kind === 'signed-in' ? conditionsWithin(whole.condition) : []
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

/**
 * What conditions ask of everyone, and what they would where those in shadow counted too: the same where none is.
 * Those in shadow are left out of the first as if they had not been written; `undefined` is that nothing is left.
 */
interface Policy {
  readonly enforced: Condition | undefined
  readonly tried: Condition
}

/** Several together: one that is in shadow is one less of them, and none is left of none. */
function together(kind: 'all' | 'any', parts: readonly Policy[]): Policy {
  const tried: Condition = { kind, of: parts.map((part) => part.tried) }
  if (parts.every(isInForce)) return { enforced: tried, tried }
  const of = parts.flatMap(({ enforced }) => enforced ?? [])
  return { enforced: of.length === 0 ? undefined : { kind, of }, tried }
}

function contrary(part: Policy): Policy {
  const tried: Condition = { kind: 'not', of: part.tried }
  if (isInForce(part)) return { enforced: tried, tried }
  return { enforced: part.enforced && { kind: 'not', of: part.enforced }, tried }
}

function isInForce({ enforced, tried }: Policy): boolean {
  return enforced === tried
}

const policyShape = policyAt(1)

function policyAt(depth: number): Shape<Policy> {
  // Read lazily: the shape one level down is only built when a value reaches it.
  const deeper: Shape<Policy> = (value, place) => policyAt(depth + 1)(value, place)
  const shape = object({
    ...eachOptional({
      ...inForce(policyWords),
      all: mapped(listOf(deeper), (parts) => together('all', parts)),
      any: mapped(listOf(deeper), (parts) => together('any', parts)),
      not: mapped(deeper, contrary),
    }),
    mode: modeShape,
  })
  return function readPolicy(value, place) {
    if (depth > depthMax) return unsound(place, `Conditions nest at most ${depthMax} deep.`)
    const { value: draft, problems } = shape(value, place)
    if (draft === undefined || problems.length > 0) return { value: undefined, problems }
    const parts = given(draft)
    const [only] = parts
    if (only === undefined) {
      return unsound(place, 'Names no condition: name one, or write "signed-in".')
    }
    const policy = parts.length === 1 ? only : together('all', parts)
    return sound(draft.mode === 'shadow' ? { ...policy, enforced: undefined } : policy)
  }
}

type Fields<T> = Readonly<Record<string, Shape<T>>>

/** The conditions of an object that were written down: no other member of it is a policy. */
function given(draft: Draft<Fields<Policy | string | null>>): readonly Policy[] {
  return Object.values(draft).flatMap((one) => (typeof one === 'object' && one ? [one] : []))
}

function inForce(fields: Fields<Condition>): Fields<Policy> {
  return mapValues(fields, (shape) =>
    mapped(shape, (condition) => ({ enforced: condition, tried: condition })),
  )
}

function eachOptional(fields: Fields<Policy>): Fields<Policy | string | null> {
  return mapValues(fields, (shape) => optional(shape, null))
}

function mapValues<From, To>(fields: Fields<From>, change: (shape: Shape<From>) => Shape<To>) {
  const changed = Object.entries(fields).map(([name, shape]) => [name, change(shape)] as const)
  return Object.fromEntries(changed)
}
