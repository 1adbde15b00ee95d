import { request } from 'undici'
import { bundleOf, type Checkout } from './bundles.ts'
import { sendQuickly } from './quick-load.ts'
import type { Contender } from './rounds.ts'
import { type Server, startServer } from './server.ts'
import { host, known, type Surroundings, variablesFor } from './whole.ts'

/** Who is asked: the gateway as it is shipped, as lean as it can be configured, and a Worker that answers by rote. */
export const [check, leanCheck, noContent] = ['warm check', 'lean check', 'bare 204'] as const
/** How many ask at once: as many as keep a core busy, or one, who learns how long an answer takes. */
export const [crowd, single] = [', 32 at a time', ', one at a time'] as const

const shapes = [
  { crowding: crowd, connections: 32, requests: 6000 },
  { crowding: single, connections: 1, requests: 1000 },
] as const

const people = 500
const secret = 'the-proxy-of-the-benchmark-and-no-other'

/** Which Workers are measured with the checks of a proxy. */
export const entries = {
  [check]: 'test/bench/workers/check.worker.ts',
  [leanCheck]: 'test/bench/workers/check-lean.worker.ts',
  [noContent]: 'test/bench/workers/no-content.worker.ts',
} as const

/** One of them, asked by a crowd and by one. */
export interface Checks {
  readonly contenders: readonly Contender[]
  readonly stop: () => Promise<void>
}

/**
 * Starts one of them and sees that it does its work: that identity is told, and whoever has no token or cannot
 * show that they may ask is refused. `undefined` when this checkout answers no checks.
 */
export async function startChecks(
  name: keyof typeof entries,
  checkout: Checkout,
  { issuer, origin }: Surroundings,
): Promise<Checks | undefined> {
  const entry = entries[name]
  const bundle = bundleOf(checkout, entry)
  if (bundle === undefined) return undefined
  const variables = { ...(await variablesFor(entry, issuer)), BENCH_CALLER_SECRET: secret }
  const server = await startServer({ bundle, variables, originPort: origin.port })
  if (!(await works(name, server, issuer.token({ user: 1, session: 1 })))) {
    await server.stop()
    return undefined
  }
  const { port, cpuSeconds, stop } = server
  const contenders = shapes.map(({ crowding, connections, requests }) => {
    const { tokens } = known(people, requests)
    const asked = () => tokens(issuer).map((token) => Buffer.from(askedBy(token)))
    return {
      name: `${name}${crowding}`,
      cpuSeconds,
      ...asking(asked, { port, connections }),
    }
  })
  return { contenders, stop }
}

/** Everyone who asks was here before: the first time of a token is not part of the window. */
function asking(
  asked: () => readonly Buffer[],
  way: Parameters<typeof sendQuickly>[1],
): Pick<Contender, 'prepare' | 'work' | 'tookMicros'> {
  let window: readonly Buffer[] = []
  let tookMicros: Float64Array = new Float64Array()
  return {
    tookMicros: () => tookMicros,
    async prepare() {
      window = asked()
      await sendQuickly(window.slice(0, people), way)
    },
    async work() {
      tookMicros = await sendQuickly(window, way)
      return window.length
    },
  }
}

const path = '/_usher/auth/nginx'

/** What nginx adds to what the client of {@link askedBy} sent. */
const context = {
  'X-Usher-Caller': secret,
  'X-Original-Method': 'GET',
  'X-Original-URL': `https://${host}/api/projects/42?page=2`,
  'X-Forwarded-For': '203.0.113.7',
}

/** What `auth_request` of nginx sends for a script in a browser, as written by nginx. */
function askedBy(token: string): string {
  const headers = {
    Host: host,
    ...context,
    accept: 'application/json',
    'accept-language': 'en-GB,en;q=0.9',
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)',
    authorization: `Bearer ${token}`,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

async function works(name: string, { port }: Server, token: string): Promise<boolean> {
  const ask = async (more: Readonly<Record<string, string>>) => {
    const headers = { host, ...context, ...more }
    const answer = await request(`http://127.0.0.1:${port}${path}`, { headers })
    await answer.body.dump()
    return answer
  }
  const authorization = `Bearer ${token}`
  const passed = await ask({ authorization })
  if (name === noContent) return passed.statusCode === 204
  // A state of the project that has no checks has nothing to be compared with.
  if (passed.statusCode !== 200) return false
  const refused = [await ask({}), await ask({ authorization, 'X-Usher-Caller': 'anybody' })]
  const found = [subjectOf(passed.headers), ...refused.map((answer) => answer.statusCode)]
  if (/^user_2bench\w+ 401 403$/.test(found.join(' '))) return true
  throw new Error(`The ${name} does not do its work: ${found.join(', ')}`)
}

/** Whom the assertion of an answer names. */
function subjectOf({ 'x-usher-assertion': assertion }: Readonly<Record<string, unknown>>): unknown {
  const [, payload = ''] = String(assertion).split('.')
  const statement: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString() || '{}')
  return (statement as { sub?: unknown }).sub
}
