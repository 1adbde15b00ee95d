import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectPath } from '../../support/platform.ts'

// The guides of `src/gateway/README.md`: what runs in a test is the text that people copy.

const page = readFileSync(`${projectPath}src/gateway/README.md`, 'utf8')

/** The blocks that are whole files, by the name in their first line. */
const files = new Map(
  [...page.matchAll(/^```\w+\n(?:\/\/|#) ([\w-]+\.\w+)\n([\s\S]*?)^```$/gm)].map(
    ([, name = '', source = '']) => [name, source],
  ),
)

/** Every name of a file that the guides show. */
export const guideNames: readonly string[] = [...files.keys()]

/** Writes these files of the guides into a new folder, and gives its path. */
export function writeGuide(...names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'usher-guide-'))
  for (const name of names) {
    const source = files.get(name)
    if (source === undefined) throw new Error(`The guides show no ${name}`)
    writeFileSync(join(folder, name), source)
  }
  return folder
}
