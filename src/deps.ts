import type { ApiCapabilities, Call } from './api/capabilities.ts'
import { fetchUser } from './clerk/client.ts'
import type { Exchange } from './clerk/exchange.ts'
import { cookieSuffixOf, type Issuer, isProductionKey } from './clerk/issuer.ts'
import { createKeyRing } from './clerk/key-ring.ts'
import { askSources } from './clerk/key-source.ts'
import type { VerifyOpaque } from './clerk/opaque.ts'
import { createPemRing } from './clerk/pem.ts'
import { type Gateway as Compiled, compileGateway } from './config/compile.ts'
import type { GatewayDefinition } from './config/define.ts'
import type { ClerkSettings } from './config/environment.ts'
import type { Problem } from './config/problem.ts'
import { type Relaxations, strict } from './config/relaxations.ts'
import type { RequestRecord } from './events/record.ts'
import { createGreeting } from './gateway/acquaintance.ts'
import { canSign, createAssert } from './gateway/assertion.ts'
import { canonicalize } from './gateway/canonical.ts'
import { buildRouteTable } from './gateway/match.ts'
import { type Gateway, walk } from './gateway/pipeline.ts'
import { type Receptionist, receive } from './gateway/reception.ts'
import type { Clock } from './model/clock.ts'
import type { ReadFacts } from './model/facts.ts'
import { identityHeaders } from './model/headers.ts'
import { refusalResponse } from './model/refusal-response.ts'
import { err, ok, type Result } from './model/result.ts'
import type { Road, Roads } from './proxy/forward.ts'
import type { Introduction } from './store/first-sight.ts'
import { createKeyStore } from './store/key-store.ts'
import { openPeople } from './store/known-people.ts'

/** What the platform gives: the required bindings, and the variables beside them. */
export interface Env {
  readonly KV: KVNamespace
  readonly DB: D1Database
  readonly [name: string]: unknown
}

/** Usher's own rooms, as the front desk opens them. */
export interface FrontDesk {
  fetch(request: Request, bindings: { call: Call }): Response | Promise<Response>
}

/** What an entry brings along. The production entry brings only the first two. */
export interface House {
  readonly definition: GatewayDefinition
  /** Loads the front desk; called when one of Usher's own surfaces is first asked for. */
  readonly app: () => Promise<{ createApp(capabilities: ApiCapabilities): FrontDesk }>
  readonly relaxations?: Relaxations
  /** How Usher reaches the key server and origins that have an address. */
  readonly fetch?: Road
  /** Stands in for what the database knows of people. */
  readonly facts?: ReadFacts
  readonly clock?: Clock
  readonly record?: (record: RequestRecord) => void
  /** Where problems, warnings and records are written. */
  readonly log?: Pick<Console, 'log' | 'warn' | 'error'>
}

/**
 * The front door: opens the house once per isolate and shows every request to the gateway. A house
 * whose configuration is wrong stays shut: 503 with one fixed sentence for all but `livez`, and the
 * list of problems in the log.
 */
export function frontDoor(furnish: (env: Env) => House): {
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response>
} {
  let opened: Result<Gateway, readonly Problem[]> | undefined
  return {
    fetch(request, env, context) {
      opened ??= openGateway(furnish(env), env)
      return opened.ok ? walk(request, context, opened.value) : Promise.resolve(shut(request))
    },
  }
}

/** Turns bindings and configuration into the capabilities that the gateway works with. */
export function openGateway(house: House, env: Env): Result<Gateway, readonly Problem[]> {
  const { relaxations = strict, log = console } = house
  const compiled = compileGateway(house.definition, env, relaxations)
  const problems = compiled.ok ? [] : [...compiled.error]
  for (const name of ['KV', 'DB']) {
    if (env[name] === undefined)
      problems.push({ place: name, message: `Bind ${name} in wrangler.toml.` })
  }
  if (!compiled.ok || problems.length > 0) {
    for (const { place, message } of problems) log.error(`${place}: ${message}`)
    return err(problems)
  }
  for (const { place, message } of compiled.value.warnings) log.warn(`${place}: ${message}`)
  return ok(furnishGateway(compiled.value, { house, env, relaxations }))
}

function furnishGateway(
  { rules, settings }: Compiled,
  { house, env, relaxations }: { house: House; env: Env; relaxations: Relaxations },
): Gateway {
  const clock = house.clock ?? systemClock
  const network: Road = house.fetch ?? ((input, init) => fetch(input, init))
  const issuer = openIssuer(settings.clerk, { kv: env.KV, network, clock })
  const people = openPeople({
    ...introductionTo({ rules, settings }, { network, clock }),
    d1: env.DB,
    clock,
    factsRead: rules.factsRead,
    trustedEmailClaim: rules.trustedEmailClaim,
  })
  const readFacts = house.facts ?? people.readFacts
  const verifyOpaque = openOpaque(settings.clerk, { network, clock })
  const exchange = openExchange(settings.clerk, { network, clock })
  const { canonicalOrigin } = rules
  const authority = { issuer, verifyOpaque, readFacts, canonicalOrigin }
  const routes = buildRouteTable(rules.routes)
  const capabilities: ApiCapabilities = {
    clock,
    rules,
    expectations: issuer,
    clerk: settings.clerk,
    readFacts,
    knowUser: people.know,
    exchange,
    signingKeys: settings.signingKeys,
    openDiagnosis: relaxations.openDiagnosis,
    readinessChecks: [
      { name: 'keys', isReady: (moment) => issuer.keys.isReady(moment) },
      { name: 'signing', isReady: () => canSign(settings.signingKeys) },
      { name: 'kv', isReady: async () => (await env.KV.get('ready')) !== undefined },
      { name: 'd1', isReady: async () => (await env.DB.prepare('SELECT 1').first()) !== null },
    ],
  }
  return {
    rules,
    routes,
    authority,
    exchange,
    greet: createGreeting(people.record),
    assert: createAssert(settings.signingKeys),
    roads: { network, services: servicesOf(rules.routes, env) },
    rooms: openRooms(house, { capabilities, rules, routes, authority }),
    clock,
    record: house.record ?? refusalLog(house.log ?? console),
  }
}

function openIssuer(
  clerk: ClerkSettings,
  { kv, network, clock }: { kv: KVNamespace; network: Road; clock: Clock },
): Issuer {
  const { issuers, authorizedParties, audiences, machineId, jwtKey, keySources } = clerk
  const store = createKeyStore(kv, issuers.join(' '))
  const keys = jwtKey
    ? createPemRing(jwtKey)
    : createKeyRing({ ask: askSources(keySources, network, clock), store, clock })
  const cookieSuffix = cookieSuffixOf(clerk.publishableKey)
  const isProduction = isProductionKey(clerk.publishableKey)
  return { issuers, authorizedParties, audiences, machineId, keys, cookieSuffix, isProduction }
}

/** What verifies opaque credentials; it is loaded when the first one is shown. */
function openOpaque(
  { apiUrl, secretKey, machineId, machineSecretKey, audiences }: ClerkSettings,
  { network, clock }: { network: Road; clock: Clock },
): VerifyOpaque {
  const parts = { apiUrl, secretKey, machineId, machineSecretKey, audiences }
  let verify: VerifyOpaque | undefined
  return async (query) => {
    if (verify === undefined) {
      const { createOpaqueVerifier } = await import('./clerk/opaque.ts')
      verify ??= createOpaqueVerifier({ ...parts, send: network, clock })
    }
    return verify(query)
  }
}

/** What exchanges session tokens; it is loaded when the first one is to be exchanged. */
function openExchange(
  { apiUrl, secretKey }: ClerkSettings,
  { network, clock }: { network: Road; clock: Clock },
): Exchange {
  let exchange: Exchange | undefined
  return async (query) => {
    if (exchange === undefined) {
      const { createExchange } = await import('./clerk/exchange.ts')
      exchange ??= createExchange({ apiUrl, secretKey, send: network, clock })
    }
    return exchange(query)
  }
}

function introductionTo(
  { rules, settings }: Omit<Compiled, 'warnings'>,
  { network, clock }: { network: Road; clock: Clock },
): Introduction {
  const { secretKey, apiUrl } = settings.clerk
  return {
    defaultRole: rules.defaultRole,
    adminEmails: settings.adminEmails,
    fetchProfile: async (userId) =>
      secretKey === undefined
        ? undefined
        : fetchUser(userId, { apiUrl, secretKey, send: network, clock }),
  }
}

function openRooms(
  house: House,
  { capabilities, ...receptionist }: Receptionist & { readonly capabilities: ApiCapabilities },
): Gateway['rooms'] {
  let desk: FrontDesk | undefined
  return async (path, asking) => {
    if (desk === undefined) {
      const { createApp } = await house.app()
      // Others may have waited for the same; the first to come back opens the desk for all.
      desk ??= createApp(capabilities)
    }
    const { request, target, requestId, moment } = asking
    const url = `${target.scheme}://${target.host}${path}${target.query}`
    const inside = new Request(url, request)
    const call = { request: inside, requestId, moment, ...receive(asking, receptionist) }
    const response = await desk.fetch(inside, { call })
    response.headers.set(identityHeaders.requestId, requestId)
    return response
  }
}

type Fetching = { fetch: Road }

function isFetching(binding: unknown): binding is Fetching {
  return typeof (binding as Partial<Fetching> | undefined)?.fetch === 'function'
}

function serviceNames(routes: Compiled['rules']['routes']): Set<string> {
  return new Set(
    routes.flatMap(({ origin }) => (origin.kind === 'service' ? [origin.binding] : [])),
  )
}

function servicesOf(routes: Compiled['rules']['routes'], env: Env): Roads['services'] {
  return new Map(
    [...serviceNames(routes)].flatMap((name) => {
      const binding = env[name]
      return isFetching(binding) ? [[name, (input, init) => binding.fetch(input, init)]] : []
    }),
  )
}

const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

/** A line for each request that went no further; the log of the platform counts every line. */
function refusalLog(log: Pick<Console, 'log' | 'error'>): (record: RequestRecord) => void {
  return (record) => {
    if (record.fault !== undefined) log.error(JSON.stringify(record))
    else if (record.reason !== undefined) log.log(JSON.stringify(record))
  }
}

/** Where a shut house says that it is alive: its prefix may be what is wrong, so any will do. */
const livezPath = /^\/[^/]+\/livez$/

/** What a house answers that cannot open. */
function shut(request: Request): Response {
  const { method, headers } = request
  const target = canonicalize(request, new Set())
  if (target.ok && livezPath.test(target.value.path)) return Response.json({ status: 'alive' })
  const requestId = crypto.randomUUID()
  return refusalResponse({ code: 'gateway-misconfigured' }, { method, headers, requestId })
}
