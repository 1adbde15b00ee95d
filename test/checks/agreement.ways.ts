import { authenticate, decideAbout } from '../../src/checks/rpc.ts'
import type { Dialect } from '../../src/model/checks.ts'
import { gatewayUrl, type World } from '../support/world.ts'
import { secrets } from './agreement.scene.ts'

/** One request that may be sent, or asked about. */
export interface Case {
  readonly host: string
  /** Path and query as the client writes them. */
  readonly uri: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  /** The credential, where all there is of the request besides method and address is a bearer token or nothing. */
  readonly bearer: { readonly token: string | undefined } | undefined
  readonly address: string
  readonly dialect: Dialect
}

/** What became of a request: whom the origin was told of, or why it went no further. */
export type Outcome =
  | { readonly identity: Readonly<Record<string, unknown>> }
  | { readonly status: number; readonly code: string | undefined }

/** The ways to have a request decided. */
export interface Ways {
  readonly proxy: Way
  readonly forwardAuth: Way
  readonly authenticate: Way
  /** These two say nothing of the identity. */
  readonly decisions: Way
  readonly decide: Way
}

type Way = (one: Case, world: World) => Promise<Outcome>

const client = 'cf-connecting-ip'
/** From where proxies ask, as Cloudflare's edge sees it: it says so in two headers. */
const edge = '198.51.100.1'
const binding = { props: { caller: 'shop' }, keeper: { waitUntil: () => {} } }

/** All of them, as they are. */
export const ways: Ways = {
  async proxy({ host, uri, method, headers, address }, world) {
    world.sent.length = 0
    const url = `https://${host}${uri}`
    const response = await walk(url, { method, headers: { ...headers, [client]: address } }, world)
    const [sent] = world.sent
    if (sent === undefined) return refusalOf(response, world)
    const told = [...sent.headers].filter(([name]) => /^x-(?:usher|auth-request)-/.test(name))
    return { identity: identityOf(told) }
  },

  async forwardAuth(one, world) {
    const { url, method, headers } = checkOf(one)
    const response = await walk(url, { method, headers: { ...one.headers, ...headers } }, world)
    if (response.status !== 200) return refusalOf(response, world)
    return {
      identity: identityOf([...response.headers].filter(([name]) => name !== 'cache-control')),
    }
  },

  async authenticate({ host, uri, method, headers, address }, world) {
    const told = await authenticate(
      {
        url: `https://${host}${uri}`,
        method,
        headers: new Headers({ ...headers, [client]: address }),
      },
      binding,
      world.gateway,
    )
    if (told.allowed) return { identity: identityOf(told.headers) }
    return { status: told.status, code: told.code }
  },

  async decisions(one, world) {
    const asked = JSON.stringify({ requests: [inquiryOf(one)] })
    const headers = { 'x-usher-caller': secrets.proxies, 'content-type': 'application/json' }
    const url = `${gatewayUrl}/_usher/decisions`
    const response = await walk(url, { method: 'POST', headers, body: asked }, world)
    const answer: { decisions?: readonly Verdict[] } = await response.json()
    return outcomeOf(answer.decisions?.[0], response.status)
  },

  async decide(one, world) {
    const inquired = { asked: inquiryOf(one), options: undefined }
    const decided = await decideAbout(inquired, binding, world.gateway)
    return outcomeOf(Array.isArray(decided) ? undefined : decided, 0)
  },
}

/** A request whose URL is exactly this, as the runtime gives it to a Worker. */
function walk(url: string, init: RequestInit, world: World): Promise<Response> {
  world.records.length = 0
  const request = new Request('https://replaced.usher.test/', init)
  return world.walk(Object.defineProperty(request, 'url', { value: url }))
}

/** Every reason is recorded, whoever answers. */
async function refusalOf(response: Response, { records }: World): Promise<Outcome> {
  await response.arrayBuffer()
  return { status: response.status, code: records[0]?.reason }
}

/** The check that each proxy sends about a request. */
function checkOf({ host, uri, method, address, dialect }: Case): {
  readonly url: string
  readonly method: string
  readonly headers: Record<string, string>
} {
  const url = `${gatewayUrl}/_usher/auth/${dialect}`
  const forwarded = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': host,
  }
  const first = { 'x-forwarded-for': `${address}, 10.0.0.1, ${edge}` }
  const last = { 'x-forwarded-for': `203.0.113.9, ${address}, ${edge}`, [client]: edge }
  const shown = { 'x-usher-caller': dialect === 'envoy' ? secrets.envoy : secrets.proxies }
  switch (dialect) {
    case 'nginx': {
      const original = { 'x-original-method': method, 'x-original-url': `https://${host}${uri}` }
      return { url, method: 'GET', headers: { ...shown, ...original, ...last } }
    }
    case 'envoy':
      return { url: `${url}${uri}`, method, headers: { ...shown, ...forwarded, ...first } }
    default: {
      const described = { 'x-forwarded-method': method, 'x-forwarded-uri': uri }
      const headers = { ...shown, ...forwarded, ...described, ...last }
      return { url, method: 'GET', headers }
    }
  }
}

function inquiryOf({ host, uri, method, bearer }: Case) {
  const token = bearer?.token
  return { method, url: `https://${host}${uri}`, ...(token !== undefined && { token }) }
}

interface Verdict {
  readonly allowed: boolean
  readonly status: number
  readonly code: string | null
}

function outcomeOf(verdict: Verdict | undefined, status: number): Outcome {
  if (verdict === undefined) return { status, code: 'no decision at all' }
  return verdict.allowed
    ? { identity: {} }
    : { status: verdict.status, code: verdict.code ?? undefined }
}

/** What is told of a caller, and not when: an assertion is made at its own moment. */
function identityOf(headers: readonly (readonly [string, string])[]): Record<string, unknown> {
  const told: [string, unknown][] = headers
    .filter(([name]) => name !== 'x-usher-request-id')
    .map(([name, value]) => [name, name === 'x-usher-assertion' ? claimsOf(value) : value])
  return Object.fromEntries(told.sort(([left], [right]) => (left < right ? -1 : 1)))
}

function claimsOf(assertion: string): unknown {
  const payload = assertion.split('.')[1] ?? ''
  if (payload === '') return assertion
  const {
    iat: _iat,
    exp: _exp,
    ...claims
  }: Record<string, unknown> = JSON.parse(
    new TextDecoder().decode(
      Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
        c.charCodeAt(0),
      ),
    ),
  )
  return claims
}
