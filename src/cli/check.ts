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
import { unstable_readConfig } from 'wrangler'
import { createPemRing } from '../clerk/pem.ts'
import { compileGateway } from '../config/compile.ts'
import type { GatewayDefinition } from '../config/define.ts'
import type { Settings } from '../config/environment.ts'
import type { Problem } from '../config/problem.ts'
import { strict } from '../config/relaxations.ts'
import { canSign } from '../gateway/assertion.ts'
import type { Rules } from '../model/route.ts'

const root = resolve(import.meta.dirname, '../..')

await check().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})

async function check(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } })
  const path = resolve(values.config ?? join(root, 'src/site/gateway.config.ts'))
  const shown = relative(process.cwd(), path)
  if (!existsSync(path)) {
    fail([{ place: shown, message: 'There is no such file.' }])
    return
  }
  const definition = await loadDefinition(path).catch((error: unknown) => {
    throw new Error(`${shown} cannot be loaded: ${error instanceof Error ? error.message : error}`)
  })
  if (definition === undefined) {
    fail([{ place: shown, message: 'Must have what defineGateway gives as its default export.' }])
    return
  }
  const deployment = readDeployment()
  const compiled = compileGateway(definition, { ...deployment.vars, ...readVariables() }, strict)
  if (!compiled.ok) {
    fail(compiled.error)
    return
  }
  const { rules, settings, warnings } = compiled.value
  const unusable = [...(await unusableKeys(settings)), ...unbound(rules, deployment.bindings)]
  if (unusable.length > 0) {
    fail(unusable)
    return
  }
  if (warnings.length > 0) console.log(`${count(warnings.length, 'warning')}:\n${list(warnings)}\n`)
  console.log(`${shown}: ${count(rules.routes.length, 'route')}, no problems.`)
}

interface Deployment {
  readonly vars: Readonly<Record<string, unknown>>
  readonly bindings: ReadonlySet<string>
}

/** What `wrangler.toml` gives the Worker: its `[vars]`, and the names of its bindings. */
function readDeployment(): Deployment {
  const config = unstable_readConfig(
    { config: join(root, 'wrangler.toml') },
    { hideWarnings: true },
  )
  const { vars, kv_namespaces: kv, d1_databases: databases, services = [] } = config
  return {
    vars,
    bindings: new Set([...kv, ...databases, ...services].map(({ binding }) => binding)),
  }
}

/** Bindings that the Worker needs and that nobody has bound. */
function unbound({ routes }: Rules, bindings: ReadonlySet<string>): readonly Problem[] {
  const services = routes.flatMap(({ origin }) =>
    origin.kind === 'service' ? [origin.binding] : [],
  )
  return [...new Set(['KV', 'DB', ...services])]
    .filter((name) => !bindings.has(name))
    .map((name) => ({ place: name, message: `Is not bound: add it to wrangler.toml.` }))
}

/** Keys that have the right form and cannot work: only trying them shows it. */
async function unusableKeys({ clerk, signingKeys }: Settings): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const moment = { nowMs: Date.now(), waitUntil: () => undefined }
  if (clerk.jwtKey !== undefined && !(await createPemRing(clerk.jwtKey).isReady(moment))) {
    const message =
      'Is no RSA public key of 2048 bits or more: copy it anew from the Clerk dashboard.'
    problems.push({ place: 'CLERK_JWT_KEY', message })
  }
  if (!(await canSign(signingKeys).catch(() => false))) {
    const message =
      'Its private and public parts do not belong together: make it with npm run keys.'
    problems.push({ place: 'USHER_SIGNING_KEY', message })
  }
  return problems
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
    'Variables are read from the environment, .dev.vars (see .dev.vars.example) and [vars] in\n' +
      'wrangler.toml. Secrets of a deployment cannot be seen from here: set them for this command.',
  )
  process.exitCode = 1
}

function list(problems: readonly Problem[]): string {
  return problems.map(({ place, message }) => `  ${place}\n    ${message}`).join('\n')
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}
