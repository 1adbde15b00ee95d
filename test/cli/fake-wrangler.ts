import type { RunWrangler, WranglerAnswer } from '../../src/cli/wrangler.ts'

/** One run of wrangler as it was asked for. */
export interface Run {
  readonly words: string
  readonly input: string | undefined
}

type Said = Partial<WranglerAnswer> | string

/**
 * A wrangler that does nothing and writes down what it was asked. It answers by the longest beginning of
 * the words that is there; an answer in a list is given once, and the last one stays.
 */
export function fakeWrangler(answers: Readonly<Record<string, Said | readonly Said[]>> = {}) {
  const runs: Run[] = []
  const left = new Map(Object.entries(answers).map(([words, said]) => [words, [said].flat()]))
  const run: RunWrangler = async (words, input) => {
    const line = words.join(' ')
    runs.push({ words: line, input })
    const fitting = [...left].filter(([start]) => line.startsWith(start))
    const [longest] = fitting.sort(([one], [other]) => other.length - one.length)
    const [, queue = ['']] = longest ?? []
    const said = (queue.length > 1 ? queue.shift() : queue[0]) ?? ''
    const answer = typeof said === 'string' ? { stdout: said } : said
    return { code: 0, stdout: '', stderr: '', ...answer }
  }
  return { run, runs, words: () => runs.map(({ words }) => words) }
}

/** What wrangler prints when it fails. */
export function failure(sentence: string): Partial<WranglerAnswer> {
  return { code: 1, stderr: `\n\u001b[31m✘ \u001b[41m[ERROR]\u001b[0m ${sentence}\n\n` }
}

/** What wrangler prints of migrations that are not applied. */
export const pendingTable = `
Resource location: remote

Migrations to be applied:
┌─────────────────┐
│ Name            │
├─────────────────┤
│ 0000_start.sql  │
├─────────────────┤
│ 0001_people.sql │
└─────────────────┘
`
