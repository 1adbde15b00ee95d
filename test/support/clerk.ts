/**
 * The stand-in for Clerk, for tests: in this process, without a port or a network, on a clock that a test turns. Tests
 * of Usher and of its users call it, under any runner; what it answered is recorded, and can be held against Clerk's
 * descriptions.
 */
import type { IssuerKey } from '../../src/local/clerk/issuer.ts'
import type { Message } from '../../src/local/clerk/kernel/records.ts'
import { createTurningClock } from '../../src/local/clerk/kernel/turning-clock.ts'
import type { Settings } from '../../src/local/clerk/kernel/world.ts'
import { localGateway } from '../../src/local/clerk/machines.ts'
import { createStandIn, type StandIn, type StandInParts } from '../../src/local/clerk/stand-in.ts'
import { makeIssuerKey } from '../../src/local/keyring.ts'
import {
  type Answer,
  answerOf,
  type ClerkBrowser,
  type Members,
  openClerkBrowser,
} from './clerk-browser.ts'
import { noonMs } from './fake-clock.ts'
import { type Recording, recordedFetch } from './recording.ts'

export { createStandIn, type StandIn } from '../../src/local/clerk/stand-in.ts'
export { type Answer, answerOf, at, type ClerkBrowser, textAt } from './clerk-browser.ts'
export { type Listening, listen } from './listen.ts'
export {
  mintSession,
  type SessionDraft,
  type TokenIssuer,
  type WebhookSealing,
  webhook,
} from './mint-session.ts'
export { expectHonest, type Recording } from './recording.ts'

/** A server that has the secret key: paths are those of Clerk's description, below `/v1`. */
export interface ClerkServer {
  get(path: string, query?: Members): Promise<Answer>
  post(path: string, body?: Members): Promise<Answer>
  patch(path: string, body?: Members): Promise<Answer>
  put(path: string, body?: Members): Promise<Answer>
  delete(path: string, body?: Members): Promise<Answer>
}

/** A stand-in in a test's hand. */
export interface TestStandIn {
  readonly standIn: StandIn
  readonly settings: Settings
  readonly key: IssuerKey
  /** The same as `standIn.fetch`; what passes is recorded. */
  readonly fetch: (request: Request) => Promise<Response>
  readonly recording: Recording
  /** A new browser. */
  browser(): ClerkBrowser
  /** A server with the secret key, or another. */
  backend(secretKey?: string): ClerkServer
  /** The last message to an address, or to anybody. Throws where there is none. */
  lastMessage(to?: string): Message
  /** The last code that was sent to an address, or to anybody. Throws where there is none. */
  codeFor(to?: string): string
  /** Turns the clock. */
  turn(byMs: number): void
}

/** What a test may wish otherwise. */
export type TestStandInParts = Partial<Omit<StandInParts, 'settings'>> & {
  readonly settings?: Partial<Settings>
}

let testKey: Promise<IssuerKey> | undefined

/** Opens a stand-in that knows ada, grace, linus and acme, at noon of a day that never ends by itself. */
export async function createTestStandIn(parts: TestStandInParts = {}): Promise<TestStandIn> {
  testKey ??= makeIssuerKey()
  const { key = await testKey, clock = createTurningClock(() => noonMs), settings: wished } = parts
  const settings = { ...usualSettings(), ...wished }
  const unheard = await createStandIn({ ...parts, key, clock, settings })
  const { messages, deliveries } = unheard.world.state
  const { fetch, recording } = recordedFetch(unheard.fetch, () => deliveries.all())
  const standIn = { ...unheard, fetch }

  function lastMessage(to?: string): Message {
    const found = messages.all().findLast((one) => to === undefined || one.to === to)
    if (found !== undefined) return found
    throw new Error(`Nothing was sent to ${to ?? 'anybody'}`)
  }

  const { secretKey, applicationOrigin: origin } = settings
  return {
    ...{ standIn, settings, key, fetch, recording, lastMessage },
    browser: () => openClerkBrowser({ fetch, now: clock.now, origin, secretKey }),
    backend: (shown = secretKey) => openClerkServer(fetch, shown),
    codeFor(to) {
      const { code } = lastMessage(to)
      if (code !== null) return code
      throw new Error('The last message has no code')
    },
    turn: (byMs) => clock.turn(byMs),
  }
}

function usualSettings(): Settings {
  const host = 'clerk.0123abcd.localhost'
  return {
    host,
    publishableKey: `pk_live_${btoa(`${host}$`).replace(/=+$/, '')}`,
    secretKey: `sk_live_${'s'.repeat(43)}`,
    machine: { id: localGateway, secretKey: `ak_${'m'.repeat(43)}` },
    applicationOrigin: 'http://localhost:8787',
    webhook: {
      url: 'http://localhost:8787/_usher/webhooks/clerk',
      secret: `whsec_${btoa('a secret of a test, of 32 bytes.')}`,
    },
  }
}

function openClerkServer(
  fetch: (request: Request) => Promise<Response>,
  secretKey: string,
): ClerkServer {
  async function call(method: string, path: string, members?: Members): Promise<Answer> {
    const url = new URL(`http://127.0.0.1/backend/v1${path}`)
    const headers = new Headers({ authorization: `Bearer ${secretKey}` })
    if (method === 'GET') {
      for (const [name, value] of Object.entries(members ?? {})) {
        for (const item of Array.isArray(value) ? value : [value]) {
          url.searchParams.append(name, String(item))
        }
      }
      return answerOf(await fetch(new Request(url, { headers })))
    }
    if (members !== undefined) headers.set('content-type', 'application/json')
    const body = members === undefined ? {} : { body: JSON.stringify(members) }
    return answerOf(await fetch(new Request(url, { method, headers, ...body })))
  }
  return {
    get: (path, query) => call('GET', path, query),
    post: (path, body) => call('POST', path, body),
    patch: (path, body) => call('PATCH', path, body),
    put: (path, body) => call('PUT', path, body),
    delete: (path, body) => call('DELETE', path, body),
  }
}
