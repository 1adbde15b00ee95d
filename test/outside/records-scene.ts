import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { localUsers } from '../../src/local/clerk/users.ts'
import { keyringPath, openKeyring, secretKey } from '../../src/local/keyring.ts'
import { at, type ClerkBrowser, openClerkBrowser } from '../support/clerk-browser.ts'
import { mintSession, type SessionDraft } from '../support/mint-session.ts'
import { type Started, startLocalMode } from '../support/start.ts'

/** Whoever is to be the subject of a token: a local user, or somebody else by id. */
export type Caller = SessionDraft['user']

/** What was answered, its JSON parsed. */
export interface Answered {
  readonly status: number
  readonly body: unknown
}

/** Local mode with an empty memory: Clerk on one side, records on the other. */
export interface RecordsScene {
  /** Calls the Backend API, as a server with the secret key. */
  readonly clerk: (method: string, path: string, body?: object) => Promise<Answered>
  /** Breaks or mends something at the stand-in; what it must do next is done at once. */
  readonly flip: (switches: object) => Promise<void>
  /** What the stand-in has sent and what came of it, the newest first. */
  readonly deliveries: () => Promise<readonly Delivery[]>
  /** Asks the gateway with a token that says so. */
  readonly ask: (path: string, user: Caller, expiresSeconds?: number) => Promise<Answered>
  /** The gateway's record of a user, as its API shows it to an administrator; `undefined` where it has none. */
  readonly record: (userId: string) => Promise<Readonly<Record<string, unknown>> | undefined>
  /** A browser that is signed in by password, with Clerk's script in it, behind the gateway's proxy. */
  readonly signIn: (person: {
    readonly email: string
    readonly password: string
  }) => Promise<ClerkBrowser>
  /** Waits until every webhook was delivered, and applied. */
  readonly settled: () => Promise<void>
  /** Ends local mode, and starts it again on the same port and state. */
  readonly stop: () => Promise<void>
  readonly restart: () => Promise<void>
  readonly close: () => Promise<void>
}

/** One webhook at the stand-in. */
export interface Delivery {
  readonly type: string
  readonly state: 'pending' | 'delivered' | 'failed'
  readonly attempts: readonly { readonly status: number | null }[]
}

/** Longer than anything may take that has a bound of seconds. */
const patienceMs = 20_000

/** How long it took until `holds`; fails when that takes too long. */
export async function until(holds: () => Promise<boolean>, limitMs = patienceMs): Promise<number> {
  const startedMs = performance.now()
  while (!(await holds())) {
    if (performance.now() - startedMs > limitMs) throw new Error(`Not within ${limitMs} ms`)
    await pause(20)
  }
  return performance.now() - startedMs
}

/** The id of a local user. */
export function idOf(name: string): string {
  const user = localUsers.get(name)
  if (user === undefined) throw new Error(`Nobody knows ${name}`)
  return user.id
}

/** Starts all of it. */
export async function openRecords(): Promise<RecordsScene> {
  const state = await mkdtemp(join(tmpdir(), 'usher-records-'))
  let gateway: Started = await startLocalMode({ state })
  const { port } = gateway
  const url = `http://localhost:${port}`
  const [standIn, records] = [await openStandIn(`${url}/__stand-in`), openApi(url)]
  return {
    ...{ ...standIn, ...records },
    signIn: (person) => signIn(url, person),
    async settled() {
      const areDelivered = async () =>
        (await standIn.deliveries()).every(({ state }) => state === 'delivered')
      await until(areDelivered)
      await until(async () => (await records.unapplied()) === 0)
    },
    stop: () => gateway.stop(),
    async restart() {
      gateway = await startLocalMode({ state, port })
    },
    async close() {
      await gateway.stop()
      await rm(state, { recursive: true, force: true })
    },
  }
}

const json = { 'content-type': 'application/json' }

/** The stand-in, as a server and its own page speak to it. */
async function openStandIn(
  url: string,
): Promise<Pick<RecordsScene, 'clerk' | 'flip' | 'deliveries'>> {
  const secret = secretKey(await openKeyring(keyringPath))
  return {
    async clerk(method, path, body) {
      const headers = { ...json, authorization: `Bearer ${secret}` }
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
      return answered(await fetch(`${url}/backend/v1${path}`, init))
    },
    async flip(switches) {
      const init = { method: 'POST', headers: json, body: JSON.stringify(switches) }
      expectSound(await answered(await fetch(`${url}/switches`, init)))
    },
    async deliveries() {
      const told = expectSound(await answered(await fetch(`${url}/deliveries.json`)))
      return at(told, 'deliveries') as readonly Delivery[]
    },
  }
}

/** The gateway, as callers and an administrator speak to it. */
function openApi(url: string) {
  const ask: RecordsScene['ask'] = async (path, user, expiresSeconds = 60) => {
    const authorization = `Bearer ${await mintSession({ user, expiresSeconds })}`
    return answered(await fetch(`${url}${path}`, { headers: { authorization } }))
  }
  const countOf = async (state: string) => {
    const told = expectSound(await ask(`/_usher/api/webhooks?limit=100&state=${state}`, 'ada'))
    return (at(told, 'data') as readonly unknown[]).length
  }
  const record: RecordsScene['record'] = async (userId) => {
    const told = await ask(`/_usher/api/users/${userId}`, 'ada')
    if (told.status === 404) return undefined
    return expectSound(told) as Readonly<Record<string, unknown>>
  }
  /** How many webhooks were taken in and not applied. */
  const unapplied = async () => (await countOf('received')) + (await countOf('queued'))
  return { ask, record, unapplied }
}

async function signIn(
  url: string,
  { email, password }: Parameters<RecordsScene['signIn']>[0],
): Promise<ClerkBrowser> {
  const browser = openClerkBrowser({
    fetch: async (request) => fetch(await throughGateway(request, url)),
    now: Date.now,
    origin: url,
    secretKey: '',
  })
  const credential = { identifier: email, strategy: 'password', password }
  expectSound(await browser.post('/v1/client/sign_ins', credential))
  return browser
}

/** The body of what was answered with 200. */
function expectSound({ status, body }: Answered): unknown {
  if (status === 200) return body
  throw new Error(`${status}: ${JSON.stringify(body)}`)
}

/** What Clerk's script sends to the gateway's own domain: nothing that speaks for a proxy is in it. */
async function throughGateway(request: Request, url: string): Promise<Request> {
  const { pathname, search } = new URL(request.url)
  const { method } = request
  const headers = new Headers(request.headers)
  for (const name of ['clerk-proxy-url', 'clerk-secret-key', 'x-forwarded-for'])
    headers.delete(name)
  const body = method === 'GET' ? {} : { body: await request.text() }
  const proxied = `${url}${pathname.replace('/frontend', '/__clerk')}${search}`
  return new Request(proxied, { method, headers, ...body })
}

async function answered(response: Response): Promise<Answered> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, body: isJson ? JSON.parse(text) : text }
}
