import { readFileSync } from 'node:fs'
import { projectPath } from '../../support/platform.ts'

// The files of `src/checks/README.md`: what runs in a test is the text that people copy.

const page = readFileSync(`${projectPath}src/checks/README.md`, 'utf8')

/** The blocks that are whole files, by the name in their first line. */
const files = new Map(
  [...page.matchAll(/^```\w+\n((?:--|#) ([\w-]+(?:\.\w+)?)\n[\s\S]*?)^```$/gm)].map(
    ([, source = '', name = '']) => [name, source],
  ),
)

/** What has to be replaced in the files by whoever copies them, as the page lists it. */
export const placeholders: readonly string[] = [
  ...(page.split('| in the files |')[1]?.split('\n\n')[0] ?? '').matchAll(/^\| `([^`]+)` \|/gm),
].map(([, word = '']) => word)

/** A file of the page in which these words stand in the place of its placeholders. */
export function fileOf(name: string, words: Readonly<Record<string, string>>): string {
  const source = files.get(name)
  if (source === undefined) throw new Error(`The page shows no ${name}`)
  return Object.entries(words).reduce((text, [word, replacement]) => {
    if (!placeholders.includes(word)) throw new Error(`The page lists no ${word}`)
    if (!text.includes(word)) throw new Error(`${name} has no ${word}`)
    return text.replaceAll(word, replacement)
  }, source)
}

const partOf: Readonly<Record<string, RegExp>> = {
  nginx: /^### nginx$/m,
  Caddy: /^### Caddy$/m,
  HAProxy: /^### HAProxy$/m,
  'ingress-nginx': /^\*\*ingress-nginx\*\*/m,
  Traefik: /^\*\*Traefik\*\*/m,
  Envoy: /^\*\*Envoy\*\*/m,
  APISIX: /^\*\*APISIX\*\*/m,
}

/** Every proxy that the page has something to copy for. */
export const proxiesOfPage: readonly string[] = Object.keys(partOf)

/** All that the page has to copy for a proxy, without its comments. */
export function codeFor(proxy: string): string {
  const [, after = ''] = page.split(partOf[proxy] ?? /$^/)
  const [part = ''] = after.split(/^(?:### |\*\*)/m)
  const blocks = [...part.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  return blocks.join('').replaceAll(/(?<=^|\s)(?:#|--) .*$/gm, '')
}
