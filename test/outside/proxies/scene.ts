import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { bearer, grace } from '../../support/gateway.ts'
import { headerValues, type RawOrigin, startRawOrigin } from '../../support/raw.ts'
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
  /** A folder of that name, and what a proxy has to know. */
  readonly surroundings: (name: string) => Surroundings
  readonly close: () => Promise<void>
}

const plainAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const switching = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  '\r\n',
].join('\r\n')

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
      USHER_SIGNING_KEY: await makeSigningKeys(),
      EDGE_SECRET: callerSecret,
    },
  })
  const api = await startRawOrigin((request) =>
    headerValues(request, 'upgrade').length > 0 ? switching : plainAnswer,
  )
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

/** The last check had Usher's own name, and nothing of the client's connection or body. */
export function expectPlainCheck({ door }: ProxyScene): void {
  const check = door.heard()
  expect(check).toMatch(/^host: usher\.example\.com\r$/im)
  expect(check).not.toMatch(
    /^(?:connection: upgrade|upgrade|transfer-encoding|content-length: [^0])/im,
  )
  expect(check.endsWith('\r\n\r\n')).toBe(true)
}
