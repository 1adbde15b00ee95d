/**
 * Command line: what a person runs in Node, over the same rooms that the Worker uses. It is never
 * bundled and never serves a request. `npm run` calls it.
 *
 * `npm run check [-- --config <path> --worker <path>]` compiles a config, for the Worker that a `wrangler.toml`
 * describes, and says everything that is wrong with it.
 */
import { relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { unstable_readConfig } from 'wrangler'
import { canAnswer } from '../checks/access-answer.ts'
import { createPemRing } from '../clerk/pem.ts'
import { compileGateway } from '../config/compile.ts'
import type { Settings } from '../config/environment.ts'
import { lint } from '../config/lint.ts'
import { lintBindings } from '../config/lint-bindings.ts'
import type { Problem } from '../config/problem.ts'
import { strict } from '../config/relaxations.ts'
import { canSign } from '../gateway/assertion.ts'
import { momentAlone } from '../model/clock.ts'
import type { Rules } from '../model/route.ts'
import { bindingNames } from '../proxy/bindings.ts'
import { limiterProblems, readLimiterBindings } from './limiter-bindings.ts'
import { count, listProblems } from './problem-list.ts'
import { configPath, loadDefinition, readMachineVariables, workerPath } from './project.ts'
import { openWorkerFile } from './worker-file.ts'

await check().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})

async function check(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: 'string' }, worker: { type: 'string' } },
  })
  const path = resolve(values.config ?? configPath)
  const toml = resolve(values.worker ?? workerPath)
  const definition = await loadDefinition(path)
  if (!definition.ok) {
    fail([definition.error])
    return
  }
  const worker = openWorkerFile(toml, true)
  if (!worker.ok) {
    fail([{ place: 'wrangler.toml', message: worker.error }])
    return
  }
  const { behind, ...written } = worker.value.config()
  const variables = { ...written.variables, ...readMachineVariables() }
  const compiled = compileGateway(definition.value, variables, strict)
  if (!compiled.ok) {
    fail(compiled.error)
    return
  }
  const { rules, settings } = compiled.value
  const warnings = [...lint(compiled.value, strict), ...lintBindings(behind)]
  const unusable = [
    ...(await unusableKeys(settings)),
    ...unbound(rules, { bindings: readBindings(toml), ...behind }),
    ...limiterProblems(rules.routes, readLimiterBindings(toml)),
  ]
  if (unusable.length > 0) {
    fail(unusable)
    return
  }
  if (warnings.length > 0)
    console.log(`${count(warnings.length, 'warning')}:\n${listProblems(warnings)}\n`)
  const shown = relative(process.cwd(), path)
  console.log(`${shown}: ${count(rules.routes.length, 'route')}, no problems.`)
}

/** What `wrangler.toml` gives the Worker: the names of its bindings, and whether it is called by the clock. */
interface Platform {
  readonly bindings: ReadonlySet<string>
  readonly hasCrons: boolean
}

function readBindings(path: string): ReadonlySet<string> {
  const config = unstable_readConfig({ config: path }, { hideWarnings: true })
  const { kv_namespaces: kv, d1_databases: databases } = config
  const { services = [], mtls_certificates: certificates } = config
  const bound = [...kv, ...databases, ...services, ...certificates]
  return new Set(bound.map(({ binding }) => binding))
}

/** What the Worker needs of the platform and does not get. */
function unbound({ routes }: Rules, { bindings, hasCrons }: Platform): readonly Problem[] {
  const { services, certificates } = bindingNames(routes)
  const problems = [...new Set(['KV', 'DB', ...services, ...certificates])]
    .filter((name) => !bindings.has(name))
    .map((name) => ({ place: name, message: 'Is not bound: add it to wrangler.toml.' }))
  const isChecked = routes.some(({ origin }) => origin.kind === 'set' && origin.health.check)
  if (!isChecked || hasCrons) return problems
  const message = 'Are missing in wrangler.toml, and health.check needs one: crons = ["* * * * *"].'
  return [...problems, { place: 'triggers.crons', message }]
}

/** Keys that have the right form and cannot work: only trying them shows it. */
async function unusableKeys({
  clerk,
  signingKeys,
  accessKeys,
}: Settings): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const moment = momentAlone(Date.now())
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
  if (!(await canAnswer(accessKeys).catch(() => false))) {
    const message =
      'Its private and public parts do not belong together: make it with npm run -s keys -- --access.'
    problems.push({ place: 'USHER_ACCESS_KEY', message })
  }
  return problems
}

function fail(problems: readonly Problem[]): void {
  console.error(`${count(problems.length, 'problem')}:\n${listProblems(problems)}\n`)
  console.error(
    'Variables are read from the environment, .dev.vars (see .dev.vars.example) and [vars] in\n' +
      'wrangler.toml. Secrets of a deployment cannot be seen from here: set them for this command,\n' +
      'or have npm run doctor look into the account.',
  )
  process.exitCode = 1
}
