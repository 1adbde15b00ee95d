import type { GatewayConfig } from '../../src/config/define.ts'
import { type Dialect, dialects } from '../../src/model/checks.ts'
import { createWorld, type World, type WorldOptions } from '../support/world.ts'

/** A request as a test describes it; what is `undefined` is not sent. */
export interface Told {
  readonly method: string | undefined
  readonly scheme: string | undefined
  readonly host: string | undefined
  readonly uri: string | undefined
  readonly address: string | undefined
}

/** Where Usher stands when a proxy asks it, which is not where its clients go. */
export const checksUrl = 'https://auth.usher.test'

/** The host that callers of these tests may ask about, with one subdomain of it. */
export const askedHost = 'api.usher.test'

const secrets = {
  proxy: 'a-secret-that-only-the-proxy-of-the-tests-knows',
  mesh: 'a-secret-that-only-the-mesh-of-the-tests-knows',
} as const

/** Whoever may ask in a dialect shows this. */
export function secretFor(dialect: Dialect): string {
  return dialect === 'envoy' ? secrets.mesh : secrets.proxy
}

/** Those who may ask; each kind of proxy has its own. */
export const callers = {
  proxy: {
    secret: secrets.proxy,
    may: dialects.filter((dialect) => dialect !== 'envoy'),
    hosts: [askedHost, '*.api.usher.test'],
  },
  mesh: { secret: secrets.mesh, may: ['envoy'], hosts: [askedHost, '*.api.usher.test'] },
} satisfies NonNullable<GatewayConfig['checks']>['callers']

const routes: GatewayConfig['routes'] = [
  { path: '/public/**', origin: 'elsewhere', access: 'public' },
  { path: '/optional/**', origin: 'elsewhere', access: 'optional' },
  { path: '/api/**', origin: 'elsewhere' },
  { path: '/read/**', methods: ['GET'], origin: 'elsewhere' },
  { path: '/admin/**', origin: 'elsewhere', access: { role: 'admin' } },
  { path: '/ws/**', origin: 'elsewhere', websocket: true },
  { path: '/fresh/**', origin: 'elsewhere', fresh: true },
]

/** A world in which these may ask, with the routes of another proxy. */
export function createChecksWorld(options: WorldOptions = {}): Promise<World> {
  const config = { origins: {}, routes, checks: { callers }, ...options.config }
  return createWorld({ ...options, config })
}

const usual: Told = {
  method: 'GET',
  scheme: 'https',
  host: askedHost,
  uri: '/api/x',
  address: '192.0.2.7',
}

/** The headers by which a proxy of this kind describes a request, each once or, given a list, as often. */
export function contextOf(dialect: Dialect, told: Partial<Told> = {}): Record<string, string> {
  const { method, scheme, host, uri, address } = { ...usual, ...told }
  const client = {
    'x-forwarded-proto': scheme,
    'x-forwarded-host': host,
    'x-forwarded-for': address,
  }
  const url = [scheme, host, uri].includes(undefined) ? undefined : `${scheme}://${host}${uri}`
  const families: Record<Dialect, Record<string, string | undefined>> = {
    nginx: { 'x-original-method': method, 'x-original-url': url, 'x-forwarded-for': address },
    traefik: { ...client, 'x-forwarded-method': method, 'x-forwarded-uri': uri },
    caddy: { ...client, 'x-forwarded-method': method, 'x-forwarded-uri': uri },
    haproxy: { ...client, 'x-forwarded-method': method, 'x-forwarded-uri': uri },
    envoy: client,
  }
  const given = Object.entries(families[dialect]).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as Record<string, string>
}

/** A check as a proxy of this kind sends it, the client's headers among its own. */
export function checkOf(
  dialect: Dialect,
  told: Partial<Told> = {},
  headers: Readonly<Record<string, string>> = {},
): Request {
  const { method = '', uri = '' } = { ...usual, ...told }
  const isItself = dialect === 'envoy'
  const all = new Headers({ ...contextOf(dialect, told), 'x-usher-caller': secretFor(dialect) })
  for (const [name, value] of Object.entries(headers)) all.set(name, value)
  return new Request(`${checksUrl}/_usher/auth/${dialect}${isItself ? uri : ''}`, {
    method: isItself ? method : dialect === 'haproxy' ? 'HEAD' : 'GET',
    headers: all,
  })
}

/** What an answer says of why a request is not to pass. */
export function reasonOf({ headers }: Response): string | null {
  return headers.get('x-usher-refusal')
}
