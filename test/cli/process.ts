import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectPath } from '../support/platform.ts'

/** What a command printed and how it ended. */
export interface Ended {
  readonly code: number
  readonly output: string
}

/** Runs a command of `src/cli` in Node, with no account and nobody at a terminal. */
export async function runCommand(
  name: string,
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const home = mkdtempSync(join(tmpdir(), 'usher-home-'))
  const child = spawn(process.execPath, [`${projectPath}src/cli/${name}.ts`, ...words], {
    cwd: projectPath,
    env: { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const code = await new Promise<number>((resolve) => {
    child.once('close', (status) => resolve(status ?? 1))
  })
  rmSync(home, { recursive: true })
  return { code, output }
}
