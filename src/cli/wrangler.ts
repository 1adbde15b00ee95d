import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { stripVTControlCharacters } from 'node:util'
import { projectRoot } from './project.ts'
import { quietWrangler } from './quiet-wrangler.ts'

/** What a run of wrangler left behind. */
export interface WranglerAnswer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs wrangler with these words; `input` is all that it may read, so it asks nobody anything.
 * Secrets go in by `input` alone: words can be seen by everyone on the machine.
 */
export type RunWrangler = (words: readonly string[], input?: string) => Promise<WranglerAnswer>

/** Nobody is there to be asked or to see colours. */
const quietly = {
  ...quietWrangler,
  FORCE_COLOR: '0',
  CI: 'true',
}

/** The wrangler of this project, in its folder. */
export const runWrangler: RunWrangler = (words, input = '') => {
  const wrangler = createRequire(import.meta.url).resolve('wrangler')
  // The two dashes keep Node from taking an option of wrangler's for its own.
  const child = spawn(process.execPath, ['--no-warnings', '--', wrangler, ...words], {
    cwd: projectRoot,
    env: { ...process.env, ...quietly },
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, ...output }))
  })
}

/** What is said once wherever there is no account. */
export const noAccount =
  'No Cloudflare account is signed in (npx wrangler login, or CLOUDFLARE_API_TOKEN): ' +
  'only what needs none is done.'

/** Whether wrangler can act on an account. */
export async function hasAccount(run: RunWrangler): Promise<boolean> {
  return (await run(['whoami', '--json'])).code === 0
}

const complaintLinesMax = 8

/** What wrangler complained of, in a few lines. */
export function complaintOf({ stdout, stderr }: WranglerAnswer): string {
  const text = stripVTControlCharacters(stderr.trim() || stdout.trim())
  const [, complaint = text] = /\[ERROR\]\s*([\s\S]*)/.exec(text) ?? []
  const lines = complaint.split('\n').filter((line) => line.trim() !== '')
  return lines.slice(0, complaintLinesMax).join('\n') || 'wrangler failed without a word.'
}
