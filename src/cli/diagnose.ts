/** `npm run diagnose`: asks a gateway in local mode why it refuses a token, and prints what it says. */
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'

const usage = `Usage: npm run -s diagnose -- <token>          asks the gateway that npm start runs
       npm run -s diagnose -- -                reads the token from standard input
       npm run -s diagnose -- <token> --url http://localhost:9000

  --url      another gateway in local mode; with a path, where Usher's own surfaces are: …/_usher

Ends with 0 when the token is valid, with 1 when it is not or cannot be told, with 2 when misused.
`

const portUsual = '8787'
const prefixUsual = '/_usher'
/** Longer than the gateway itself waits for Clerk. */
const answerLimitMs = 15_000

const verdicts: ReadonlyMap<unknown, string> = new Map([
  [true, 'valid'],
  [false, 'not valid'],
])

/** The lines below the verdict, each with the member of the answer that it shows. */
const shown = [
  ['type', 'token_type'],
  ['check', 'check'],
  ['expected', 'expected'],
  ['got', 'got'],
  ['setting', 'setting'],
  ['advice', 'advice'],
] as const

const nameWidth = 9

/** A command line that cannot be understood, as against a gateway that cannot be asked. */
class UsageError extends Error {}

await main().catch((error: unknown) => {
  const isMisused = error instanceof UsageError
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(isMisused ? `${message}\n\n${usage}` : `${message}\n`)
  process.exitCode = isMisused ? 2 : 1
})

async function main(): Promise<void> {
  const { positionals, url } = readWords()
  const [word, ...further] = positionals
  if (word === undefined || further.length > 0) throw new UsageError('Name one token.')
  const address = readAddress(url)
  const token = (word === '-' ? await text(process.stdin) : word).trim()
  if (token === '') throw new UsageError('There is no token on standard input.')
  const told = await ask(address, token)
  process.stdout.write(format(told))
  if (told.valid !== true) process.exitCode = 1
}

function readWords() {
  try {
    const { values, positionals } = parseArgs({
      options: { url: { type: 'string' } },
      allowPositionals: true,
    })
    const usual = `http://localhost:${process.env.PORT || portUsual}`
    return { positionals, url: values.url ?? usual }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readAddress(source: string): string {
  if (!URL.canParse(source) || !/^https?:/.test(source)) {
    throw new UsageError(`${source} is no address, such as http://localhost:${portUsual}.`)
  }
  const { origin, pathname } = new URL(source)
  return `${origin}${pathname === '/' ? prefixUsual : pathname.replace(/\/$/, '')}/diagnose`
}

type Told = Readonly<Record<string, unknown>>

async function ask(address: string, token: string): Promise<Told> {
  const response = await send(address, token)
  const told = await readObject(response)
  if (response.status === 200 && told !== undefined && 'valid' in told) return told
  if (response.status === 404) {
    throw new Error(
      `${address} is not there: diagnosis is open in local mode only. Is it npm start that runs there?`,
    )
  }
  const code = typeof told?.code === 'string' ? `, ${plain(told.code)}` : ''
  throw new Error(`${address} answered with ${response.status}${code}.`)
}

async function send(address: string, token: string): Promise<Response> {
  try {
    return await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
      redirect: 'manual',
      signal: AbortSignal.timeout(answerLimitMs),
    })
  } catch {
    throw new Error(
      `Nothing answers at ${new URL(address).origin}: run npm start, or name another by --url.`,
    )
  }
}

async function readObject(response: Response): Promise<Told | undefined> {
  try {
    const value: unknown = await response.json()
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value))
      : undefined
  } catch {
    return undefined
  }
}

function format(told: Told): string {
  const verdict = verdicts.get(told.valid) ?? 'cannot be told'
  const reason = typeof told.reason === 'string' ? `: ${plain(told.reason)}` : ''
  const lines = shown.flatMap(([name, member]) => {
    const value = told[member]
    return typeof value === 'string' ? [`  ${name.padEnd(nameWidth)} ${plain(value)}`] : []
  })
  return `${[`${verdict}${reason}`, ...lines].join('\n')}\n`
}

/** Claims are written by others: none of them speaks to the terminal. */
function plain(value: string): string {
  return value.replaceAll(/\p{C}/gu, '\ufffd')
}
