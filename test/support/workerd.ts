import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { nothingBehind, productionPlatform, projectPath } from './platform.ts'

/** A Worker that runs in a workerd process of its own. */
export interface RunningWorker {
  /** The port on 127.0.0.1 whose every byte is read by workerd itself. */
  readonly port: number
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly keys: () => ReturnType<Miniflare['getKVNamespace']>
  readonly database: () => ReturnType<Miniflare['getD1Database']>
  readonly stop: () => Promise<void>
}

/** What to start: a module of this project, relative to its folder, and the variables it sees. */
export interface WorkerStart {
  readonly entry: string
  readonly variables?: Readonly<Record<string, string>>
  /** Rate Limiting bindings, of which production has none until somebody adds one. */
  readonly ratelimits?: Readonly<Record<string, RateLimitBinding>>
}

/** What `wrangler.toml` says of a Rate Limiting binding beside its name. */
interface RateLimitBinding {
  readonly namespace_id: string
  readonly simple: { readonly limit: number; readonly period: 10 | 60 }
}

/** A module as it is built, and the names that it exports. */
interface Bundle {
  readonly text: string
  readonly exports: readonly string[]
}

const bundles = new Map<string, Promise<Bundle>>()

/** One ES module with everything that `entry` reaches, built as wrangler builds it, once per file. */
export async function bundle(entry: string): Promise<string> {
  return (await built(entry)).text
}

function built(entry: string): Promise<Bundle> {
  const known = bundles.get(entry)
  if (known !== undefined) return known
  const made = build({
    entryPoints: [`${projectPath}${entry}`],
    absWorkingDir: projectPath,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.txt': 'text', '.html': 'text', '.sql': 'text', '.css': 'text' },
    logLevel: 'silent',
  }).then(({ outputFiles, metafile }) => ({
    text: outputFiles[0]?.text ?? '',
    exports: Object.values(metafile.outputs).flatMap(({ exports }) => exports),
  }))
  bundles.set(entry, made)
  return made
}

/**
 * Starts a Worker on the bindings of production, each empty and in memory. Requests go to a direct
 * socket, which is workerd's own: Miniflare's entry, like `wrangler dev`, would resolve dot segments and
 * turn backslashes into slashes before the Worker. Nothing is fetched to fill `request.cf`.
 */
export async function startWorker(start: WorkerStart): Promise<RunningWorker> {
  const { entry, variables = {}, ratelimits = {} } = start
  const { text, exports } = await built(entry)
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...productionPlatform(),
      // A small Worker that has no such class has no objects.
      ...(!exports.includes('Limiter') && { durableObjects: {} }),
      ...(!exports.includes('Sync') && nothingBehind),
      ratelimits,
      name: 'usher',
      modules: [{ type: 'ESModule', path: 'worker.mjs', contents: text }],
      bindings: variables,
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      stripCfConnectingIp: false,
      cf: false,
    }),
  )
  await miniflare.ready
  const { port } = await miniflare.unsafeGetDirectURL()
  return {
    port: Number(port),
    url: `http://127.0.0.1:${port}`,
    keys: () => miniflare.getKVNamespace('KV'),
    database: () => miniflare.getD1Database('DB'),
    stop: () => miniflare.dispose(),
  }
}
