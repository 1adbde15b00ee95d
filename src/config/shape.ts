import type { Result } from '../model/result.ts'
import { suggestion } from './nearest.ts'
import type { Problem } from './problem.ts'

/**
 * What a shape makes of an untyped value: the sound part and everything that is wrong. `value` is
 * `undefined` when nothing sound is left, so that one mistake never hides another.
 */
export interface Reading<T> {
  readonly value: T | undefined
  readonly problems: readonly Problem[]
}

/** Reads an untyped value that stands at `place`. */
export type Shape<T> = (value: unknown, place: string) => Reading<T>

/** What the fields of an object read as: `undefined` where one is missing or not sound. */
export type Draft<Fields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends Shape<infer T> ? T | undefined : never
}

/** A draft of which nothing is missing. */
export type Whole<D> = { readonly [Name in keyof D]: Exclude<D[Name], undefined> }

/** A reading without problems. */
export function sound<T>(value: T): Reading<T> {
  return { value, problems: [] }
}

/** A reading of which nothing is left. */
export function unsound(place: string, message: string): Reading<never> {
  return { value: undefined, problems: [{ place, message }] }
}

/** Whether every field of a draft was read. */
export function isWhole<D extends object>(draft: D): draft is D & Whole<D> {
  return Object.values(draft).every((value) => value !== undefined)
}

/** The place of a member: `routes[2]`, `origins.api`, `aliases["/healthz"]`. */
export function placeOf(parent: string, key: string | number): string {
  if (typeof key === 'number') return `${parent}[${key}]`
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${parent}[${JSON.stringify(key)}]`
  return parent === '' ? key : `${parent}.${key}`
}

/** `true` or `false`. */
export function flag(value: unknown, place: string): Reading<boolean> {
  return typeof value === 'boolean' ? sound(value) : misfit(place, value, 'true or false')
}

/** `true`, which says something where it is written; `complaint` is the sentence about anything else. */
export function onlyTrue(complaint: string): Shape<true> {
  return (value, place) => (value === true ? sound(true) : unsound(place, complaint))
}

/** A text that is not empty. */
export function text(value: unknown, place: string): Reading<string> {
  return typeof value === 'string' && value !== '' ? sound(value) : misfit(place, value, 'a text')
}

/** A whole number within these bounds. */
export function wholeNumber(min: number, max: number): Shape<number> {
  return function readNumber(value, place) {
    const isFit =
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
    return isFit ? sound(value) : misfit(place, value, `a whole number from ${min} to ${max}`)
  }
}

/** A text that `parse` understands; the error of `parse` is the sentence of the problem. */
export function parsed<T>(parse: (source: string) => Result<T, string>): Shape<T> {
  return function readParsed(value, place) {
    const source = text(value, place)
    if (source.value === undefined) return { value: undefined, problems: source.problems }
    const result = parse(source.value)
    return result.ok ? sound(result.value) : unsound(place, result.error)
  }
}

/** What `build` makes of a value that is sound. */
export function mapped<From, To>(shape: Shape<From>, build: (value: From) => To): Shape<To> {
  return function readMapped(value, place) {
    const { value: from, problems } = shape(value, place)
    return { value: from === undefined ? undefined : build(from), problems }
  }
}

/** One of a few words. */
export function word<const Word extends string>(words: readonly Word[]): Shape<Word> {
  const choice = words.map((one) => `"${one}"`).join(', ')
  return function readWord(value, place) {
    const found = words.find((one) => one === value)
    if (found !== undefined) return sound(found)
    const hint = typeof value === 'string' ? suggestion(value, words) : ''
    return unsound(place, `Must be one of ${choice}.${hint}`)
  }
}

/** `fallback` where nothing is given. */
export function optional<T, F>(shape: Shape<T>, fallback: F): Shape<T | F> {
  return function readOptional(value, place) {
    return value === undefined ? sound(fallback) : shape(value, place)
  }
}

/** A list of one or more items, sound only when every item is. */
export function listOf<T>(item: Shape<T>): Shape<readonly T[]> {
  return function readList(value, place) {
    const { value: items, problems } = soundItemsOf(item)(value, place)
    return { value: problems.length === 0 ? items : undefined, problems }
  }
}

/** A list of one or more items, of which the sound ones are kept. */
export function soundItemsOf<T>(item: Shape<T>): Shape<readonly T[]> {
  return function readItems(value, place) {
    if (!Array.isArray(value)) return misfit(place, value, 'a list')
    if (value.length === 0) return unsound(place, 'Must not be empty: give one or leave it out.')
    // Array.from visits the holes of a sparse list too.
    const items = Array.from(value, (one, index) => item(one, placeOf(place, index)))
    return {
      value: items.flatMap((reading) => (reading.value === undefined ? [] : [reading.value])),
      problems: items.flatMap((reading) => reading.problems),
    }
  }
}

/**
 * Members of one shape under names of the author's choice, which `parseName` reads too. Every name
 * is kept; `undefined` stands for a member that is not sound.
 */
export function recordOf<T>(
  member: Shape<T>,
  parseName: (name: string) => Result<string, string>,
): Shape<ReadonlyMap<string, T | undefined>> {
  return function readRecord(value, place) {
    if (!isRecord(value)) return misfit(place, value, 'an object')
    const members = new Map<string, T | undefined>()
    const problems: Problem[] = []
    for (const [written, one] of Object.entries(value)) {
      const name = parseName(written)
      const reading = member(one, placeOf(place, written))
      const complaint = name.ok ? members.has(name.value) && 'Is given twice.' : name.error
      if (complaint) problems.push({ place: placeOf(place, written), message: complaint })
      problems.push(...reading.problems)
      members.set(name.ok ? name.value : written, reading.value)
    }
    return { value: members, problems }
  }
}

const hollow = 'Has no value: set the variable that it is read from, or leave it out.'

/** An object with these fields and no others. */
export function object<Fields extends Record<string, Shape<unknown>>>(
  fields: Fields,
): Shape<Draft<Fields>> {
  return function readObject(value, place) {
    if (!isRecord(value)) return misfit(place, value, 'an object')
    const own = new Map(Object.entries(value))
    const readings = Object.entries(fields).map(([name, shape]) => {
      const where = placeOf(place, name)
      const reading = shape(own.get(name), where)
      // What is written but undefined was meant to say something: its default might say less.
      const isHollow = own.has(name) && own.get(name) === undefined && reading.problems.length === 0
      return [name, isHollow ? unsound(where, hollow) : reading] as const
    })
    const draft = Object.fromEntries(readings.map(([name, reading]) => [name, reading.value]))
    return {
      value: draft as Draft<Fields>,
      problems: [
        ...unknownKeys(Object.keys(value), Object.keys(fields), place),
        ...readings.flatMap(([, reading]) => reading.problems),
      ],
    }
  }
}

/** What `build` makes of an object, sound only when every field is. */
export function built<D extends object, T>(
  shape: Shape<D>,
  build: (draft: Whole<D>) => T,
): Shape<T> {
  return function readBuilt(value, place) {
    const { value: draft, problems } = shape(value, place)
    const complete = draft !== undefined && problems.length === 0 && isWhole(draft)
    return { value: complete ? build(draft) : undefined, problems }
  }
}

/** Whether a value is an object whose members can be read by name. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unknownKeys(given: readonly string[], known: readonly string[], place: string): Problem[] {
  const unused = known.filter((name) => !given.includes(name))
  return given
    .filter((name) => !known.includes(name))
    .map((name) => {
      const hint = suggestion(name, unused) || ` Known are ${known.join(', ')}.`
      return { place: placeOf(place, name), message: `There is no such key here.${hint}` }
    })
}

function misfit(place: string, value: unknown, wanted: string): Reading<never> {
  if (value === undefined) return unsound(place, `Is missing: give ${wanted}.`)
  return unsound(place, `Must be ${wanted}, not ${describe(value)}.`)
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (value === '') return 'an empty text'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return 'a text'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
