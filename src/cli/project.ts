import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseEnv } from 'node:util'
import type { GatewayDefinition } from '../config/define.ts'
import { textsOf } from '../config/environment.ts'
import type { Problem } from '../config/problem.ts'
import { err, ok, type Result } from '../model/result.ts'

/** The folder of this project. */
export const projectRoot = resolve(import.meta.dirname, '../..')
/** What is deployed: name, place, bindings and plain variables. */
export const workerPath = join(projectRoot, 'wrangler.toml')
/** Where the config is that ships and that is deployed. */
export const configPath = join(projectRoot, 'src/site/gateway.config.ts')

/** The gateway that a file defines by its default export. Throws with one sentence for broken code. */
export async function loadDefinition(path: string): Promise<Result<GatewayDefinition, Problem>> {
  const place = relative(process.cwd(), path)
  if (!existsSync(path)) return err({ place, message: 'There is no such file.' })
  const loaded: { default?: unknown } = await import(pathToFileURL(path).href).catch((error) => {
    throw new Error(`${place} cannot be loaded: ${error instanceof Error ? error.message : error}`)
  })
  if (isDefinition(loaded.default)) return ok(loaded.default)
  return err({ place, message: 'Must have what defineGateway gives as its default export.' })
}

function isDefinition(value: unknown): value is GatewayDefinition {
  return (
    typeof value === 'object' &&
    value !== null &&
    'factory' in value &&
    typeof value.factory === 'function'
  )
}

/** The variables of the process over those of `.dev.vars`, if there is one; empty ones are left out. */
export function readMachineVariables(): Readonly<Record<string, string>> {
  const file = join(projectRoot, '.dev.vars')
  const local = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  return Object.fromEntries([...textsOf(local), ...textsOf(process.env)])
}
