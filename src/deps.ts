import type { ApiCapabilities, Call } from './api/capabilities.ts'
import type { Checking } from './checks/checking.ts'
import type { AccessDesk } from './checks/cloudflare-access.ts'
import { fetchUser, findUser } from './clerk/client.ts'
import type { Issuer } from './clerk/issuer.ts'
import { type OpenedClerk, openClerk } from './clerk/opening.ts'
import { type Gateway as Compiled, compileGateway } from './config/compile.ts'
import type { GatewayDefinition } from './config/define.ts'
import type { Problem } from './config/problem.ts'
import { type Relaxations, strict } from './config/relaxations.ts'
import type { TakeRecord } from './events/record.ts'
import { openRecorder } from './events/recorder.ts'
import { createGreeting } from './gateway/acquaintance.ts'
import { canSign, createAssert } from './gateway/assertion.ts'
import type { Authority } from './gateway/authenticate.ts'
import { createHandOff } from './gateway/hand-off.ts'
import type { Count } from './gateway/limit.ts'
import { buildRouteTable } from './gateway/match.ts'
import { clerkProxySurface } from './gateway/own.ts'
import { type Gateway, walk } from './gateway/pipeline.ts'
import { receive } from './gateway/reception.ts'
import { shut } from './gateway/shut.ts'
import type { Clock } from './model/clock.ts'
import type { ReadFacts } from './model/facts.ts'
import { lazily } from './model/lazily.ts'
import { err, ok, type Result } from './model/result.ts'
import type { PortalParts } from './portal/parts.ts'
import { openRoads } from './proxy/bindings.ts'
import { openRecall } from './proxy/recall.ts'
import type { Road } from './proxy/road.ts'
import { checkMembers, openSets } from './proxy/set-opening.ts'
import { openCounts } from './store/counting.ts'
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

/**
 * The front door: opens the house once per isolate and shows every request to the gateway. A house
 * whose configuration is wrong stays shut: 503 with one fixed sentence for all but `livez`, and the
 * list of problems in the log.
 */
export function frontDoor(furnish: (env: Env) => House): {
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response>
  /** What there is to do once a minute. */
  scheduled(env: Env): Promise<void>
  /** What Workers of the same account call; `undefined` while the house stays shut. */
  open(env: Env): Gateway | undefined
} {
  let opened: Result<Gateway, readonly Problem[]> | undefined
  return {
    fetch(request, env, context) {
      opened ??= openGateway(furnish(env), env)
      return opened.ok ? walk(request, context, opened.value) : Promise.resolve(shut(request))
    },
    async scheduled(env) {
      opened ??= openGateway(furnish(env), env)
      if (opened.ok) await checkMembers(opened.value, env.KV)
    },
    open(env) {
      opened ??= openGateway(furnish(env), env)
      return opened.ok ? opened.value : undefined
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
  const warnings = house.lint?.(compiled.value, relaxations) ?? []
  for (const { place, message } of warnings) log.warn(`${place}: ${message}`)
  return ok(furnishGateway(compiled.value, { house, env, relaxations }))
}

function furnishGateway(
  { rules, settings }: Compiled,
  { house, env, relaxations }: { house: House; env: Env; relaxations: Relaxations },
): Gateway {
  const clock = house.clock ?? systemClock
  const network: Road = house.fetch ?? ((input, init) => fetch(input, init))
  const store = createKeyStore(env.KV, settings.clerk.issuers.join(' '))
  const clerk = openClerk(settings.clerk, { store, network, clock })
  const { issuer, verifyOpaque, exchange } = clerk
  const people = openPeople({
    ...introductionTo({ rules, settings }, { network, clock }),
    d1: env.DB,
    clock,
    factsRead: rules.factsRead,
    trustedEmailClaim: rules.trustedEmailClaim,
  })
  const readFacts = house.facts ?? people.readFacts
  const { canonicalOrigin } = rules
  const authority = { issuer, verifyOpaque, readFacts, canonicalOrigin }
  const routes = buildRouteTable(rules.routes)
  const direct = openRoads(rules.routes, env, network)
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
    readinessChecks: readinessOf(issuer, settings, env),
  }
  const checking: Checking = {
    rules,
    routes,
    authority,
    exchange,
    greet: createGreeting(people.record),
    assert: createAssert(settings.signingKeys),
    handOff: rules.identityMap.length > 0 ? createHandOff(rules.identityMap) : undefined,
    count: openCount(env, clock),
    clock,
  }
  return {
    ...checking,
    attendBrowser: openAttendance(authority, clerk),
    roads: { ...direct, toSet: openSets(direct, env.KV, clock) },
    recall: openRecall(rules, clock),
    followSocket: openFollow(authority, clock),
    rooms: openRooms(checking, clerk, async () => {
      const { createApp } = await house.app()
      const access = openAccess({ rules, settings }, { env, network, clock })
      const { cookieSuffix } = issuer
      const portal = { rules, instance: settings.clerk, cookieSuffix }
      return createApp(capabilities, checking, { access, portal })
    }),
    record: house.record ?? openRecords(house, { rules, env, clock }),
  }
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
