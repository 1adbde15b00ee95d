import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { ConditionConfig } from '../../src/config/define.ts'
import { refusals } from '../../src/model/refusal.ts'
import { problemsOf, withRoutes } from '../config/sample.ts'
import { projectPath } from '../support/platform.ts'
import { type Attempt, compileAccess, keyOfAda, outcomeOf, whoIs } from '../support/policy.ts'

interface Row {
  readonly word: string
  readonly example: string
  readonly code: string
}

/** The rows of the table in a text that has this section. */
function rowsOf(text: string): Row[] {
  const [, section = ''] = text.split('\n### Policy words\n')
  const lines = section.split(/\n#/, 1)[0]?.split('\n') ?? []
  return lines.flatMap((line) => {
    const [, word = '', , example = '', refusal = ''] = line.split('|').map((cell) => cell.trim())
    const code = /`([a-z-]+)`$/.exec(refusal)?.[1]
    const isRow = word.startsWith('`') && example.startsWith('`{') && code !== undefined
    return isRow ? [{ word: word.slice(1, -1), example: example.slice(1, -1), code }] : []
  })
}

/** Every word that asks for something, as the config itself lists them to whoever writes another. */
function knownWords(): string[] {
  const [problem] = problemsOf(withRoutes({ access: { '?': true } }))
  const known = /Known are (.+)\.$/.exec(problem?.message ?? '')?.[1]?.split(', ') ?? []
  return known.filter((word) => word !== 'mode')
}

const readme = readFileSync(`${projectPath}README.md`, 'utf8')
const rows = rowsOf(readme)

const nobody = { roles: [], permissions: [] }
const acme = { v: 2, o: { id: 'org_acme', slg: 'acme', per: 'read', fpm: '1' }, fea: 'o:reports' }

function session(claims: object): Attempt {
  return { principal: whoIs({ ...claims }), holdings: nobody }
}

/** For the example of each word somebody who passes, and somebody who does not. */
const callers: Readonly<
  Record<keyof Required<Omit<ConditionConfig, 'mode'>>, readonly [Attempt, Attempt]>
> = {
  role: [{ ...session({}), holdings: { ...nobody, roles: ['admin'] } }, session(acme)],
  permission: [session(acme), session({ ...acme, fea: 'o:invoices' })],
  org: [session(acme), session({ v: 2, o: { id: 'org_other', slg: 'acme' } })],
  orgPatterns: [
    { ...session(acme), path: '/orgs/acme/invoices' },
    { ...session(acme), path: '/orgs/other/invoices' },
  ],
  feature: [session(acme), session({ ...acme, fea: 'u:reports' })],
  plan: [session({ pla: 'u:pro' }), session({ pla: 'u:free' })],
  reverification: [session({ fva: [600, 9] }), session({ fva: [600, 10] })],
  scope: [{ principal: keyOfAda }, session({ scope: 'ingest' })],
  claims: [session({ metadata: { tier: 'gold' } }), session({ metadata: { tier: 'bronze' } })],
  actor: [session({}), session({ act: { sub: 'user_support' } })],
  all: [session({ pla: 'u:pro' }), session({ pla: 'u:pro', act: { sub: 'user_support' } })],
  any: [{ principal: keyOfAda, holdings: nobody }, session({})],
  not: [session({ pla: 'u:pro' }), session({ pla: 'u:free' })],
}

function read(example: string): unknown {
  return runInNewContext(`(${example})`)
}

describe("the README's table of policy words", () => {
  it('has a row for every word, once, and for no other', () => {
    const words = knownWords().sort()
    expect(words.length).toBeGreaterThanOrEqual(13)
    expect(rows.map(({ word }) => word).sort()).toEqual(words)
    expect(Object.keys(callers).sort()).toEqual(words)
  })

  it('would miss a row that is gone', () => {
    const without = rowsOf(readme.replace(/\n\| `scope` \|.*/, ''))
    expect(without).toHaveLength(rows.length - 1)
  })

  it.each(rows)('$example compiles, lets someone pass, and refuses with $code', (row) => {
    const { word, example, code } = row
    const access = read(example)
    expect(Object.keys(access as object)).toEqual([word])
    expect(compileAccess(access)).toBeDefined()
    expect(refusals).toHaveProperty([code])
    const pair = Object.entries(callers).find(([name]) => name === word)?.[1] ?? []
    expect(pair.map((caller) => outcomeOf(access, caller))).toEqual(['pass', code])
  })
})
