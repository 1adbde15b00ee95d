import { lint } from '../config/lint.ts'
import { lintBindings } from '../config/lint-bindings.ts'
import { strict } from '../config/relaxations.ts'
import { err, ok, type Result } from '../model/result.ts'
import { listSecrets } from './bindings.ts'
import { complaintAbout, missingPlain, rowOf, splitValues } from './deploy-variables.ts'
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
import { compileDeployed, mayLieInAccount } from './stand-ins.ts'
import {
  type Done,
  mayAskAccount,
  type Progress,
  type Reach,
  type Step,
  type Tools,
  writtenBy,
} from './step.ts'
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

async function fillVariables(
  tools: Tools,
  _progress: Progress,
  reach: Reach,
): Promise<Result<Done, string>> {
  const { file, given, ask } = tools
  const { plain } = splitValues(given, file.config().variables)
  const seen = await lookIntoAccount(tools, reach)
  if (!seen.ok) return seen
  const secrets = seen.value
  const written = writtenBy(tools)
  const compiled = compileDeployed(written, { secrets })
  const missing = compiled.ok ? [] : missingPlain(compiled.error, written.values)
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
  const text = names === '' ? 'none under [vars] of wrangler.toml' : names
  return ok({ text, ...(secrets !== undefined && { progress: { secrets } }) })
}

/** The secrets of the account, where only one of them can be what the config lacks. */
async function lookIntoAccount(
  tools: Tools,
  reach: Reach,
): Promise<Result<ReadonlySet<string> | undefined, string>> {
  if (!mayAskAccount(reach) || !mayLieInAccount(writtenBy(tools))) return ok(undefined)
  return listSecrets(tools.run)
}

async function checkConfig(tools: Tools, progress: Progress): Promise<Result<Done, string>> {
  const config = tools.file.config()
  const compiled = compileDeployed(writtenBy(tools), { secrets: progress.secrets })
  if (!compiled.ok) {
    const hints = ['Variables go under [vars] in wrangler.toml, or into the --secrets-file.']
    if (progress.secrets === undefined && mayLieInAccount(writtenBy(tools))) {
      hints.push(
        'What is a secret in the account cannot be seen from here: give it in the --secrets-file.',
      )
    }
    return err(
      [`${count(compiled.error.length, 'problem')}:`, listProblems(compiled.error), ...hints].join(
        '\n',
      ),
    )
  }
  const { rules } = compiled.value
  const unserved = hostsOf(config).filter((host) => rules.hosts?.has(host) === false)
  if (unserved.length > 0) {
    return err(`hosts of the config leaves out ${unserved.join(', ')}: it would answer 421 there.`)
  }
  return ok({
    text: `${count(rules.routes.length, 'route')}, no problems`,
    warnings: [...lint(compiled.value, strict), ...lintBindings(config.behind)].map(
      ({ place, message }) => `${place}: ${message}`,
    ),
    progress: { gateway: compiled.value },
  })
}

async function buildBundle({ run }: Tools): Promise<Result<Done, string>> {
  const built = await run(['deploy', '--dry-run'])
  if (built.code !== 0) return err(complaintOf(built))
  const [size] = /Total Upload:.*/.exec(built.stdout) ?? []
  return ok({ text: `wrangler deploy --dry-run${size === undefined ? '' : `: ${size}`}` })
}
