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

/** Stands for a word that was not written, and is true of everyone. */
const anyone: Condition = { kind: 'all', of: [] }

const words: Readonly<Record<'public' | 'optional' | 'signed-in', Access>> = {
  public: { kind: 'public' },
  optional: { kind: 'optional' },
  'signed-in': signedIn,
}

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
  const shape = object(
    eachOptional({
      ...policyWords,
      all: mapped(listOf(deeper), (of): Condition => ({ kind: 'all', of })),
      any: mapped(listOf(deeper), (of): Condition => ({ kind: 'any', of })),
      not: mapped(deeper, (of): Condition => ({ kind: 'not', of })),
    }),
  )
  return function readConditions(value, place) {
    if (depth > depthMax) return unsound(place, `Conditions nest at most ${depthMax} deep.`)
    const { value: draft, problems } = shape(value, place)
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

function eachOptional(
  fields: Readonly<Record<string, Shape<Condition>>>,
): Record<string, Shape<Condition>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, shape]) => [name, optional(shape, anyone)]),
  )
}
