import { assert, asyncProperty, constantFrom, record } from 'fast-check'
import type { RouteConfig } from '../../src/config/define.ts'
import { selectRoute } from '../../src/config/selection.ts'
import type { RequestRecord } from '../../src/events/record.ts'
import { canonicalize } from '../../src/gateway/canonical.ts'
import { type Gateway, walk } from '../../src/gateway/pipeline.ts'
import { escapes } from '../../src/model/route.ts'
import type { CanonicalTarget } from '../../src/model/target.ts'
import { type Tally, tallyUp } from '../support/tally.ts'
import { anyTarget, type DrawnTarget } from '../support/target-grammar.ts'
import { namesRead, readsAsReserved } from '../support/target-readings.ts'
import type { WorldOptions } from '../support/world.ts'

interface Drawn extends DrawnTarget {
  readonly method: string
  readonly who: 'nobody' | 'ada'
  /** Whether the Host header is there to be looked at, as it is on the wire. */
  readonly namesHost: boolean
}

const routes: readonly Omit<RouteConfig, 'origin'>[] = [
  { path: '/**', access: 'public', escapes },
  { path: '/public/**', access: 'public' },
  { path: '/api/**', assertion: 'off' },
  { path: '/admin/**', access: { role: 'admin' }, assertion: 'off' },
  { path: '/items/:item', access: 'public', escapes: ['%2F', '%25'] },
  { path: '/items/:item/files/*', access: 'public' },
  { path: '/a/*/x', methods: ['GET'], access: 'public', escapes: [';'] },
  { path: '/files/**', host: 'hosted.usher.test', access: 'public', escapes: ['%3F', '%23'] },
]

/** Every escape passes somewhere, and beside that route stand others that it must not lead past. */
export const targetWorld: WorldOptions = {
  config: { routes: routes.map((route) => ({ origin: 'api', ...route })) },
}

const drawn = record({
  target: anyTarget,
  method: constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'DELETE'),
  who: constantFrom<Drawn['who']>('nobody', 'nobody', 'nobody', 'ada'),
  namesHost: constantFrom(true, true, false),
}).map(({ target, ...rest }): Drawn => ({ ...target, ...rest }))

/** What is held against the law. */
export interface Trial {
  readonly gateway: Gateway
  /** A session token of an administrator. */
  readonly token: string
  /** Stands in for the pipeline, to show that a wrong one is found out. */
  readonly walk?: typeof walk
}

/**
 * Walks this many targets through the gateway, and fails on the first of which the matched, forwarded
 * and recorded path differ, or that comes to an origin although somebody could read a reserved prefix.
 */
export async function checkTargets(trial: Trial, count: number): Promise<Tally> {
  const tally: Tally = new Map()
  const law = asyncProperty(drawn, async (one) => {
    const seen = await observe(trial, one)
    const fault = faultOf(trial.gateway, seen)
    if (fault !== undefined) throw new Error(fault)
    tallyUp(tally, outcomesOf(seen))
  })
  await assert(law, { numRuns: count })
  return tally
}

/** How many of a thousand targets must have come to this, at the least. */
export const variety: Readonly<Record<string, number>> = {
  forwarded: 300,
  'to /**': 200,
  'to /public/**': 8,
  'to /api/**': 2,
  'to /admin/**': 2,
  'to /items/:item': 4,
  'to /items/:item/files/*': 1,
  'to GET /a/*/x': 1,
  'to hosted.usher.test/files/**': 2,
  ...Object.fromEntries(escapes.map((kept) => [`with ${kept}`, 2])),
  'token-missing': 10,
  'route-unknown': 15,
  'target-has-bad-host': 20,
  'target-has-backslash': 30,
  'target-has-bad-escape': 5,
  'target-has-control-character': 20,
  'target-has-encoded-dots': 30,
  'target-has-encoded-separator': 30,
  'target-has-fragment': 10,
  'target-has-path-parameter': 2,
  'target-is-not-utf8': 10,
  'target-too-long': 0.5,
}

/** All that one walk shows to a test. */
interface Seen {
  readonly canonical: ReturnType<typeof canonicalize>
  readonly forwarded: readonly string[]
  readonly records: readonly RequestRecord[]
  readonly status: number
  readonly method: string
}

async function observe(trial: Trial, one: Drawn): Promise<Seen> {
  const { gateway, token } = trial
  const request = requestOf(one, token)
  const forwarded: string[] = []
  const records: RequestRecord[] = []
  async function network(input: string | Request): Promise<Response> {
    forwarded.push(new Request(input).url)
    return new Response()
  }
  const watched: Gateway = {
    ...gateway,
    roads: { ...gateway.roads, network },
    record: (record) => void records.push(record),
    greet: () => {},
  }
  const go = trial.walk ?? walk
  const { status } = await go(request, { waitUntil: () => {} }, watched)
  const canonical = canonicalize(request, gateway.rules.escapes)
  return { canonical, forwarded, records, status, method: one.method }
}

/** A request whose URL is exactly this, as the runtime gives it to a Worker. */
function requestOf({ host, text, method, who, namesHost }: Drawn, token: string): Request {
  const headers = new Headers()
  if (namesHost && /^[ -~]*$/.test(host)) headers.set('host', host)
  if (who === 'ada') headers.set('authorization', `Bearer ${token}`)
  const request = new Request('https://replaced.usher.test/', { method, headers })
  return Object.defineProperty(request, 'url', { value: `https://${host}${text}` })
}

function faultOf(gateway: Gateway, seen: Seen): string | undefined {
  const { canonical, forwarded, records, status } = seen
  const [record, ...others] = records
  if (record === undefined || others.length > 0) return `it was recorded ${records.length} times`
  if (status >= 500) return `it was answered with ${status} ${record.fault}`
  if (!canonical.ok) {
    if (forwarded.length > 0) return `it was refused and forwarded as ${forwarded}`
    return record.path === undefined ? undefined : `it was refused and recorded as ${record.path}`
  }
  const target = canonical.value
  if (record.path !== target.path) return `${target.path} was recorded as ${record.path}`
  if (record.host !== target.host) return `${target.host} was recorded as ${record.host}`
  const again = canonicalize({ url: target.url, headers: new Headers() }, gateway.rules.escapes)
  if (!again.ok || JSON.stringify(again.value) !== JSON.stringify(target)) {
    return `${target.url} is not canonical`
  }
  return faultOfForwarded(gateway, { ...seen, target, record })
}

const originUrl = 'https://origin.usher.test'

function faultOfForwarded(
  gateway: Gateway,
  { forwarded, target, record, method }: Seen & { target: CanonicalTarget; record: RequestRecord },
): string | undefined {
  const [url, ...others] = forwarded
  if (url === undefined) return undefined
  if (others.length > 0) return 'it was forwarded more than once'
  if (url !== `${originUrl}${target.path}${target.query}`) return `it was forwarded as ${url}`
  const path = url.slice(originUrl.length).replace(/\?.*$/, '')
  if (path !== record.path) return `${record.path} was forwarded as ${path}`
  const routeOf = (segments: readonly string[]) =>
    selectRoute(gateway.rules.routes, { host: target.host, method, segments })?.name
  const expected = routeOf(path.split('/').filter(Boolean).map(decodeURIComponent))
  if (expected !== record.route) return `${expected} was taken for ${record.route}`
  const misread = namesRead(path).find((names) => (routeOf(names) ?? expected) !== expected)
  if (misread !== undefined) return `${path} can be read as ${misread}, past ${routeOf(misread)}`
  return readsAsReserved(path) ? `${path} can be read as a reserved prefix` : undefined
}

function outcomesOf({ canonical, forwarded, records, status }: Seen): string[] {
  const [{ route, reason } = {}] = records
  if (forwarded.length === 0) return [reason ?? `answered ${status}`, 'not forwarded']
  const held = canonical.ok ? canonical.value.escapes : []
  return ['forwarded', `to ${route}`, ...held.map((kept) => `with ${kept}`)]
}
