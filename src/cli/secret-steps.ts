import { err, ok, type Result } from '../model/result.ts'
import { listSecrets } from './bindings.ts'
import { complaintAbout, rowOf, splitValues, type Values } from './deploy-variables.ts'
import { listProblems } from './problem-list.ts'
import { isOfUse, missingSecrets, secretNames } from './secrets.ts'
import { compileDeployed } from './stand-ins.ts'
import { type Done, type Progress, type Step, type Tools, writtenBy } from './step.ts'
import { complaintOf } from './wrangler.ts'

/** Gathers what is missing, before anything is made in the account. */
export const gatherSecrets: Step = {
  name: 'secrets',
  needsAccount: true,
  plan(tools, { gateway }) {
    const given = new Set(Object.keys(writtenBy(tools).values))
    const names = missingSecrets(gateway, given)
    const sought = names.length === 0 ? '' : `, to see whether it has ${names.join(', ')}`
    return `wrangler secret list${sought}`
  },
  act: gather,
}

/** Puts in what was given and what was gathered. */
export const putSecrets: Step = {
  name: 'secrets put',
  needsAccount: true,
  plan: (tools) => {
    const names = Object.keys(givenSecrets(tools))
    return `wrangler secret bulk: ${[...names, 'whichever are missing'].join(', and ')}`
  },
  act: put,
}

function givenSecrets({ given, file }: Tools): Values {
  return splitValues(given, file.config().variables).secret
}

async function gather(tools: Tools, progress: Progress): Promise<Result<Done, string>> {
  const { gateway } = progress
  if (gateway === undefined) return err('The config was not checked.')
  const listed =
    progress.secrets === undefined ? await listSecrets(tools.run) : ok(progress.secrets)
  if (!listed.ok) return listed
  const secrets = listed.value
  const set = new Set([...secrets, ...Object.keys(writtenBy(tools).values)])
  const answers: Record<string, string> = {}
  const missing: string[] = []
  for (const name of secretNames) {
    if (set.has(name) || !isOfUse(name, gateway, set)) continue
    const answer = await obtain(name, tools)
    const complaint = answer ? complaintAbout(name, answer) : undefined
    if (complaint !== undefined) return err(`${name}: ${complaint}`)
    if (answer) answers[name] = answer
    if (answer) set.add(name)
    else missing.push(name)
  }
  const problems = problemsWith(tools, { answers, secrets })
  if (problems !== undefined) return err([problems, ...missing.map(howToPut)].join('\n'))
  const made = Object.keys(answers)
  return ok({
    text: made.length === 0 ? 'nothing new' : `to be put in: ${made.join(', ')}`,
    warnings: missing.map((name) => `${name} is not set. ${rowOf(name)?.meaning}`),
    progress: { answers },
  })
}

async function obtain(name: string, { ask, newSigningKeys }: Tools): Promise<string | undefined> {
  if (name === 'USHER_SIGNING_KEY') return newSigningKeys
  return ask?.(`${name} (${rowOf(name)?.meaning}) Enter leaves it out:`, true)
}

/** What is wrong with the config now that it is known which secrets are set. */
function problemsWith(
  tools: Tools,
  { answers, secrets }: { answers: Values; secrets: ReadonlySet<string> },
): string | undefined {
  const { definition, values } = writtenBy(tools)
  const compiled = compileDeployed(
    { definition, values: { ...values, ...answers } },
    { presumed: secretNames.filter((name) => secrets.has(name)), secrets },
  )
  return compiled.ok ? undefined : listProblems(compiled.error)
}

function howToPut(name: string): string {
  return `Put it in with npx wrangler secret put ${name}, or give it in the --secrets-file.`
}

async function put(tools: Tools, { answers }: Progress): Promise<Result<Done, string>> {
  const values = { ...givenSecrets(tools), ...answers }
  const names = Object.keys(values)
  if (names.length === 0) return ok({ text: 'nothing to put in' })
  const done = await tools.run(['secret', 'bulk'], JSON.stringify(values))
  return done.code === 0 ? ok({ text: `set ${names.join(', ')}` }) : err(complaintOf(done))
}
