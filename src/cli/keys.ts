/**
 * `npm run keys`: a new value of USHER_SIGNING_KEY, with `--rotate` the next step of the old one, or with
 * `--access` a new value of USHER_ACCESS_KEY.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parseSigningKeys } from '../model/signing-key.ts'
import { makeAccessKeys } from './access-keys.ts'
import { minuteText, type Rotation, type RotationStep, rotationOf } from './rotation.ts'
import { formatSigningKeys, makeSigningKey, rotateSigningKeys } from './signing-keys.ts'

const usage = `Usage: npm run -s keys                       a new signing key
       npm run -s keys -- --rotate           the next step of the set in USHER_SIGNING_KEY
       npm run -s keys -- --rotate --from f  the next step of the set in the file f
       npm run -s keys -- --access           a new key for answers to Cloudflare Access
`

const nextSteps: Readonly<Record<RotationStep, string>> = {
  announced: 'The new key is published but does not sign yet. Put the set in now, and rotate again',
  promoted: 'The new key signs. Put the set in now, and rotate again to retire the old one',
  retired: 'The old key is gone. Put the set in now, and begin again',
}

/** What happens where a step comes before its time; the first does no harm. */
const harms: Readonly<Record<RotationStep, string | undefined>> = {
  announced: undefined,
  promoted: 'origins that do not know the new key yet will refuse what it signs',
  retired: 'origins will refuse what the old key signed a moment ago',
}

const placesOf = (name: string) => `
In production:  npx wrangler secret put ${name}    and paste the line above
On a machine:   ${name}='…' in .dev.vars           with the single quotes
`
const signingAdvice = `Keep a copy: a secret of the platform cannot be read back, and rotating needs the set.
It is a secret: whoever has it can write identities that your origins believe.
`
const accessAdvice = `It is a secret: whoever has it can answer Cloudflare Access in your name.
`

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  process.exitCode = 1
})

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rotate: { type: 'boolean' },
      from: { type: 'string' },
      access: { type: 'boolean' },
    },
  })
  if (values.access === true) {
    if (values.rotate || values.from) throw new Error('--access stands alone.')
    return printAccessKeys(await makeAccessKeys())
  }
  if (values.rotate !== true) {
    if (values.from !== undefined) throw new Error('--from is only meant for --rotate.')
    return print(
      formatSigningKeys([await makeSigningKey('current', Date.now())]),
      'Made one new signing key.',
    )
  }
  const old = values.from ? readFileSync(values.from, 'utf8') : process.env.USHER_SIGNING_KEY
  if (!old) throw new Error('--rotate needs the set in USHER_SIGNING_KEY or in --from <file>.')
  const parsed = parseSigningKeys(old)
  if (!parsed.ok) throw new Error(`The value to rotate ${parsed.error}.`)
  const nowMs = Date.now()
  const { keys, step } = await rotateSigningKeys(parsed.value, nowMs)
  const { dueMs } = rotationOf(keys)
  const when = dueMs === undefined ? 'in an hour' : `at ${minuteText(dueMs)} or later`
  const warning = warningOf(rotationOf(parsed.value), nowMs)
  print(formatSigningKeys(keys), `${warning}${nextSteps[step]} ${when}.`)
}

function warningOf({ step, dueMs }: Rotation, nowMs: number): string {
  const harm = harms[step]
  if (harm === undefined || dueMs === undefined || nowMs >= dueMs) return ''
  return `TOO EARLY: before ${minuteText(dueMs)} ${harm}. Keep the set that you have until then.\n`
}

function print(value: string, words: string): void {
  process.stdout.write(`${value}\n`)
  process.stderr.write(`\n${words}\n${placesOf('USHER_SIGNING_KEY')}${signingAdvice}`)
}

function printAccessKeys(value: string): void {
  process.stdout.write(`${value}\n`)
  process.stderr.write(
    `\nMade one new key for answers to Cloudflare Access.\n${placesOf('USHER_ACCESS_KEY')}${accessAdvice}`,
  )
}
