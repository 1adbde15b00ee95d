import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { bearer, grace } from '../../support/gateway.ts'
import { headerValues, type RawMessage, type RawOrigin, startRawOrigin } from '../../support/raw.ts'
import { makeSigningKeys } from '../../support/signing-keys.ts'
import { makeKey, mintSession, publicPem, testIssuer } from '../../support/tokens.ts'
import { type RunningWorker, startWorker } from '../../support/workerd.ts'
import { callerSecret, type Surroundings } from './proxy-process.ts'
import { type Certificate, makeCertificate, openTlsDoor, type TlsDoor } from './tls-door.ts'

/** What stands around a proxy: Usher in workerd behind TLS, and an API that keeps every byte it gets. */
export interface ProxyScene {
  readonly usher: RunningWorker
  readonly door: TlsDoor
  readonly api: RawOrigin
  /** What the door shows unless it is told otherwise: proxies trust it. */
  readonly trusted: Certificate
  /** The line that says who one is: an administrator, and somebody who is nothing. */
  readonly ada: string
  readonly graces: string
  /** The one request that reached the API since it was last asked. */
  readonly arrived: () => RawMessage
  /** The API was not reached. */
  readonly expectNothing: () => void
  /** A folder of that name, and what a proxy has to know. */
  readonly surroundings: (name: string) => Surroundings
  readonly close: () => Promise<void>
}

const plainAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
/** RFC 6455 section 1.3: HAProxy looks at what an API made of it. */
const socketId = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** The API takes whatever upgrade it is offered: what reaches it then has not been asked about. */
function answerOf(request: RawMessage): string {
  const [protocol] = headerValues(request, 'upgrade')
  if (protocol === undefined) return plainAnswer
  const [key = ''] = headerValues(request, 'sec-websocket-key')
  const accepted = createHash('sha1').update(`${key}${socketId}`).digest('base64')
  return [
    'HTTP/1.1 101 Switching Protocols',
    `Upgrade: ${protocol}`,
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accepted}`,
    '\r\n',
  ].join('\r\n')
}

/** Starts what stands around a proxy. */
export async function openProxyScene(): Promise<ProxyScene> {
  const folder = mkdtempSync(join(tmpdir(), 'usher-proxies-'))
  const trusted = makeCertificate(folder)
  const key = await makeKey()
  const usher = await startWorker({
    entry: 'test/outside/proxies/usher.worker.ts',
    variables: {
      CLERK_JWT_KEY: await publicPem(key),
      CLERK_JWT_ISSUER: testIssuer,
      AUTHORIZED_PARTIES: 'https://app.usher.test', // whom the minted sessions are for: cookies count
      USHER_SIGNING_KEY: await makeSigningKeys(),
      EDGE_SECRET: callerSecret,
    },
  })
  const api = await startRawOrigin(answerOf)
  const door = await openTlsDoor(trusted, usher.port)
  const nowSeconds = Math.floor(Date.now() / 1000)
  const exp = nowSeconds + 600 // 10 minutes: the machine may be busy
  return {
    usher,
    door,
    api,
    trusted,
    ada: bearer(await mintSession(key, nowSeconds, { exp })),
    graces: bearer(await mintSession(key, nowSeconds, { ...grace, exp })),
    arrived() {
      const [request, ...others] = api.requests.splice(0)
      if (request === undefined || others.length > 0) {
        throw new Error('Not one request reached the API')
      }
      return request
    },
    expectNothing: () => expect(api.requests).toEqual([]),
    surroundings(name) {
      const own = join(folder, name)
      mkdirSync(own, { recursive: true })
      const { certificatePath } = trusted
      return { folder: own, usherPort: door.port, apiPort: api.port, certificatePath }
    },
    async close() {
      await door.stop()
      await usher.stop()
      await api.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Somebody who answers in Usher's place, with 500 and the identity of a user. */
export function openBrokenUsher(): Promise<RawOrigin> {
  const lines = ['X-Usher-Authenticated: 1', 'X-Usher-User-Id: user_ada', 'Content-Length: 2']
  const answer = ['HTTP/1.1 500 Internal Server Error', ...lines, '', '{}'].join('\r\n')
  return startRawOrigin(() => answer)
}

/**
 * The last check had Usher's own name, nothing of the client's connection or body, one address, and nothing by
 * which Cloudflare's edge would answer it.
 */
export function expectPlainCheck({ door }: ProxyScene): void {
  const check = door.heard()
  expect(check).toMatch(/^host: usher\.example\.com\r$/im)
  expect(check).not.toMatch(
    /^(?:connection: upgrade|upgrade|transfer-encoding|content-length: [^0])/im,
  )
  expect(check).not.toMatch(/^(?:cf-|cdn-loop)/im)
  expect(check.match(/^x-forwarded-for:.*$/gim)).toEqual([
    expect.stringMatching(/^x-forwarded-for: 127\.0\.0\.1\r?$/i),
  ])
  expect(check.endsWith('\r\n\r\n')).toBe(true)
}
