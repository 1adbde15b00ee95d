import { makeSigningKeys } from '../support/signing-keys.ts'
import { bundleOf, type Checkout } from './bundles.ts'
import { type Load, openLoad } from './load.ts'
import { bodyPath, type TinyOrigin } from './origin.ts'
import type { Contender } from './rounds.ts'
import { startServer } from './server.ts'
import type { BenchIssuer } from './tokens.ts'

/** What is measured with whole requests: a Worker, and whose tokens it is shown. */
export interface Kind {
  readonly name: string
  readonly entry: string
  readonly tokens: (issuer: BenchIssuer) => readonly string[]
  /** How many of the first tokens of a window were here before it; none when not set. */
  readonly knownCount?: number
  /** What is asked for; the same few bytes as ever when not set. */
  readonly path?: string
  /** The most that its JavaScript may hold; what workerd gives when not set. */
  readonly heapMaxMiB?: number
}

const shipped = 'src/index.ts'
const requestsPerWindow = 4000
const sessions = 500
let serial = 0

/** Everyone was here before, with these very tokens. */
export function known(people: number, requests: number): Pick<Kind, 'tokens' | 'knownCount'> {
  return {
    knownCount: people,
    tokens(issuer) {
      const tokens = Array.from({ length: people }, (_, user) =>
        issuer.token({ user, session: user }),
      )
      return Array.from({ length: requests }, (_, index) => tokens[index % people] ?? '')
    },
  }
}

const regulars = known(sessions, requestsPerWindow)

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
  { name: 'bare pass-through', entry: bare, ...regulars },
  { name: 'plumbing alone', entry: worker('plumbing'), ...regulars },
  { name: '@hono/clerk-auth + hono/proxy', entry: worker('clerk-auth'), ...regulars },
  { name: '@clerk/hono + hono/proxy', entry: worker('clerk-hono'), ...regulars },
]

/** The gateway in its ways of being used. */
export const usher: readonly Kind[] = [
  { name: 'warm', entry: shipped, ...regulars },
  { name: 'warm, assertion only', entry: worker('assertion-only'), ...regulars },
  { name: 'every token new', entry: shipped, tokens: newTokens },
  { name: 'every session new', entry: shipped, tokens: newSessions },
  { name: 'a request assertion each', entry: worker('request-assertion'), ...regulars },
]

/** Sizes of answers, and how many make a window that lasts about as long as any other. */
const bodies = [
  { size: '1 KiB', bytes: 2 ** 10, requests: 4000 },
  { size: '100 KiB', bytes: 100 * 2 ** 10, requests: 1500 },
  { size: '10 MiB', bytes: 10 * 2 ** 20, requests: 60 },
] as const

/** How answers of one size are named, from the gateway or from a bare pass-through. */
export function bodyName(size: string, from: 'usher' | 'bare'): string {
  return `${from === 'usher' ? 'warm' : 'bare pass-through'}, ${size}`
}

/** The sizes of {@link bodyName}. */
export const bodySizes = bodies.map(({ size }) => size)

/** Answers of several sizes past a bare pass-through. */
export const bareBodies: readonly Kind[] = bodies.map((body) => bodyKind(body, 'bare'))

/** The same past the gateway. */
export const usherBodies: readonly Kind[] = bodies.map((body) => bodyKind(body, 'usher'))

function bodyKind(
  { size, bytes, requests }: (typeof bodies)[number],
  from: 'usher' | 'bare',
): Kind {
  const entry = from === 'usher' ? shipped : bare
  const people = Math.min(sessions, requests / 3)
  return { name: bodyName(size, from), entry, path: bodyPath(bytes), ...known(people, requests) }
}

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

/** The host that all of them serve. */
export const host = 'gate.usher.test'
const usualPath = '/api/projects/42?page=2'
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
  { name, entry, tokens, knownCount = 0, path = usualPath, heapMaxMiB }: Kind,
  checkout: Checkout,
  { issuer, origin }: Surroundings,
): Promise<RunningContender | undefined> {
  const bundle = bundleOf(checkout, entry)
  if (bundle === undefined) return undefined
  const variables = await variablesFor(entry, issuer)
  const server = await startServer({ bundle, variables, originPort: origin.port, heapMaxMiB })
  const load = openLoad(server.port, { host, path })
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
      await load.send(window.slice(0, knownCount))
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
