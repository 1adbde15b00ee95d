import { makeSigningKeys } from '../support/signing-keys.ts'
import { bundleOf, type Checkout } from './bundles.ts'
import { type Load, openLoad } from './load.ts'
import type { TinyOrigin } from './origin.ts'
import type { Contender } from './rounds.ts'
import { startServer } from './server.ts'
import type { BenchIssuer } from './tokens.ts'

/** What is measured with whole requests: a Worker, and whose tokens it is shown. */
interface Kind {
  readonly name: string
  readonly entry: string
  readonly tokens: (issuer: BenchIssuer) => readonly string[]
  /** The most that its JavaScript may hold; what workerd gives when not set. */
  readonly heapMaxMiB?: number
}

const shipped = 'src/index.ts'
const requestsPerWindow = 4000
const sessions = 500
let serial = 0

/** Everyone was here before, with these very tokens. */
function known(issuer: BenchIssuer): readonly string[] {
  const tokens = Array.from({ length: sessions }, (_, user) =>
    issuer.token({ user, session: user }),
  )
  return Array.from({ length: requestsPerWindow }, (_, index) => tokens[index % sessions] ?? '')
}

/** Everyone was here before; each token is used once. */
function newTokens(issuer: BenchIssuer): readonly string[] {
  return Array.from({ length: requestsPerWindow }, (_, index) =>
    issuer.token({ user: index % sessions, session: index % sessions }),
  )
}

/** The same people, each time with a session of their own. */
function newSessions(issuer: BenchIssuer): readonly string[] {
  return Array.from({ length: requestsPerWindow }, (_, index) => {
    serial += 1
    return issuer.token({ user: index % sessions, session: sessions + serial })
  })
}

const worker = (name: string) => `test/bench/workers/${name}.worker.ts`

/** The bare pass-through. */
export const bare = worker('bare')

/** What stands beside the gateway: the limit of the platform, and what one would write otherwise. */
export const others: readonly Kind[] = [
  { name: 'bare pass-through', entry: bare, tokens: known },
  { name: 'plumbing alone', entry: worker('plumbing'), tokens: known },
  { name: '@hono/clerk-auth + hono/proxy', entry: worker('clerk-auth'), tokens: known },
  { name: '@clerk/hono + hono/proxy', entry: worker('clerk-hono'), tokens: known },
]

/** The gateway in its ways of being used. */
export const usher: readonly Kind[] = [
  { name: 'warm', entry: shipped, tokens: known },
  { name: 'warm, assertion only', entry: worker('assertion-only'), tokens: known },
  { name: 'every token new', entry: shipped, tokens: newTokens },
  { name: 'every session new', entry: shipped, tokens: newSessions },
  { name: 'a request assertion each', entry: worker('request-assertion'), tokens: known },
]

/** A contender whose server runs until it is stopped. */
export interface RunningContender extends Contender {
  readonly residentMiB: () => number
  readonly stop: () => Promise<void>
}

/** Where the contenders find the rest of the world. */
export interface Surroundings {
  readonly issuer: BenchIssuer
  readonly origin: TinyOrigin
}

const host = 'gate.usher.test'
const originHost = 'api.usher.test'

/** The variables of all Workers. Clerk's middlewares have the key at hand; the gateway fetches it once. */
export async function variablesFor(entry: string, issuer: BenchIssuer) {
  const common = {
    ORIGIN_URL: `https://${originHost}`,
    CLERK_PUBLISHABLE_KEY: `pk_test_${btoa('clerk.usher.test$')}`,
    AUTHORIZED_PARTIES: 'https://app.usher.test',
    HOSTS: host,
    USHER_SIGNING_KEY: await makeSigningKeys(),
  }
  const clerks = { CLERK_SECRET_KEY: 'sk_test_bench', CLERK_JWT_KEY: issuer.publicPem }
  return entry.includes('/clerk-') ? { ...common, ...clerks } : common
}

/**
 * Starts a contender and sees that it does its work: that identity arrives, what a client forged does
 * not, and that a request without a token is refused. `undefined` when this checkout cannot run it.
 */
export async function startContender(
  { name, entry, tokens, heapMaxMiB }: Kind,
  checkout: Checkout,
  { issuer, origin }: Surroundings,
): Promise<RunningContender | undefined> {
  const bundle = bundleOf(checkout, entry)
  if (bundle === undefined) return undefined
  const variables = await variablesFor(entry, issuer)
  const server = await startServer({ bundle, variables, originPort: origin.port, heapMaxMiB })
  const load = openLoad(server.port, host)
  const stop = async () => {
    await load.stop()
    await server.stop()
  }
  if (!(await works({ entry, load }, { issuer, origin }))) {
    await stop()
    return undefined
  }
  let window: readonly string[] = []
  return {
    name,
    cpuSeconds: server.cpuSeconds,
    residentMiB: server.residentMiB,
    // Those who are known were here before: the first time of a token is not part of the window.
    async prepare() {
      window = tokens(issuer)
      if (tokens === known) await load.send(window.slice(0, sessions))
    },
    async work() {
      await load.send(window)
      return window.length
    },
    stop,
  }
}

async function works(
  { entry, load }: { entry: string; load: Load },
  { issuer, origin }: Surroundings,
): Promise<boolean> {
  const authorization = `Bearer ${issuer.token({ user: 1, session: 1 })}`
  const told = await load.ask({ authorization, 'x-user-id': 'forged', 'x-usher-user-id': 'forged' })
  const head = origin.lastHead()
  if (entry === bare || entry === worker('plumbing')) return told === 200
  // A state of the project that does not know this configuration yet has nothing to be compared with.
  if (told === 503) return false
  const mine = entry.includes('/clerk-') ? 'x-user-id' : 'x-usher-user-id'
  const isTold = /^x-user-id: user_2bench|^x-usher-assertion: ey/im.test(head)
  const isStripped = !new RegExp(`^${mine}: forged`, 'im').test(head)
  const stranger = await load.ask({})
  if (told === 200 && isTold && isStripped && stranger === 401) return true
  throw new Error(`${entry} does not do its work: ${told}, ${stranger}, ${head}`)
}
