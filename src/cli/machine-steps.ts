import { compileGateway, type Gateway } from '../config/compile.ts'
import type { Problem } from '../config/problem.ts'
import { strict } from '../config/relaxations.ts'
import { err, ok, type Result } from '../model/result.ts'
import {
  complaintAbout,
  missingPlain,
  rowOf,
  splitValues,
  type Values,
} from './deploy-variables.ts'
import {
  describePlace,
  hostEdits,
  hostsOf,
  isPlaced,
  type Place,
  placeEdits,
  placeless,
  readCustomDomain,
  readPlace,
} from './place.ts'
import { count, listProblems } from './problem-list.ts'
import type { Done, Progress, Step, Tools } from './step.ts'
import type { Ask } from './terminal.ts'
import { complaintOf } from './wrangler.ts'

/** The steps of a deployment that need no account. */
export const machineSteps: readonly Step[] = [
  {
    name: 'place',
    needsAccount: false,
    plan: () => 'decide where the gateway answers',
    act: decidePlace,
  },
  {
    name: 'variables',
    needsAccount: false,
    plan: () => 'write what is missing under [vars]',
    act: fillVariables,
  },
  {
    name: 'config',
    needsAccount: false,
    plan: () => 'check the config',
    act: checkConfig,
  },
  {
    name: 'bundle',
    needsAccount: false,
    plan: () => 'wrangler deploy --dry-run',
    act: buildBundle,
  },
]

async function decidePlace({ file, options, ask }: Tools): Promise<Result<Done, string>> {
  const named = readPlace(options)
  if (!named.ok) return named
  if (named.value === undefined && isPlaced(file.config())) {
    const hosts = hostsOf(file.config())
    const edits = hostEdits(file.config())
    const edited = file.edit(edits)
    if (!edited.ok) return edited
    return ok({ text: `as wrangler.toml says: ${hosts.join(', ') || 'workers.dev'}`, edits })
  }
  const place: Result<Place, string> =
    named.value === undefined ? await askForPlace(ask) : ok(named.value)
  if (!place.ok) return place
  const edits = placeEdits(place.value, file.config())
  const edited = file.edit(edits)
  return edited.ok ? ok({ text: describePlace(place.value), edits }) : edited
}

async function askForPlace(ask: Ask | undefined): Promise<Result<Place, string>> {
  const answer = await ask?.('The host on which the gateway should answer, as a custom domain:')
  return answer ? readCustomDomain(answer) : err(placeless)
}

async function fillVariables(tools: Tools): Promise<Result<Done, string>> {
  const { file, given, ask } = tools
  const { variables } = file.config()
  const { plain } = splitValues(given, variables)
  const compiled = compile(tools, { ...variables, ...given })
  const missing = compiled.ok ? [] : missingPlain(compiled.error, { ...variables, ...given })
  const asked: Record<string, string> = {}
  for (const name of ask === undefined ? [] : missing) {
    const answer = await ask?.(`${name} (${rowOf(name)?.meaning}):`)
    const complaint = answer ? complaintAbout(name, answer) : 'It cannot be left out.'
    if (complaint !== undefined) return err(`${name}: ${complaint}`)
    if (answer) asked[name] = answer
  }
  const found = Object.entries({ ...plain, ...asked })
  const edited = file.edit(found.map(([key, value]) => ({ table: 'vars', key, value })))
  if (!edited.ok) return edited
  const names = Object.keys(file.config().variables).join(', ')
  return ok({ text: names === '' ? 'none under [vars] of wrangler.toml' : names })
}

/** Compiles the gateway as it will be deployed: a signing key is made where there is none. */
function compile(tools: Tools, values: Values): Result<Gateway, readonly Problem[]> {
  const variables = { USHER_SIGNING_KEY: tools.newSigningKeys, ...values }
  return compileGateway(tools.definition, variables, strict)
}

async function checkConfig(tools: Tools): Promise<Result<Done, string>> {
  const config = tools.file.config()
  const compiled = compile(tools, { ...config.variables, ...tools.given })
  if (!compiled.ok) {
    const hint = 'Variables go under [vars] in wrangler.toml, or into the --secrets-file.'
    return err(
      `${count(compiled.error.length, 'problem')}:\n${listProblems(compiled.error)}\n${hint}`,
    )
  }
  const { rules, warnings } = compiled.value
  const unserved = hostsOf(config).filter((host) => rules.hosts?.has(host) === false)
  if (unserved.length > 0) {
    return err(`hosts of the config leaves out ${unserved.join(', ')}: it would answer 421 there.`)
  }
  return ok({
    text: `${count(rules.routes.length, 'route')}, no problems`,
    warnings: warnings.map(({ place, message }) => `${place}: ${message}`),
    progress: { rules },
  })
}

async function buildBundle({ run }: Tools, _progress: Progress): Promise<Result<Done, string>> {
  const built = await run(['deploy', '--dry-run'])
  if (built.code !== 0) return err(complaintOf(built))
  const [size] = /Total Upload:.*/.exec(built.stdout) ?? []
  return ok({ text: `wrangler deploy --dry-run${size === undefined ? '' : `: ${size}`}` })
}
