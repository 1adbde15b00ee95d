/** `npm run sync`: has a running gateway walk through all that Clerk has, and shows how far it is. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs, promisify } from 'node:util'
import {
  endingOf,
  lineOf,
  readRun,
  refusalError,
  type ShownRun,
  stageLine,
} from './sync-progress.ts'

const usage = `Usage: npm run -s sync                                 at the gateway that npm start runs, as ada
       USHER_TOKEN=ak_… npm run -s sync -- --url https://ops.example.com [--forget]

  --url        another gateway; with a path, where Usher's own surfaces are: …/_usher
  --forget     takes leave of all that Clerk does not have, even if that is most of what is known here
  USHER_TOKEN  an API key of an operator, with the scopes usher.sync.read and usher.sync.write

It goes on at the gateway whether this is watched or not; run again, it shows the one that is under way.
Ends with 0 when all is done, with 1 when it is not, with 2 when misused.
`

const portUsual = '8787'
const prefixUsual = '/_usher'
const answerLimitMs = 30_000
const everyMs = 500
/** A gateway that is started anew, or a network that is gone for a while, is no reason to stop watching. */
const silencesMax = 120
const loopback = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** A command line that cannot be understood, as against a gateway that cannot be asked. */
class UsageError extends Error {}

/** A gateway that did not answer, and may the next time. */
class SilenceError extends Error {}

await main().catch((error: unknown) => {
  const isMisused = error instanceof UsageError
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(isMisused ? `${message}\n\n${usage}` : `${message}\n`)
  process.exitCode = isMisused ? 2 : 1
})

async function main(): Promise<void> {
  const words = readWords()
  const address = readAddress(words.url)
  const gateway = { address, token: await readToken(address) }
  const run = await start(gateway, words.forget)
  process.once('SIGINT', () => {
    process.stderr.write('\nThe sync goes on at the gateway; run this again to watch it.\n')
    process.exit(130)
  })
  const ended = await watch(gateway, run)
  process.stdout.write(`${endingOf(ended)}\n`)
  if (ended.state !== 'done') process.exitCode = 1
}

interface Gateway {
  /** Where the operations are, without a slash at the end. */
  readonly address: URL
  readonly token: string
}

function readAddress(given: string | undefined): URL {
  const usual = `http://localhost:${process.env.PORT || portUsual}`
  const source = given ?? usual
  if (!URL.canParse(source) || !/^https?:/.test(source)) {
    throw new UsageError(`${source} is no address, such as https://ops.example.com.`)
  }
  const { origin, pathname, protocol, hostname } = new URL(source)
  if (protocol === 'http:' && !loopback.test(hostname)) {
    throw new UsageError('A token is sent to another machine by https only.')
  }
  const surfaces = pathname === '/' ? prefixUsual : pathname.replace(/\/$/, '')
  return new URL(`${origin}${surfaces}/api/sync`)
}

function readWords() {
  try {
    const options = { url: { type: 'string' }, forget: { type: 'boolean' } } as const
    return parseArgs({ options }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** The token that the environment names; for a gateway of this machine one that the local Clerk makes for ada. */
async function readToken({ hostname }: URL): Promise<string> {
  const given = process.env.USHER_TOKEN?.trim()
  if (given) {
    if (/^[!-~]+$/.test(given)) return given
    throw new UsageError('USHER_TOKEN is no token.')
  }
  if (!loopback.test(hostname)) throw new UsageError('USHER_TOKEN is missing.')
  const script = join(import.meta.dirname, '../local/token.ts')
  const scopes = ['--scope', 'usher.sync.read,usher.sync.write']
  const words = ['--type', 'api_key', '--user', 'ada', ...scopes]
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...words])
  return stdout.trim()
}

/** Begins a sync, or finds the one that is under way. */
async function start(gateway: Gateway, forget = false): Promise<ShownRun> {
  const body = JSON.stringify({ kind: 'backfill', ...(forget && { may_forget: 'any' }) })
  const begun = await ask(gateway, gateway.address, { method: 'POST', body })
  if (begun.status === 202) return readRun(begun.value)
  if (begun.code !== 'run-under-way') throw refusalError(begun)
  const latest = new URL(`${gateway.address}?kind=backfill&limit=1`)
  const { status, value, code } = await ask(gateway, latest)
  if (status !== 200) throw refusalError({ status, code })
  const { data } = value as { data?: unknown }
  const without = forget ? ', and not by --forget' : ''
  process.stdout.write(`A sync is under way already${without}.\n`)
  return readRun(Array.isArray(data) ? data[0] : undefined)
}

async function watch(gateway: Gateway, begun: ShownRun): Promise<ShownRun> {
  const one = new URL(`${gateway.address}/${begun.id}`)
  const show = process.stdout.isTTY ? showOnOneLine() : showByLines()
  let run = begun
  let silences = 0
  for (;;) {
    show(run)
    if (run.state !== 'running') break
    await pause(everyMs)
    try {
      const answer = await ask(gateway, one)
      if (answer.status !== 200) throw refusalError(answer)
      run = readRun(answer.value)
      silences = 0
    } catch (error) {
      silences += 1
      if (!(error instanceof SilenceError) || silences > silencesMax) throw error
    }
  }
  if (process.stdout.isTTY) process.stdout.write('\n')
  return run
}

function showOnOneLine(): (run: ShownRun) => void {
  return (run) => {
    const line = lineOf(run).slice(0, Math.max(20, process.stdout.columns - 1))
    process.stdout.write(`\r\u001b[2K${line}`)
  }
}

/** Without a terminal: a line for each step that is worth one. */
function showByLines(): (run: ShownRun) => void {
  let shown = ''
  return (run) => {
    const line = stageLine(run)
    if (line !== shown) process.stdout.write(`${line}\n`)
    shown = line
  }
}

interface Told {
  readonly status: number
  /** The code of a refusal. */
  readonly code: string | undefined
  readonly value: unknown
}

async function ask(
  { token }: Gateway,
  url: URL,
  { method = 'GET', body }: { method?: string; body?: string } = {},
): Promise<Told> {
  const response = await send(url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body }),
    redirect: 'manual',
    signal: AbortSignal.timeout(answerLimitMs),
  })
  const value: unknown = await response.json().catch(() => undefined)
  const code = typeof value === 'object' && value !== null && 'code' in value && value.code
  const told = { status: response.status, code: typeof code === 'string' ? code : undefined, value }
  if (response.status >= 500 && response.status !== 501 && method === 'GET') {
    throw new SilenceError(refusalError(told).message)
  }
  return told
}

async function send(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch {
    throw new SilenceError(
      `Nothing answers at ${url.origin}: run npm start, or name another by --url.`,
    )
  }
}
