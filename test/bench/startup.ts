import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { bundleOf, type Checkout } from './bundles.ts'
import type { Contender } from './rounds.ts'
import { type Server, startServer } from './server.ts'
import { type Surroundings, variablesFor } from './whole.ts'

const shipped = 'src/index.ts'
/** One start is too short to be told from what else the machine does. */
const startsPerWindow = 5
const empty = 'test/bench/workers/empty.worker.ts'

/** Until when a start is measured: workerd listens once the Worker is evaluated; the first answer opens it. */
export type Until = 'listening' | 'first answer'

/**
 * Starts workerd with the shipped Worker, and with an empty one, until it listens and until the first
 * answer is there: one that the gateway gives by itself, so that configuration, routes and rules are
 * read, and no key is.
 */
export async function startUps(
  checkout: Checkout,
  { issuer, origin }: Surroundings,
): Promise<readonly Contender[]> {
  const variables = await variablesFor(shipped, issuer)
  return [shipped, empty].flatMap((entry) => {
    const bundle = bundleOf(checkout, entry)
    if (bundle === undefined) throw new Error(`${entry} does not build at ${checkout.name}`)
    const name = entry === shipped ? 'shipped' : 'empty'
    const start = () => startServer({ bundle, variables, originPort: origin.port })
    return (['listening', 'first answer'] as const).map((until) =>
      starting(startName(name, until), start, until),
    )
  })
}

/** How a start is named in a comparison. */
export function startName(name: 'shipped' | 'empty', until: Until): string {
  return `${name}, ${until}`
}

function starting(name: string, start: () => Promise<Server>, until: Until): Contender {
  let usedSeconds = 0
  return {
    name,
    cpuSeconds: () => usedSeconds,
    prepare: async () => {},
    async work() {
      for (let turn = 0; turn < startsPerWindow; turn++) {
        const server = await start()
        if (until === 'first answer') {
          await (await fetch(`http://127.0.0.1:${server.port}/`)).arrayBuffer()
        }
        usedSeconds += server.cpuSeconds()
        await server.stop()
      }
      return startsPerWindow
    },
  }
}

/** How large a Worker is, in KiB. */
export interface Sizes {
  /** All that is uploaded, compressed. */
  readonly uploadedGzipKiB: number
  /** What is evaluated when an isolate starts, compressed: the rest waits until it is first used. */
  readonly evaluatedGzipKiB: number
}

/** The sizes of the shipped Worker. */
export async function sizesOf(checkout: Checkout): Promise<Sizes> {
  const uploaded = bundleOf(checkout, shipped)
  if (uploaded === undefined) throw new Error(`${shipped} does not build at ${checkout.name}`)
  const evaluated = await evaluatedText(checkout)
  return { uploadedGzipKiB: gzipKiB(uploaded), evaluatedGzipKiB: gzipKiB(evaluated) }
}

function gzipKiB(text: string): number {
  return gzipSync(text).byteLength / 1024
}

/** The modules that the entry reaches without a dynamic import, in one text. */
async function evaluatedText({ folder }: Checkout): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, shipped)],
    absWorkingDir: folder,
    bundle: true,
    splitting: true,
    outdir: 'dist',
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    metafile: true,
    logLevel: 'silent',
  })
  const texts = new Map(outputFiles.map(({ path, text }) => [path.replace(/^.*\//, ''), text]))
  const pending = ['index.js']
  const reached = new Set<string>()
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name)) continue
    reached.add(name)
    const imports = (texts.get(name) ?? '').matchAll(
      /^(?:import|export)[^;]*?from\s*"\.\/([^"]+)"|^import "\.\/([^"]+)"/gm,
    )
    for (const [, from, bare] of imports) pending.push(from ?? bare ?? '')
  }
  return [...reached].map((name) => texts.get(name) ?? '').join('\n')
}
