/**
 * Command line: what a person runs in Node, over the same rooms that the Worker uses. It is never
 * bundled and never serves a request. `npm run` calls it.
 *
 * `npm run check [-- --config <path>]` compiles a config and says everything that is wrong with it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs, parseEnv } from 'node:util'
import { compileGateway } from '../config/compile.ts'
import type { GatewayDefinition } from '../config/define.ts'
import type { Problem } from '../config/problem.ts'
import { strict } from '../config/relaxations.ts'

const root = resolve(import.meta.dirname, '../..')

await check()

async function check(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } })
  const path = resolve(values.config ?? join(root, 'src/site/gateway.config.ts'))
  const shown = relative(process.cwd(), path)
  if (!existsSync(path)) {
    fail([{ place: shown, message: 'There is no such file.' }])
    return
  }
  const definition = await loadDefinition(path)
  if (definition === undefined) {
    fail([{ place: shown, message: 'Must have what defineGateway gives as its default export.' }])
    return
  }
  const compiled = compileGateway(definition, readVariables(), strict)
  if (!compiled.ok) {
    fail(compiled.error)
    return
  }
  const { rules, warnings } = compiled.value
  if (warnings.length > 0) console.log(`${count(warnings.length, 'warning')}:\n${list(warnings)}\n`)
  console.log(`${shown}: ${count(rules.routes.length, 'route')}, no problems.`)
}

/** The variables of the process over those of `.dev.vars`, if there is one. */
function readVariables(): Readonly<Record<string, string | undefined>> {
  const file = join(root, '.dev.vars')
  const local = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  return { ...local, ...process.env }
}

async function loadDefinition(path: string): Promise<GatewayDefinition | undefined> {
  const loaded: { default?: unknown } = await import(pathToFileURL(path).href)
  return isDefinition(loaded.default) ? loaded.default : undefined
}

function isDefinition(value: unknown): value is GatewayDefinition {
  return (
    typeof value === 'object' &&
    value !== null &&
    'factory' in value &&
    typeof value.factory === 'function'
  )
}

function fail(problems: readonly Problem[]): void {
  console.error(`${count(problems.length, 'problem')}:\n${list(problems)}\n`)
  console.error(
    'Variables are read from the environment and from .dev.vars (see .dev.vars.example).',
  )
  process.exitCode = 1
}

function list(problems: readonly Problem[]): string {
  return problems.map(({ place, message }) => `  ${place}\n    ${message}`).join('\n')
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}
