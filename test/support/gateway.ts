import { once } from 'node:events'
import { connect } from 'node:net'
import type { RequestRecord } from '../../src/events/record.ts'
import { type RawMessage, type RawOrigin, rawGet, sendRaw, startRawOrigin } from './raw.ts'
import { makeSigningKeys } from './signing-keys.ts'
import { makeKey, mintSession, publicPem, testIssuer } from './tokens.ts'
import { type RunningWorker, startWorker, type WorkerStart } from './workerd.ts'

/** What the gateway noted and no answer says. */
export interface Notes {
  readonly records: readonly RequestRecord[]
  /** What is wrong with its configuration. */
  readonly problems: readonly string[]
}

/** The whole gateway in a workerd process of its own, reached over its socket. */
export interface RunningGateway {
  readonly port: number
  /** A session token of ada, Usher's administrator, with some claims changed. */
  readonly token: (changes?: Record<string, unknown>) => Promise<string>
  /** Sends a GET for exactly this target, with these header lines. */
  readonly get: (target: string, headerLines?: readonly string[]) => Promise<RawMessage>
  /** What was noted since it was last asked. */
  readonly notes: () => Promise<Notes>
  /** Its D1, which is empty: facts come from it with the variable `FACTS` set to `d1`. */
  readonly database: RunningWorker['database']
  readonly stop: () => Promise<void>
}

/** Claims of someone with a session who is nobody in Usher. */
export const grace = { sub: 'user_grace', sid: 'sess_grace' }

/** A port where nothing listens: the discard service, which no test machine runs. */
const nowhereUrl = 'http://127.0.0.1:9'

/** Starts the gateway of `gateway.worker.ts` before an origin on this machine. */
export async function startGateway(
  originUrl: string,
  variables: Readonly<Record<string, string>> = {},
  ratelimits: WorkerStart['ratelimits'] = {},
): Promise<RunningGateway> {
  const key = await makeKey()
  const { port, database, stop } = await startWorker({
    entry: 'test/support/gateway.worker.ts',
    ratelimits,
    variables: {
      ORIGIN_URL: originUrl,
      NOWHERE_URL: nowhereUrl,
      CLERK_JWT_KEY: await publicPem(key),
      CLERK_JWT_ISSUER: testIssuer,
      AUTHORIZED_PARTIES: 'https://app.usher.test',
      USHER_SIGNING_KEY: await makeSigningKeys(),
      ...variables,
    },
  })
  const get = (target: string, headerLines: readonly string[] = []) =>
    sendRaw(port, rawGet(target, headerLines))
  return {
    port,
    token: (changes) => mintSession(key, Math.floor(Date.now() / 1000), changes),
    get,
    notes: async () => JSON.parse((await get('/', ['Host: notes.usher.test'])).body) as Notes,
    database,
    stop,
  }
}

/** The gateway between a test and a raw origin. */
export interface Scene {
  readonly gateway: RunningGateway
  readonly origin: RawOrigin
  /** What the origin answers from now on, byte by byte. */
  readonly answerWith: (bytes: string) => void
  /** The one request that reached the origin; fails when there was none, or more. */
  readonly arrived: () => RawMessage
  /** Forgets what happened, and lets the origin answer plainly again. */
  readonly clear: () => void
  readonly close: () => Promise<void>
}

const plainAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** Starts an origin and the gateway before it. */
export async function openScene(variables?: Readonly<Record<string, string>>): Promise<Scene> {
  let answer = plainAnswer
  const origin = await startRawOrigin(() => answer)
  const gateway = await startGateway(origin.url, variables)
  return {
    gateway,
    origin,
    answerWith(bytes) {
      answer = bytes
    },
    arrived() {
      const [request, ...others] = origin.requests
      if (request === undefined) throw new Error('The origin was not reached')
      if (others.length > 0) throw new Error('The origin was reached more than once')
      return request
    },
    clear() {
      origin.requests.length = 0
      answer = plainAnswer
    },
    async close() {
      await gateway.stop()
      await origin.stop()
    },
  }
}

/** The path and query that a request line asks for. */
export function targetOf({ startLine }: RawMessage): string {
  return startLine.split(' ')[1] ?? ''
}

/** A `Bearer` line with this token. */
export function bearer(token: string): string {
  return `Authorization: Bearer ${token}`
}

/** The bytes of a request that ends its connection; `GET` and `HEAD` have no body. */
export function rawRequest(
  method: string,
  target: string,
  { headerLines = [], body }: { headerLines?: readonly string[]; body?: string } = {},
): string {
  const framing = body === undefined ? [] : [`Content-Length: ${body.length}`]
  const head = rawGet(target, [...headerLines, ...framing]).replace(/^GET/, method)
  return `${head}${body ?? ''}`
}

/** Sends these bytes and gives all that comes back until the connection ends, as HEAD needs it. */
export async function converse(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  socket.write(bytes, 'latin1')
  let text = ''
  socket.on('data', (part: string) => {
    text += part
  })
  await once(socket, 'end')
  socket.destroy()
  return text
}
