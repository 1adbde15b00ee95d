import { wrongParameter } from './complaint.ts'

/** What a form or a JSON body holds, before anything of it was looked at. */
export type Raw = Readonly<Record<string, unknown>>

/**
 * Reads one member; throws a {@link Complaint} that names it. Forms hold texts only, so texts are understood.
 * The mark is for the compiler alone: it puts off whatever gives a mere function, and would not infer what
 * `nullable(text())` reads where an operation is written down.
 */
export type Field<T> = ((value: unknown, name: string) => T) & { readonly isField?: true }

/** The members that an operation knows; every other one is refused. */
export type Fields = Readonly<Record<string, Field<unknown>>>

/** What was read: `undefined` for a member that was not sent. */
export type InputOf<F extends Fields> = {
  readonly [Name in keyof F]: (F[Name] extends Field<infer T> ? T : never) | undefined
}

/** Reads the members of a request. One that `fields` does not name is 422 `form_param_unknown`. */
export function readFields<F extends Fields>(raw: Raw, fields: F): InputOf<F> {
  for (const name of Object.keys(raw)) {
    if (Object.hasOwn(fields, name)) continue
    throw wrongParameter(
      'form_param_unknown',
      name,
      `${name} is not a valid parameter for this request.`,
    )
  }
  const entries = Object.entries(fields).map(([name, field]) => {
    const value = raw[name]
    return [name, value === undefined ? undefined : field(value, name)] as const
  })
  return Object.fromEntries(entries) as InputOf<F>
}

/** A member that must be there. */
export function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined || value === '')
    throw wrongParameter('form_param_missing', name, `${name} must be included.`)
  return value
}

function invalid(name: string, wanted: string): Error {
  return wrongParameter('form_param_format_invalid', name, `${name} must be ${wanted}.`)
}

/** A text of at most so many characters. */
export function text(maxLength = 2048): Field<string> {
  return (value, name) => {
    if (typeof value === 'string' && value.length <= maxLength) return value
    throw invalid(name, `a text of at most ${maxLength} characters`)
  }
}

/** A text, or nothing: `null` and the empty text are nothing. */
export function nullable<T>(field: Field<T>): Field<T | null> {
  return (value, name) => (value === null || value === '' ? null : field(value, name))
}

/** `true` or `false`. */
export const flag: Field<boolean> = (value, name) => {
  if (value === true || value === 'true' || value === '1') return true
  if (value === false || value === 'false' || value === '0') return false
  throw invalid(name, 'a boolean')
}

/** A whole number within these bounds. */
export function number(min: number, max: number): Field<number> {
  return (value, name) => {
    const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof read === 'number' && Number.isInteger(read) && read >= min && read <= max)
      return read
    throw invalid(name, `a whole number from ${min} to ${max}`)
  }
}

/** One of these words. */
export function oneOf<const W extends string>(words: readonly W[]): Field<W> {
  return (value, name) => {
    const found = words.find((word) => word === value)
    if (found !== undefined) return found
    throw wrongParameter(
      'form_param_value_invalid',
      name,
      `${name} does not match one of the allowed values.`,
    )
  }
}

/** Several of them: a JSON list, a repeated member of a form, or one alone. */
export function list<T>(field: Field<T>, maxCount = 500): Field<readonly T[]> {
  return (value, name) => {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (items.length > maxCount) throw invalid(name, `a list of at most ${maxCount}`)
    return items.map((item) => field(item, name))
  }
}

/** An object; in a form it is JSON. */
export const json: Field<Readonly<Record<string, unknown>>> = (value, name) => {
  const read = typeof value === 'string' ? parse(value) : value
  if (typeof read === 'object' && read !== null && !Array.isArray(read)) return { ...read }
  throw invalid(name, 'an object')
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}

/** An e-mail address, in lower case. */
export const emailAddress: Field<string> = (value, name) => {
  const address = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (address.length <= 254 && /^[^\s@,;<>"]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(address))
    return address
  throw wrongParameter('form_param_format_invalid', name, `${name} must be a valid email address.`)
}

/** A phone number in E.164 form. */
export const phoneNumber: Field<string> = (value, name) => {
  const digits = typeof value === 'string' ? value.replaceAll(/[\s().-]/g, '') : ''
  if (/^\+[1-9]\d{6,14}$/.test(digits)) return digits
  throw wrongParameter(
    'form_param_format_invalid',
    name,
    `${name} must be a valid phone number according to E.164 international standard.`,
  )
}
