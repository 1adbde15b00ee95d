import { decodeToken } from '../../../src/clerk/jwt.ts'
import { defineGateway } from '../../../src/config/define.ts'
import type { Env } from '../../../src/deps.ts'
import { openHouse as open } from '../../../src/front-door.ts'
import { authenticate, type Caller } from '../../../src/gateway/authenticate.ts'
import { authorize } from '../../../src/gateway/authorize.ts'
import { canonicalize } from '../../../src/gateway/canonical.ts'
import { introduce } from '../../../src/gateway/introduce.ts'
import { type Match, match } from '../../../src/gateway/match.ts'
import { findSurface } from '../../../src/gateway/own.ts'
import type { Gateway } from '../../../src/gateway/pipeline.ts'
import { ReadHeaders } from '../../../src/gateway/read-headers.ts'
import type { Asking } from '../../../src/model/asking.ts'
import { momentAlone } from '../../../src/model/clock.ts'
import type { Result } from '../../../src/model/result.ts'
import type { CanonicalTarget } from '../../../src/model/target.ts'

// The stages of the request path alone: one request makes one of them run many times over, and what it
// cost is seen from outside. `/load` takes tokens, `/run?stage=…&times=…` runs.

const host = 'gate.usher.test'
/** Visitors come with the last tokens; the others are new to every gateway. */
const visitorsCount = 64

/** One request that is ready for any stage. */
interface Visitor {
  readonly asking: Asking
  readonly target: CanonicalTarget
  readonly matched: Match
  readonly caller: Caller
  readonly names: readonly string[]
}

interface House {
  readonly gateway: Gateway
  readonly visitors: readonly Visitor[]
}

const houses = new Map<number, House>()
let tokens: readonly string[] = []
let signed: readonly { readonly signature: Uint8Array; readonly text: Uint8Array }[] = []
let clerkKey: CryptoKey | undefined

function must<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

/** A gateway with so many routes, all of which ask for something of the caller. */
function openHouse(env: Env, routesCount: number): Gateway {
  const routes = Array.from({ length: routesCount }, (_, index) => ({
    path: `/api/service-${index % 100}/resource-${index}/:id/**`,
    origin: 'api',
    access: { permission: 'org:reports:read' },
  }))
  const definition = defineGateway((variables) => ({
    origins: { api: { url: variables.ORIGIN_URL } },
    routes,
  }))
  const log = { log: () => {}, warn: () => {}, error: () => {} }
  return must(open({ definition, app: () => import('../../../src/app.ts'), log }, env)).gateway
}

async function furnish(env: Env, routesCount: number): Promise<void> {
  const gateway = houses.get(routesCount)?.gateway ?? openHouse(env, routesCount)
  const guests = tokens.slice(-visitorsCount).map(async (token, index): Promise<Visitor> => {
    const route = Math.floor((index * routesCount) / visitorsCount)
    const url = `https://${host}/api/service-${route % 100}/resource-${route}/${index}/items?page=${index}`
    const headers = {
      host,
      accept: 'application/json',
      'accept-language': 'en-GB,en;q=0.9',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)',
      authorization: `Bearer ${token}`,
    }
    const request = new Request(url, { headers })
    const read = new ReadHeaders(request.headers)
    const target = must(canonicalize(request, gateway.rules.escapes))
    const moment = momentAlone(Date.now())
    const requestId = crypto.randomUUID()
    const method = 'GET'
    const asked = { request, method, headers: read, target }
    const asking = { ...asked, moment, requestId, clientAddress: undefined }
    const matched = must(match(gateway.routes, target, request))
    const caller = must(await authenticate(asking, scrutinyOf(matched), gateway.authority))
    return { asking, target, matched, caller, names: read.names }
  })
  houses.set(routesCount, { gateway, visitors: await Promise.all(guests) })
}

function scrutinyOf({ route }: Match) {
  return { ...route, tellsFacts: false }
}

type Stage = (house: House, visitor: Visitor, turn: number) => unknown

const stages: Readonly<Record<string, Stage>> = {
  nothing: () => undefined,
  'nothing awaited': async () => undefined,
  canonicalize: ({ gateway }, { asking }) => canonicalize(asking.request, gateway.rules.escapes),
  match: ({ gateway }, { target, asking }) => match(gateway.routes, target, asking.request),
  authorize: (_, { matched, caller, target }) => authorize(matched, caller, target),
  decide({ gateway }, { asking, caller }) {
    const target = must(canonicalize(asking.request, gateway.rules.escapes))
    must(findSurface(target, gateway.rules))
    return authorize(must(match(gateway.routes, target, asking.request)), caller, target)
  },
  'verify remembered': ({ gateway }, { asking, matched }) =>
    authenticate(asking, scrutinyOf(matched), gateway.authority),
  async 'verify new'({ gateway }, { asking, matched }, turn) {
    const headers = { authorization: `Bearer ${tokens[turn]}` }
    const request = new Request(asking.request.url, { headers })
    must(
      await authenticate(
        { ...asking, headers: request.headers },
        scrutinyOf(matched),
        gateway.authority,
      ),
    )
  },
  'a request alone': async (_, { asking }, turn) =>
    new Request(asking.request.url, { headers: { authorization: `Bearer ${tokens[turn]}` } }),
  async 'crypto.subtle.verify'(_house, _visitor, turn) {
    const { signature, text } = signed[turn % signed.length] ?? {}
    if (!clerkKey || !signature || !text) throw new Error('No tokens were loaded')
    if (!(await crypto.subtle.verify('RSASSA-PKCS1-v1_5', clerkKey, signature, text)))
      throw new Error()
  },
  identity: ({ gateway }, { asking, matched: { route }, caller, names }) =>
    introduce(asking, { route, caller, names }, gateway),
}

/** Runs a stage so many times; only what gives a promise is awaited. */
async function run(stage: Stage, house: House, times: number): Promise<void> {
  for (let turn = 0; turn < times; turn++) {
    const visitor = house.visitors[turn % house.visitors.length]
    if (visitor === undefined) throw new Error('Nobody came')
    const outcome = stage(house, visitor, turn)
    if (outcome instanceof Promise) await outcome
  }
}

async function load(text: string, jwk: JsonWebKey): Promise<void> {
  tokens = text.split('\n')
  signed = tokens.map((token) => {
    const { signature, signed: bytes } = must(decodeToken(token))
    return { signature, text: bytes }
  })
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  clerkKey ??= await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify'])
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/load') {
      await load(await request.text(), JSON.parse(String(env.CLERK_JWK)) as JsonWebKey)
      return new Response(String(tokens.length))
    }
    const routesCount = Number(searchParams.get('routes') ?? 10)
    const stage = stages[searchParams.get('stage') ?? '']
    if (pathname === '/furnish') await furnish(env, routesCount)
    const house = houses.get(routesCount)
    if (stage !== undefined && house) await run(stage, house, Number(searchParams.get('times')))
    return new Response('done', { status: stage === undefined || house ? 200 : 404 })
  },
} satisfies ExportedHandler<Env>
