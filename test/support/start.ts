import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { projectPath } from './platform.ts'

/** How long `npm start` may take until it says what to try. */
const startLimitMs = 40_000

/** `npm start` as a person runs it, on a free port. */
export interface Started {
  readonly port: number
  /** With these variables the commands beside it speak of the same people. */
  readonly env: NodeJS.ProcessEnv
  /** What it printed until it was ready. */
  readonly printed: string
  readonly stop: () => Promise<void>
  /** Ends all of it in the middle of whatever it does, as a machine that loses its power. */
  readonly kill: () => Promise<void>
}

/**
 * Starts local mode and waits until it says what to try; fails when that takes too long. `state` is the folder where
 * it keeps everything, a new one that goes with it when not given: two cannot share one. `port` is a free one.
 */
export async function startLocalMode(
  where: { readonly state?: string; readonly port?: number } = {},
): Promise<Started> {
  const port = where.port ?? (await freePort())
  const state = where.state ?? (await mkdtemp(join(tmpdir(), 'usher-state-')))
  const env = { ...process.env, USHER_STATE: state, PORT: String(port) }
  const gateway = spawn('npm', ['start'], { cwd: projectPath, env, detached: true })
  let printed = ''
  gateway.stdout.on('data', (bytes) => {
    printed += bytes
  })
  const startedMs = performance.now()
  while (!printed.includes('Ctrl-C')) {
    if (performance.now() - startedMs > startLimitMs) {
      await end(gateway, 'SIGTERM')
      throw new Error(`Nothing after ${startLimitMs} ms: ${printed}`)
    }
    await pause(100)
  }
  return {
    ...{ port, env, printed },
    kill: () => end(gateway, 'SIGKILL'),
    async stop() {
      await end(gateway, 'SIGTERM')
      if (where.state === undefined) await rm(state, { recursive: true, force: true })
    },
  }
}

/** The whole group: npm, the shell that it starts, and the gateway. */
async function end(gateway: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (gateway.pid !== undefined) process.kill(-gateway.pid, signal)
  await once(gateway, 'exit')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}
