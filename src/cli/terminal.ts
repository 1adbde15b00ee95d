import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Asks a person for one line; what is typed to a hidden question is not shown. */
export type Ask = (question: string, isHidden?: boolean) => Promise<string>

/** A way to ask, or `undefined` where nobody sits at a terminal. */
export function openTerminal(): Ask | undefined {
  return process.stdin.isTTY && process.stdout.isTTY ? askAtTerminal : undefined
}

const silence = () => new Writable({ write: (_chunk, _encoding, done) => done() })

async function askAtTerminal(question: string, isHidden = false): Promise<string> {
  if (isHidden) process.stdout.write(`${question} `)
  const output = isHidden ? silence() : process.stdout
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  // Ctrl-C ends the command, not only the question.
  lines.once('SIGINT', () => process.exit(130))
  try {
    return (await lines.question(isHidden ? '' : `${question} `)).trim()
  } finally {
    lines.close()
    if (isHidden) process.stdout.write('\n')
  }
}
