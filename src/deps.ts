import type { ApiCapabilities, Call } from './api/capabilities.ts'
import type { Checking } from './checks/checking.ts'
import type { AccessDesk } from './checks/cloudflare-access.ts'
import { fetchUser, findUser } from './clerk/client.ts'
import type { Issuer } from './clerk/issuer.ts'
import { type OpenedClerk, openClerk } from './clerk/opening.ts'
import type { Gateway as Compiled } from './config/compile.ts'
import type { GatewayDefinition } from './config/define.ts'
import type { Problem } from './config/problem.ts'
import type { Relaxations } from './config/relaxations.ts'
import type { EventHandlers } from './events/handlers.ts'
import type { TakeRecord } from './events/record.ts'
import { openRecorder } from './events/recorder.ts'
import { createGreeting } from './gateway/acquaintance.ts'
import { canSign, createAssert } from './gateway/assertion.ts'
import type { Authority } from './gateway/authenticate.ts'
import { createHandOff } from './gateway/hand-off.ts'
import type { Count } from './gateway/limit.ts'
import { buildRouteTable } from './gateway/match.ts'
import { clerkProxySurface } from './gateway/own.ts'
import type { Gateway } from './gateway/pipeline.ts'
import { receive } from './gateway/reception.ts'
import type { Clock } from './model/clock.ts'
import type { ReadFacts } from './model/facts.ts'
import { lazily } from './model/lazily.ts'
import { openOffice } from './office.ts'
import type { PortalParts } from './portal/parts.ts'
import { openRoads } from './proxy/bindings.ts'
import { openRecall } from './proxy/recall.ts'
import type { Road } from './proxy/road.ts'
import { openSets } from './proxy/set-opening.ts'
import { openCounts } from './store/counting.ts'
import type { Introduction } from './store/first-sight.ts'
import { createKeyStore } from './store/key-store.ts'
import { openPeople } from './store/known-people.ts'
import { openStore } from './store/opening.ts'
import type { TaskCapabilities } from './tasks/capabilities.ts'

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

/** What further rooms need. */
export interface FurtherRooms {
  readonly access?: AccessDesk | undefined
  readonly portal?: PortalParts
}

/** What an entry brings along. The production entry brings only the first two. */
export interface House {
  readonly definition: GatewayDefinition
  /** Loads the front desk; called when one of Usher's own surfaces is first asked for. */
  readonly app: () => Promise<{
    createApp(capabilities: ApiCapabilities, checking: Checking, further: FurtherRooms): FrontDesk
  }>
  readonly relaxations?: Relaxations
  /** The project's own code for what happens; loaded when something does. */
  readonly loadHandlers?: () => Promise<EventHandlers>
  /** What is legal but risky, for who tries a gateway; production was checked before it was deployed. */
  readonly lint?: (gateway: Compiled, relaxations: Relaxations) => readonly Problem[]
  /** How Usher reaches the key server and origins that have an address. */
  readonly fetch?: Road
  /** Stands in for what the database knows of people. */
  readonly facts?: ReadFacts
  readonly clock?: Clock
  /** Stands in for the log, the statistics and Analytics Engine. */
  readonly record?: TakeRecord
  /** Where problems, warnings and records are written. */
  readonly log?: Pick<Console, 'log' | 'warn' | 'error'>
}

/** The gateway, and what works behind it. */
export interface OpenHouse {
  readonly gateway: Gateway
  readonly office: TaskCapabilities
}

/** Furnishes a house whose configuration is right. */
export function furnishHouse(compiled: Compiled, furniture: Furniture): OpenHouse {
  const { rules, settings } = compiled
  const { house, env, relaxations } = furniture
  const clock = house.clock ?? systemClock
  const network: Road = house.fetch ?? ((input, init) => fetch(input, init))
  const store = createKeyStore(env.KV, settings.clerk.issuers.join(' '))
  const clerk = openClerk(settings.clerk, { store, network, clock })
  const { issuer, verifyOpaque, exchange } = clerk
  const people = openPeople({
    ...introductionTo(compiled, { network, clock }),
    d1: env.DB,
    clock,
    factsRead: rules.factsRead,
    trustedEmailClaim: rules.trustedEmailClaim,
    claimableRoles: rules.roleClaim?.roles ?? [],
  })
  const readFacts = house.facts ?? people.readFacts
  const { openDatabase, openSession } = openStore(env.DB)
  const office = openOffice({
    ...{ compiled, openDatabase, network, clock, forget: people.forget },
    bindings: { QUEUE: env.QUEUE, SYNC: env.SYNC },
    loadHandlers: house.loadHandlers ?? (async () => []),
    allowsPrivateAddresses: relaxations.plainAddresses,
    log: house.log ?? console,
  })
  const capabilities: ApiCapabilities = {
    ...{ clock, rules, office, openSession, readFacts, exchange },
    expectations: issuer,
    clerk: settings.clerk,
    knowUser: people.know,
    signingKeys: settings.signingKeys,
    openDiagnosis: relaxations.openDiagnosis,
    readinessChecks: readinessOf(issuer, settings, env),
  }
  const { canonicalOrigin, roleClaim } = rules
  const checking: Checking = {
    rules,
    routes: buildRouteTable(rules.routes),
    authority: { issuer, verifyOpaque, readFacts, canonicalOrigin, roleClaim },
    exchange,
    greet: createGreeting(people.record),
    assert: createAssert(settings.signingKeys),
    handOff: rules.identityMap.length > 0 ? createHandOff(rules.identityMap) : undefined,
    count: openCount(env, clock),
    clock,
  }
  const rooms = openRooms(checking, clerk, async () => {
    const { createApp } = await house.app()
    const access = openAccess(compiled, { env, network, clock })
    const portal = { rules, instance: settings.clerk, cookieSuffix: issuer.cookieSuffix }
    return createApp(capabilities, checking, { access, portal })
  })
  const ways = { env, network, clerk, rooms }
  return { gateway: openGateway(checking, ways, house), office }
}

/** What a house is furnished with. */
interface Furniture {
  readonly house: House
  readonly env: Env
  readonly relaxations: Relaxations
}

/** The gateway, which walks requests to origins and to Usher's own rooms. */
function openGateway(
  checking: Checking,
  { env, network, clerk, rooms }: GatewayWays,
  house: House,
): Gateway {
  const { rules, authority, clock } = checking
  const direct = openRoads(rules.routes, env, network)
  return {
    ...checking,
    attendBrowser: openAttendance(authority, clerk),
    roads: { ...direct, toSet: openSets(direct, env.KV, clock) },
    recall: openRecall(rules, clock),
    followSocket: openFollow(authority, clock),
    rooms,
    record: house.record ?? openRecords(house, { rules, env, clock }),
  }
}

/** What leads out of the gateway. */
interface GatewayWays {
  readonly env: Env
  readonly network: Road
  readonly clerk: OpenedClerk
  readonly rooms: Gateway['rooms']
}

function readinessOf(
  { keys }: Issuer,
  { signingKeys }: Compiled['settings'],
  env: Env,
): ApiCapabilities['readinessChecks'] {
  return [
    { name: 'keys', isReady: (moment) => keys.isReady(moment) },
    { name: 'signing', isReady: () => canSign(signingKeys) },
    { name: 'kv', isReady: async () => (await env.KV.get('ready')) !== undefined },
    { name: 'd1', isReady: async () => (await env.DB.prepare('SELECT 1').first()) !== null },
  ]
}

/** What looks after sessions of browsers; it is loaded with the first request of a route that is for them. */
function openAttendance(
  authority: Authority,
  { readBrowserState }: OpenedClerk,
): Gateway['attendBrowser'] {
  return lazily(async () => {
    const { createAttendant } = await import('./gateway/browser-session.ts')
    return createAttendant({ authority, readState: readBrowserState })
  })
}

function openFollow(authority: Authority, clock: Clock): Gateway['followSocket'] {
  return lazily(async () => {
    const { createFollow } = await import('./gateway/follow.ts')
    return createFollow({ authority, clock })
  })
}

/** What counts requests; it is loaded with the first request of a route that has limits. */
function openCount(env: Env, clock: Clock): Count {
  return lazily(async () => {
    const { createCount } = await import('./gateway/limiters.ts')
    const { bindLimiters } = await import('./store/limiter-bindings.ts')
    return createCount(bindLimiters(env), clock)
  })
}

/** What answers to Cloudflare Access need of the world, where it may ask. */
function openAccess(
  { rules: { checks }, settings }: Compiled,
  { env, network, clock }: { env: Env; network: Road; clock: Clock },
): AccessDesk | undefined {
  const { secretKey, apiUrl } = settings.clerk
  if (checks.cloudflareAccess === undefined || secretKey === undefined) return undefined
  return {
    ...checks.cloudflareAccess,
    ...{ network, clock, signingKeys: settings.accessKeys },
    openKeyStore: (issuer) => createKeyStore(env.KV, issuer),
    findByAddress: lazily(async () => {
      const { createFindByAddress } = await import('./store/addresses.ts')
      return createFindByAddress(env.DB, clock)
    }),
    findPerson: (userId) => findUser(userId, { apiUrl, secretKey, send: network, clock }),
  }
}

function introductionTo(
  { rules, settings }: Compiled,
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
  checking: Checking,
  { proxyFrontendApi }: Pick<OpenedClerk, 'proxyFrontendApi'>,
  openDesk: () => Promise<FrontDesk>,
): Gateway['rooms'] {
  let desk: FrontDesk | undefined
  const check = lazily(async () => {
    const { createForwardAuth } = await import('./checks/forward-auth.ts')
    return createForwardAuth(checking)
  })
  return async (path, asking) => {
    if (path === clerkProxySurface && proxyFrontendApi) return proxyFrontendApi(asking)
    // Proxies ask at every request: they pass the front desk, which costs what a check does.
    if (path.startsWith('/auth/')) return check(path, asking)
    if (desk === undefined) {
      const opened = await openDesk()
      // Others may have waited for the same; the first to come back opens the desk for all.
      desk ??= opened
    }
    const { request, target, requestId, moment } = asking
    const url = `${target.scheme}://${target.host}${path}${target.query}`
    const inside = new Request(url, request)
    const call = { request: inside, requestId, moment, ...receive(asking, checking) }
    return desk.fetch(inside, { call })
  }
}

const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

function openRecords(
  { log = console }: House,
  { rules, env, clock }: Pick<Compiled, 'rules'> & { readonly env: Env; readonly clock: Clock },
): TakeRecord {
  const { observation } = rules
  const addCounts = openCounts(env.DB)
  return openRecorder({ observation, log, addCounts, analytics: env.ANALYTICS, clock })
}
