import type { ClaimTest, ClaimValue, Condition } from '../model/condition.ts'
import { err, ok, type Result } from '../model/result.ts'
import {
  listOf,
  mapped,
  object,
  optional,
  type Reading,
  recordOf,
  sound,
  text,
  unsound,
} from './shape.ts'

const readClaims = recordOf(claimTestShape, parseClaimName)

/** The shape of `claims`: one test for each claim by its name. All must hold. */
export function claimsShape(value: unknown, place: string): Reading<Condition> {
  const { value: tests, problems } = readClaims(value, place)
  if (tests === undefined || problems.length > 0) return { value: undefined, problems }
  const of = [...tests].flatMap(([claim, test]): Condition[] =>
    test === undefined ? [] : [{ kind: 'claim', claim, test }],
  )
  const [only] = of
  if (only === undefined) return unsound(place, 'Names no claim: name one, or leave it out.')
  return sound(of.length === 1 ? only : { kind: 'all', of })
}

const tests = {
  equals: optional(
    mapped(claimValue, (value): ClaimTest => ({ kind: 'equals', value })),
    null,
  ),
  in: optional(
    mapped(listOf(claimValue), (values): ClaimTest => ({ kind: 'in', values })),
    null,
  ),
  has: optional(
    mapped(claimValue, (value): ClaimTest => ({ kind: 'has', value })),
    null,
  ),
  startsWith: optional(
    mapped(text, (prefix): ClaimTest => ({ kind: 'starts-with', prefix })),
    null,
  ),
}

function claimTestShape(value: unknown, place: string): Reading<ClaimTest> {
  const { value: draft, problems } = object(tests)(value, place)
  if (draft === undefined || problems.length > 0) return { value: undefined, problems }
  const [test, ...others] = Object.values(draft).filter((one) => one !== null && one !== undefined)
  return test === undefined || others.length > 0
    ? unsound(place, `Must say exactly one of ${Object.keys(tests).join(', ')}.`)
    : sound(test)
}

function claimValue(value: unknown, place: string): Reading<ClaimValue> {
  if (typeof value === 'string' || typeof value === 'boolean') return sound(value)
  if (typeof value === 'number' && Number.isFinite(value)) return sound(value)
  return unsound(place, 'Must be a text, a number, true or false.')
}

/** The name of a claim, or a JSON Pointer (RFC 6901) into what is nested in one. */
export function parseClaimName(name: string): Result<string, string> {
  const isPointer = name.startsWith('/')
  if (name === '') return err('A claim has a name.')
  if (isPointer && /~(?![01])/.test(name)) return err('In a pointer "~" is written "~0".')
  const inherited = (isPointer ? name.split('/') : [name]).find((part) => part in {})
  if (inherited === undefined) return ok(name)
  return err(`Every object has a "${inherited}": as a claim it says nothing.`)
}
