import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { Problem } from '../config/problem.ts'
import { strict } from '../config/relaxations.ts'
import { type VariableRow, variableTable } from '../config/variables.ts'
import { err, ok, type Result } from '../model/result.ts'

/** Variables that have a value, by name. */
export type Values = Readonly<Record<string, string>>

const rows: Readonly<Record<string, VariableRow<unknown>>> = variableTable

/** The row of a variable that Usher knows. */
export function rowOf(name: string): VariableRow<unknown> | undefined {
  return Object.hasOwn(rows, name) ? rows[name] : undefined
}

/** Reads a file of `NAME=value` lines; those without a value are left out. */
export function readValuesFile(path: string): Result<Values, string> {
  try {
    const given = Object.entries(parseEnv(readFileSync(path, 'utf8')))
    const values = given.flatMap(([name, value]) => {
      const trimmed = value?.trim() ?? ''
      return trimmed === '' ? [] : [[name, trimmed] as const]
    })
    return ok(Object.fromEntries(values))
  } catch {
    return err(`The file ${path} cannot be read.`)
  }
}

/**
 * Splits values into those that belong under `[vars]` and secrets. A name that Usher does not know is a
 * secret, unless it stands under `[vars]` already.
 */
export function splitValues(values: Values, written: Values): { plain: Values; secret: Values } {
  const isPlain = ([name]: readonly [string, string]) => {
    const row = rowOf(name)
    return Object.hasOwn(written, name) || (row !== undefined && row.secret !== true)
  }
  const entries = Object.entries(values)
  return {
    plain: Object.fromEntries(entries.filter(isPlain)),
    secret: Object.fromEntries(entries.filter((entry) => !isPlain(entry))),
  }
}

/** Those of the variables that problems name. */
export function variablesNamed(
  problems: readonly Problem[],
  names: readonly string[],
): readonly string[] {
  return names.filter((name) => {
    const word = new RegExp(`\\b${name}\\b`)
    return problems.some(({ place, message }) => word.test(place) || word.test(message))
  })
}

/** Of several that name the Clerk instance this one is asked for. */
const askable = ['ORIGIN_URL', 'CLERK_PUBLISHABLE_KEY', 'CLERK_MACHINE_ID', 'AUTHORIZED_PARTIES']

/** The variables that a gateway cannot do without, as its problems say: these are asked for. */
export function missingPlain(problems: readonly Problem[], values: Values): readonly string[] {
  return variablesNamed(problems, askable).filter((name) => values[name] === undefined)
}

/** What is wrong with the value of a variable, in a sentence that does not echo it. */
export function complaintAbout(name: string, value: string): string | undefined {
  const parsed = rowOf(name)?.parse(value, strict)
  return parsed === undefined || parsed.ok ? undefined : parsed.error
}
