/** `npm run deploy`: checks, makes what is missing in the account, deploys, and looks at the outcome. */
import { parseArgs } from 'node:util'
import { accountSteps } from './account-steps.ts'
import { readValuesFile } from './deploy-variables.ts'
import { formatLine } from './line.ts'
import { machineNetwork } from './machine-network.ts'
import { machineSteps } from './machine-steps.ts'
import { configPath, loadDefinition, workerPath } from './project.ts'
import { formatSigningKeys, makeSigningKey } from './signing-keys.ts'
import { takeSteps } from './step.ts'
import { openTerminal } from './terminal.ts'
import { openWorkerFile } from './worker-file.ts'
import { hasAccount, noAccount, runWrangler } from './wrangler.ts'

const usage = `Usage: npm run deploy                            where wrangler.toml says, or where you say when asked
       npm run deploy -- --host api.example.com  on a custom domain
       npm run deploy -- --route 'api.example.com/*' --zone example.com
       npm run deploy -- --workers-dev           on an address of workers.dev
       … --secrets-file <file>                   variables and secrets as NAME=value, for CI
       … --dry-run                               what needs no account, and what it would do with one
`

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  process.exitCode = 1
})

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      host: { type: 'string' },
      route: { type: 'string' },
      zone: { type: 'string' },
      'workers-dev': { type: 'boolean' },
      'secrets-file': { type: 'string' },
      'dry-run': { type: 'boolean' },
    },
  })
  const isDryRun = values['dry-run'] === true
  const file = openWorkerFile(workerPath, isDryRun)
  if (!file.ok) throw new Error(file.error)
  const definition = await loadDefinition(configPath)
  if (!definition.ok) throw new Error(`${definition.error.place}: ${definition.error.message}`)
  const path = values['secrets-file']
  const given = path === undefined ? undefined : readValuesFile(path)
  if (given?.ok === false) throw new Error(given.error)

  const signedIn = await hasAccount(runWrangler)
  if (!signedIn) process.stdout.write(`${noAccount}\n`)
  const tools = {
    file: file.value,
    definition: definition.value,
    run: runWrangler,
    network: machineNetwork,
    ask: openTerminal(),
    options: { ...values, workersDev: values['workers-dev'] },
    given: given?.value ?? {},
    newSigningKeys: formatSigningKeys([await makeSigningKey('current', Date.now())]),
  }
  const isSound = await takeSteps([...machineSteps, ...accountSteps], tools, {
    isDryRun,
    hasAccount: signedIn,
    say: (line) => process.stdout.write(`${formatLine(line)}\n`),
  })
  if (!isSound || (!signedIn && !isDryRun)) process.exitCode = 1
}
