import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { productionPlatform } from '../support/platform.ts'

/** The core that the process under test has for itself; load and origin have the other. */
const serverCore = '0'

/** A workerd process that serves one Worker, without Miniflare, wrangler or an inspector. */
export interface Server {
  readonly port: number
  /** CPU seconds of the process since it began, from the scheduler's own books. */
  readonly cpuSeconds: () => number
  /** Memory of the process in MiB. */
  readonly residentMiB: () => number
  readonly stop: () => Promise<void>
}

/** What to serve. */
export interface Serving {
  /** The text of the one module. */
  readonly bundle: string
  readonly variables?: Readonly<Record<string, string>>
  /** The most that its JavaScript may hold; what workerd gives when not set. */
  readonly heapMaxMiB?: number | undefined
  /** Where everything goes that the Worker fetches: nothing else can be reached. */
  readonly originPort: number
}

const { compatibilityDate, compatibilityFlags = [] } = productionPlatform()
const architecture = process.arch === 'arm64' ? 'arm64' : '64'
/** The program itself: the wrapper that `workerd` puts before it would be another process. */
const workerd = createRequire(import.meta.url).resolve(
  `@cloudflare/workerd-linux-${architecture}/bin/workerd`,
)

/** KV that holds nothing, and D1 that knows nobody: what lies beyond them is not measured. */
const emptyStore = `export default {
  async fetch(request) {
    if (request.method === 'PUT') return new Response(null)
    if (request.method === 'GET') return new Response(null, { status: 404 })
    const result = () => ({ success: true, results: { columns: [], rows: [] }, meta: { changes: 0 } })
    const asked = await request.json()
    return Response.json(Array.isArray(asked) ? asked.map(result) : result())
  },
}`

/** What still runs when something else fails ends with this process. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts workerd on a configuration written for it, and gives it once it listens. */
export async function startServer(serving: Serving): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  writeFileSync(join(folder, 'worker.mjs'), serving.bundle)
  writeFileSync(join(folder, 'store.mjs'), emptyStore)
  writeFileSync(join(folder, 'config.capnp'), configuration(serving))
  const child = spawn(
    'taskset',
    ['-c', serverCore, workerd, 'serve', '--experimental', '--control-fd=3', 'config.capnp'],
    { cwd: folder, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  )
  const { pid } = child
  if (pid === undefined) throw new Error('workerd could not be started')
  running.add(child)
  const port = await listeningPort(child.stdio[3] as Readable)
  return {
    port,
    cpuSeconds: () => cpuSecondsOf(pid),
    residentMiB: () => residentMiBOf(pid),
    async stop() {
      child.kill('SIGKILL')
      await once(child, 'exit')
      running.delete(child)
      rmSync(folder, { recursive: true })
    },
  }
}

async function listeningPort(control: Readable): Promise<number> {
  for await (const line of createInterface({ input: control })) {
    const { event, port } = JSON.parse(line) as { event?: string; port?: number }
    if (event === 'listen' && port !== undefined) return port
  }
  throw new Error('workerd ended before it listened')
}

function configuration({ variables = {}, originPort, heapMaxMiB }: Serving): string {
  const flags = heapMaxMiB === undefined ? '' : `v8Flags = ["--max-old-space-size=${heapMaxMiB}"],`
  const texts = Object.entries(variables).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  )
  const d1 =
    '(moduleName = "cloudflare-internal:d1-api", innerBindings = [(name = "fetcher", service = "store")])'
  const bindings = [
    ...texts,
    '(name = "KV", kvNamespace = "store")',
    `(name = "DB", wrapped = ${d1})`,
  ]
  const worker = (module: string, more: string) => `(
    modules = [(name = "${module}", esModule = embed "${module}")],
    compatibilityDate = "${compatibilityDate}",
    compatibilityFlags = ${JSON.stringify(compatibilityFlags)},
    globalOutbound = "origin",
    ${more}
  )`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  ${flags}
  services = [
    (name = "main", worker = ${worker('worker.mjs', `bindings = [${bindings.join(', ')}],`)}),
    (name = "store", worker = ${worker('store.mjs', '')}),
    (name = "origin", external = (address = "127.0.0.1:${originPort}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`
}

/** Nanoseconds on the processor, summed over the threads. */
function cpuSecondsOf(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = tasks.map((task) => {
    const books = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8')
    return Number(books.split(' ', 1))
  })
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e9
}

function residentMiBOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}
