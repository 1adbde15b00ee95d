import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accountSteps } from '../../src/cli/account-steps.ts'
import type { Line } from '../../src/cli/line.ts'
import { machineSteps } from '../../src/cli/machine-steps.ts'
import { type Reach, type Tools, takeSteps } from '../../src/cli/step.ts'
import { openWorkerFile } from '../../src/cli/worker-file.ts'
import { defineGateway } from '../../src/config/define.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { makeSigningKeys } from '../support/signing-keys.ts'
import { failure, fakeWrangler, pendingTable } from './fake-wrangler.ts'

/** A `wrangler.toml` as it ships, in short. */
export const shipped = `name = "usher"
main = "src/index.ts"
compatibility_date = "2026-10-01"
workers_dev = false

[[kv_namespaces]]
binding = "KV" # keys

[[d1_databases]]
binding = "DB"
database_name = "usher"

[[queues.producers]]
binding = "QUEUE"
queue = "usher"

[[queues.consumers]]
queue = "usher"
dead_letter_queue = "usher-dead"

[[queues.consumers]]
queue = "usher-dead"

[[workflows]]
binding = "SYNC"
name = "usher-sync"
class_name = "Sync"

[triggers]
crons = ["* * * * *"]
`

/** An account in which nothing is there yet. */
export const emptyAccount = {
  'deploy --dry-run': 'Total Upload: 500 KiB / gzip: 100 KiB',
  'kv namespace list': ['[]', '[{"title":"usher-kv","id":"kv-id"}]'],
  'd1 list': ['[]', '[{"name":"usher","uuid":"d1-id"}]'],
  'queues info': failure(
    'Queue "usher" does not exist. To create it, run: wrangler queues create usher',
  ),
  'queues info usher-dead': failure('Queue "usher-dead" does not exist.'),
  'd1 migrations apply': pendingTable,
  'secret list': failure('Worker "usher" not found.'),
  deploy: 'Deployed usher triggers\n  https://usher.acme.workers.dev\n',
}

/** The gateway that is deployed. */
export const definition = defineGateway((env) => ({
  origins: { api: { url: env.ORIGIN_URL } },
  routes: [{ path: '/**', origin: 'api' }],
}))

/** What production is given in a file. */
export const given = {
  ORIGIN_URL: 'https://api.internal.example.com',
  CLERK_FRONTEND_API: 'clerk.example.com',
  CLERK_SECRET_KEY: 'sk_live_hush',
  CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${'hush'.repeat(8)}`,
}

/** A gateway that is ready when it is asked for the second time, and what it says to anyone. */
export function fakeGateway(answerAnyone: () => Response) {
  const urls: string[] = []
  async function send({ url }: Request): Promise<Response> {
    urls.push(url)
    if (!url.endsWith('/readyz')) return answerAnyone()
    return new Response(null, { status: urls.length < 2 ? 503 : 200 })
  }
  return { urls, send }
}

const refused = () => Response.json({ code: 'token-missing' }, { status: 401 })

interface Attempt extends Partial<Tools>, Partial<Reach> {
  readonly send?: Tools['network']['send']
  readonly account?: Parameters<typeof fakeWrangler>[0]
  readonly toml?: string
}

/** Deploys to a fake account, in a folder of its own, and tells how it went. */
export async function attempt({
  account = emptyAccount,
  toml = shipped,
  send,
  ...rest
}: Attempt = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'usher-deploy-'))
  const path = join(folder, 'wrangler.toml')
  writeFileSync(path, toml)
  const { isDryRun = false, hasAccount = true, ...tools } = rest
  const file = openWorkerFile(path, isDryRun)
  if (!file.ok) throw new Error(file.error)
  const wrangler = fakeWrangler(account)
  const gateway = fakeGateway(refused)
  const clock = createFakeClock()
  const lines: Line[] = []
  const taken = takeSteps(
    [...machineSteps, ...accountSteps],
    {
      file: file.value,
      definition,
      run: wrangler.run,
      network: { send: send ?? gateway.send, clock },
      ask: undefined,
      options: { host: 'api.example.com' },
      given,
      newSigningKeys: await makeSigningKeys(),
      ...tools,
    },
    { isDryRun, hasAccount, say: (line) => lines.push(line) },
  )
  const isSound = await passing(clock, taken)
  const after = readFileSync(path, 'utf8')
  rmSync(folder, { recursive: true })
  const marks = lines.map(({ mark, name }) => `${mark} ${name}`)
  const printed = lines.map(({ text }) => text).join('\n')
  return { isSound, marks, printed, toml: after, wrangler, urls: gateway.urls }
}

/** Lets time pass until `work` is done. */
async function passing<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let isOver = false
  const end = work.finally(() => {
    isOver = true
  })
  while (!isOver) await clock.advance(1000)
  return end
}
