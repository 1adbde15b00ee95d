import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { projectPath } from './platform.ts'

/** How long `npm start` may take until it says what to try. */
const startLimitMs = 15_000

/** `npm start` as a person runs it, on a free port. */
export interface Started {
  readonly port: number
  /** What it printed until it was ready. */
  readonly printed: string
  readonly stop: () => Promise<void>
}

/** Starts local mode and waits until it says what to try; fails when that takes too long. */
export async function startLocalMode(): Promise<Started> {
  const port = await freePort()
  const env = { ...process.env, PORT: String(port) }
  const gateway = spawn('npm', ['start'], { cwd: projectPath, env, detached: true })
  let printed = ''
  gateway.stdout.on('data', (bytes) => {
    printed += bytes
  })
  const startedMs = performance.now()
  while (!printed.includes('Ctrl-C')) {
    if (performance.now() - startedMs > startLimitMs) {
      await end(gateway)
      throw new Error(`Nothing after ${startLimitMs} ms: ${printed}`)
    }
    await pause(100)
  }
  return { port, printed, stop: () => end(gateway) }
}

/** The whole group: npm, the shell that it starts, and the gateway. */
async function end(gateway: ChildProcess): Promise<void> {
  if (gateway.pid !== undefined) process.kill(-gateway.pid, 'SIGTERM')
  await once(gateway, 'exit')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}
