import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request as sendRequest } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { headerValues, type RawMessage } from '../../support/raw.ts'
import type { Case } from './assertions.ts'

// Real processes of other languages behind Usher, and what stands around them in a test.

/** A process that answers on a port of this machine. */
export interface OriginProcess {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** How to start one: `PORT` and these variables are its environment. */
export interface OriginCommand {
  readonly command: string
  readonly words: readonly string[]
  readonly folder: string
  readonly variables: Readonly<Record<string, string>>
}

const startLimitMs = 30_000

/** Starts a process and waits until its port takes connections; fails with what it said. */
export async function startOriginProcess(
  start: (port: number) => OriginCommand,
): Promise<OriginProcess> {
  const port = await freePort()
  const { command, words, folder, variables } = start(port)
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, PORT: String(port), ...variables }
  const child = spawn(command, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => {
      said += bytes
    })
  }
  const startedMs = performance.now()
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() - startedMs > startLimitMs) {
      await end(child)
      throw new Error(`${command} does not answer: ${said}`)
    }
    await pause(20)
  }
  return { port, stop: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

/** Something of this machine that tests wait for: a server that can be stopped. */
export interface Standing {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Where origins read the published keys. */
export interface KeyServer extends Standing {
  /** How often it was asked. */
  readonly asked: () => number
}

/** Serves the published keys as the gateway would: `read` gives its answer. */
export async function startKeyServer(
  read: () => Promise<RawMessage | undefined>,
): Promise<KeyServer> {
  let asked = 0
  const server = createServer(async (request, response) => {
    const isAsked = request.url === '/_usher/jwks.json'
    if (isAsked) asked += 1
    const published = isAsked ? await read() : undefined
    response.statusCode = published === undefined ? 404 : 200
    for (const name of ['content-type', 'cache-control']) {
      response.setHeader(name, published === undefined ? '' : headerValues(published, name))
    }
    response.end(published?.body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    server.closeAllConnections()
    await once(server.close(), 'close')
  }
  return { url: `http://127.0.0.1:${port}`, asked: () => asked, stop }
}

/** An address behind which one origin after the other stands. */
export interface Switch extends Standing {
  readonly lead: (port: number) => void
}

/** Starts a relay of bytes, so that one gateway can stand before many origins in turn. */
export async function startSwitch(): Promise<Switch> {
  let target = 0
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    return socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
  }
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createTcpServer((socket) => {
    const further = keep(connect(target, '127.0.0.1'))
    keep(socket).pipe(further).pipe(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    lead(next) {
      hangUp()
      target = next
    },
    async stop() {
      hangUp()
      await once(server.close(), 'close')
    },
  }
}

/** What an origin answered. */
export interface Answered {
  readonly status: number
  readonly body: string
}

/** Asks an origin directly, past the gateway; the path is sent as it is. */
export function askOrigin(port: number, one: Case, prefix = ''): Promise<Answered> {
  const headers = {
    'x-forwarded-host': one.host,
    'x-usher-user-id': 'user_mallory',
    'x-usher-authenticated': '1',
    ...(one.assertion !== undefined && { 'x-usher-assertion': one.assertion }),
  }
  const asked = {
    port,
    host: '127.0.0.1',
    path: `${prefix}${one.path}`,
    method: one.method,
    headers,
  }
  return new Promise((resolve, reject) => {
    const request = sendRequest(asked, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.on('error', reject).end()
  })
}

/** Whether a command of this machine ends well; where it does not, one line says what is missing. */
export function isThere(what: string, [command = '', ...words]: readonly string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'ignore' })
    return true
  } catch {
    process.stdout.write(`skipped: ${what} is not on this machine; the README names the package\n`)
    return false
  }
}
