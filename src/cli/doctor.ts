/** `npm run doctor`: says in plain lines what is missing, wrong or risky, here and at an address. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { examine } from './examination.ts'
import { formatLine } from './line.ts'
import { machineNetwork } from './machine-network.ts'
import {
  configPath,
  loadDefinition,
  projectRoot,
  readMachineVariables,
  workerPath,
} from './project.ts'
import { openWorkerFile } from './worker-file.ts'
import { hasAccount, noAccount, runWrangler } from './wrangler.ts'

const usage = `Usage: npm run doctor                                     this folder, and the account
       npm run doctor -- --url https://api.example.com    a gateway that runs there, too
`

/** Where local mode keeps its database. */
const localState = join(projectRoot, '.wrangler/state')

const localWords = [
  ...['--local', '--config', 'src/local/wrangler.toml'],
  ...['--persist-to', localState],
]

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  process.exitCode = 1
})

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { url: { type: 'string' } } })
  const url = values.url === undefined ? undefined : readAddress(values.url)
  const file = openWorkerFile(workerPath, true)
  if (!file.ok) throw new Error(file.error)
  const definition = await loadDefinition(configPath)
  if (!definition.ok) throw new Error(`${definition.error.place}: ${definition.error.message}`)

  const worker = file.value.config()
  const signedIn = await hasAccount(runWrangler)
  if (!signedIn) process.stdout.write(`${noAccount}\n`)
  const lines = await examine({
    nodeVersion: process.version,
    worker,
    written: {
      definition: definition.value,
      values: { ...worker.variables, ...readMachineVariables() },
    },
    run: runWrangler,
    network: machineNetwork,
    hasAccount: signedIn,
    localDatabase: existsSync(join(localState, 'v3/d1')) ? localWords : undefined,
    url,
  })
  for (const line of lines) process.stdout.write(`${formatLine(line)}\n`)
  if (lines.some(({ mark }) => mark === 'bad')) process.exitCode = 1
}

function readAddress(source: string): string {
  if (URL.canParse(source) && /^https?:/.test(source)) return new URL(source).origin
  throw new Error('--url must be an address, such as https://api.example.com.')
}
