/**
 * Keeps the ledger of the stand-in: which operations Clerk has, which of them work here, which answer 501, and which
 * are left out for good. `npx node test/support/ledger.ts --write` writes the tables anew from Clerk's descriptions;
 * without the flag it prints what the README says of them.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { backendOperations } from '../../src/local/clerk/backend/operations.ts'
import { frontendOperations } from '../../src/local/clerk/frontend/operations.ts'
import {
  backendLedger,
  type Entry,
  frontendLedger,
  omissionOf,
} from '../../src/local/clerk/ledger.ts'
import { projectRoot } from '../../src/local/keyring.ts'
import { type Api, openDescription } from './descriptions.ts'

/** Operations that answer as Clerk does, which here is always a refusal: nobody should count on them. */
export const alwaysRefuse: ReadonlyMap<string, string> = new Map([
  ['updateEnvironment', 'it is for development instances alone'],
  ['RefreshSession', 'no refresh token was ever given out'],
])

/** How an operation is called where two things are compared. */
export function nameOfEntry({ method, path }: Pick<Entry, 'method' | 'path'>): string {
  return `${method} ${path}`
}

/** The table of an API, as Clerk's description gives it. */
export function ledgerSource(api: Api): string {
  const lines = openDescription(api).operations.map(({ method, path, id }) =>
    [method, path, id].join(' '),
  )
  const title = api === 'frontend' ? 'Frontend' : 'Backend'
  return `/** Every operation of the ${title} API's description of 2026-05-12; written by \`npx node test/support/ledger.ts --write\`. */
export const ${api}Table = \`
${lines.join('\n')}
\`
`
}

/** Where the table of an API is kept. */
export function ledgerPath(api: Api): string {
  return join(projectRoot, `src/local/clerk/${api}-ledger.ts`)
}

/** The operations of an API, in three heaps; those that always refuse are in none. */
export interface Standing {
  readonly works: readonly Entry[]
  readonly missing: readonly Entry[]
  readonly omitted: readonly Entry[]
}

/** Says of each operation of an API whether it works, is missing or is left out. */
export function standingOf(api: Api): Standing {
  const ledger = api === 'frontend' ? frontendLedger : backendLedger
  const operations = api === 'frontend' ? frontendOperations : backendOperations
  const mounted = new Set(operations.filter(({ id }) => !alwaysRefuse.has(id)).map(nameOfEntry))
  const others = ledger.filter(
    (entry) => !mounted.has(nameOfEntry(entry)) && !alwaysRefuse.has(entry.id),
  )
  return {
    works: ledger.filter((entry) => mounted.has(nameOfEntry(entry))),
    missing: others.filter((entry) => omissionOf(entry) === undefined),
    omitted: others.filter((entry) => omissionOf(entry) !== undefined),
  }
}

/** The first and the last line of the README between which the text of {@link ledgerText} stands. */
export const markers = ['<!-- ledger -->', '<!-- /ledger -->'] as const

/** What the README says of the operations. */
export function ledgerText(): string {
  const parts = (['frontend', 'backend'] as const).map((api) => {
    const { works, missing } = standingOf(api)
    const all = (api === 'frontend' ? frontendLedger : backendLedger).length
    const title = api === 'frontend' ? 'Frontend' : 'Backend'
    return [
      `**${title} API: ${works.length} of ${all} operations work.** ${families(works)}.`,
      '',
      `${missing.length} more answer 501: ${families(missing)}.`,
    ].join('\n')
  })
  const refusals = [...alwaysRefuse].map(([id, reason]) => `\`${id}\`, for ${reason}`)
  const refused = `${refusals.length} always refuse: ${refusals.join('; ')}.`
  return [...parts, refused, omittedText()].join('\n\n')
}

function omittedText(): string {
  const omitted = (['frontend', 'backend'] as const).flatMap((api) => standingOf(api).omitted)
  const groups = Map.groupBy(omitted, (entry) => {
    const { what = '', reason = '' } = omissionOf(entry) ?? {}
    return `| ${what} | ${reason} |`
  })
  const rows = [...groups].map(([row, entries]) => `${row} ${entries.length} |`)
  return [
    `${omitted.length} operations of both are left out for good, and answer 501 too:`,
    '',
    '| what | why | operations |',
    '|---|---|---|',
    ...rows,
  ].join('\n')
}

/** `client/sessions (12)`, and so on. */
function families(entries: readonly Entry[]): string {
  const groups = Map.groupBy(entries, ({ path }) => familyOf(path))
  return [...groups].map(([name, { length }]) => `\`${name}\` ${length}`).join(', ')
}

/** The path without the version and without parameters, to its second word at most. */
function familyOf(path: string): string {
  const words = path.split('/').filter((word) => word !== '' && word !== 'v1' && !/^\{/.test(word))
  const isDeep =
    path.startsWith('/v1/') && ['client', 'me', 'organizations'].includes(words[0] ?? '')
  return words.slice(0, isDeep ? 2 : 1).join('/')
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--write')) {
    for (const api of ['frontend', 'backend'] as const) {
      writeFileSync(ledgerPath(api), ledgerSource(api))
    }
  } else process.stdout.write(`${ledgerText()}\n`)
}
