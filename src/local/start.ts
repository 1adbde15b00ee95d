/** `npm start`: runs the gateway on this machine, with a local Clerk and a demo origin. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseEnv } from 'node:util'
import { localFolder } from '../cli/local-state.ts'
import { openLocalPeople } from '../cli/people-database.ts'
import { quietWrangler } from '../cli/quiet-wrangler.ts'
import { orphanRuns } from '../store/sync-runs.ts'
import { banner } from './banner.ts'
import { takeFolder } from './folder-lock.ts'
import { callerSecret, keyringPath, openKeyring, projectRoot } from './keyring.ts'
import { isFree, readPort } from './ports.ts'
import { serveScripts } from './scripts.ts'
import { seed } from './seed.ts'
import { formatVariables, localVariables, namesClerk } from './variables.ts'

const ownVariablesPath = join(import.meta.dirname, '.dev.vars')
const variablesPath = join(localFolder(), 'local/variables.env')

const probePauseMs = 200
const probeLimitMs = 5_000
const hintAfterMs = 20_000
const parentCheckMs = 500
const cronEveryMs = 60_000

const stillWaiting = 'Still waiting for the gateway. What is printed above may say why.\n'
const misconfigured = `The configuration has errors, which are listed here. Until they are mended, everything but
/_usher/livez is answered with 503. A mended file is loaded at once; for a variable, start again.
`

/** Wrangler asks nobody for anything: no metrics, no newer version, no sample of `request.cf`. */
const quietly = {
  ...quietWrangler,
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  // Only the files named below are variables, not what the shell happens to hold.
  CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'true',
  CLOUDFLARE_INCLUDE_PROCESS_ENV: 'false',
  // Another copy of this project on this machine has Workers of the same names.
  WRANGLER_REGISTRY_PATH: join(projectRoot, '.wrangler/registry'),
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})

async function main(): Promise<void> {
  const port = readPort(process.env.PORT)
  if (!(await isFree(port))) {
    throw new Error(`Port ${port} is taken. Try another one: PORT=${port + 1} npm start`)
  }
  const keyring = await openKeyring(keyringPath)
  const own = readOwnVariables()
  const scriptsUrl = await serveScripts()
  const ownPort = Number(new URL(scriptsUrl).port)
  process.once('exit', await takeFolder(localFolder(), { pid: process.pid, port, ownPort }))
  await writeVariables(formatVariables(localVariables(keyring, own, { port, scriptsUrl })))
  await prepareDatabase()
  const child = runWrangler(port)
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 0)))
  forwardSignals(child)
  endWithParent(child)
  if (await isAnswering(port, child)) {
    const situation = {
      port,
      originUrl: process.env.ORIGIN_URL || own.ORIGIN_URL,
      hasStandIn: !namesClerk(own),
      keyringPath,
      callerSecret: own.USHER_CALLER_SECRET || callerSecret(keyring),
    }
    const text = (await isMisconfigured(port)) ? misconfigured : banner(situation)
    process.stdout.write(`\n${text}\n`)
    fireCrons(port)
  }
  process.exitCode = await ended
}

/** `wrangler dev` fires no crons by itself; production's is every minute. */
function fireCrons(port: number): void {
  const fire = async () => {
    const answer = await fetch(`http://localhost:${port}/cdn-cgi/handler/scheduled`)
    await answer.body?.cancel()
  }
  // At once, too: a sync that was under way goes on.
  void fire().catch(() => undefined)
  setInterval(() => void fire().catch(() => undefined), cronEveryMs).unref()
}

async function prepareDatabase(): Promise<void> {
  const { database, close } = await openLocalPeople(localFolder())
  try {
    await seed(database, Date.now())
    // Nobody else has this folder: what walked when the last gateway was killed walks no more.
    await orphanRuns(database)
  } finally {
    await close()
  }
}

function readOwnVariables(): NodeJS.Dict<string> {
  return existsSync(ownVariablesPath) ? parseEnv(readFileSync(ownVariablesPath, 'utf8')) : {}
}

/** Never half written, whoever reads it. */
async function writeVariables(text: string): Promise<void> {
  await mkdir(dirname(variablesPath), { recursive: true })
  const draft = `${variablesPath}.${process.pid}`
  await writeFile(draft, text, { mode: 0o600 })
  await rename(draft, variablesPath)
}

function runWrangler(port: number): ChildProcess {
  const wrangler = createRequire(import.meta.url).resolve('wrangler')
  const options = [
    ['--config', join(import.meta.dirname, 'wrangler.toml')],
    ['--port', String(port), '--inspector-port', '0', '--local'],
    ['--persist-to', join(localFolder(), 'state')],
    ['--show-interactive-dev-session', 'false', '--log-level', 'warn'],
    // A later file wins over an earlier one, and what the command line says over both.
    ['--env-file', variablesPath, '--env-file', ownVariablesPath],
    process.env.ORIGIN_URL ? ['--var', `ORIGIN_URL:${process.env.ORIGIN_URL}`] : [],
  ]
  // The two dashes keep Node from taking `--env-file` for an option of its own.
  const words = ['--no-warnings', '--', wrangler, 'dev', ...options.flat()]
  return spawn(process.execPath, words, {
    cwd: projectRoot,
    env: { ...process.env, ...quietly },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

/** A shell between npm and this process does not hand signals on: when it is gone, so are we. */
function endWithParent(child: ChildProcess): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM')
  }, parentCheckMs).unref()
}

function forwardSignals(child: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill(signal))
  }
}

/**
 * Waits until the gateway answers; `false` when it ended first. There is no limit, because a gateway
 * that cannot be built is built again when the file that is wrong has been mended.
 */
async function isAnswering(port: number, child: ChildProcess): Promise<boolean> {
  const hint = setTimeout(() => process.stderr.write(stillWaiting), hintAfterMs)
  try {
    while (child.exitCode === null && child.signalCode === null) {
      if ((await probe(port, 'livez')) !== undefined) return true
      await pause(probePauseMs)
    }
    return false
  } finally {
    clearTimeout(hint)
  }
}

/** Whether the gateway stays shut because its configuration is wrong. */
async function isMisconfigured(port: number): Promise<boolean> {
  const answer = await probe(port, 'readyz')
  return answer?.status === 503 && answer.text.includes('gateway-misconfigured')
}

/** Any answer is a sign of life, for a configuration of one's own may have moved these paths. */
async function probe(port: number, surface: string) {
  try {
    const signal = AbortSignal.timeout(probeLimitMs)
    const response = await fetch(`http://localhost:${port}/_usher/${surface}`, { signal })
    return { status: response.status, text: await response.text() }
  } catch {
    return undefined
  }
}
