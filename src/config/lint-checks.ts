import { type CheckCaller, type Checks, dialects } from '../model/checks.ts'
import { matchesHost } from '../model/host-pattern.ts'
import type { Route, Rules } from '../model/route.ts'
import { elsewhereName } from './elsewhere.ts'
import type { Problem } from './problem.ts'
import type { Relaxations } from './relaxations.ts'
import { hostText, intersectSets } from './request-set.ts'
import { placeOf } from './shape.ts'

/** What is risky about those who may ask for checks, or in vain about the routes that they ask about. */
export function lintChecks(
  { callers, callersFrom }: Checks,
  rules: Pick<Rules, 'routes' | 'hosts' | 'signInUrl'>,
  { plainAddresses }: Pick<Relaxations, 'plainAddresses'>,
): readonly Problem[] {
  const { routes, hosts } = rules
  if (callers.length === 0) return routes.flatMap(nobodyAsks)
  const found = [...signsNobodyIn(callers, rules), ...vouchesForSeveral(rules)]
  // A secret of the environment is there as soon as a deployment might have it.
  if (callersFrom === 'environment') return found
  const isOne = hosts?.size === 1 || plainAddresses
  return [
    ...found,
    ...(isOne ? [] : callers.flatMap(asksAboutEveryHost)),
    ...routes.flatMap((route, index) => countsNoCheck(route, index, callers)),
  ]
}

/** The name of an origin is the audience of its assertions: one that two APIs have tells neither from the other. */
function vouchesForSeveral({ routes, hosts }: Pick<Rules, 'routes' | 'hosts'>): readonly Problem[] {
  const unnamed = routes.filter(({ origin }) => origin.name === elsewhereName)
  const places = new Set(
    hosts === undefined
      ? unnamed.map(({ host }) => hostText(host))
      : [...hosts].filter((one) => unnamed.some(({ host }) => matchesHost(host, one))),
  )
  const isSeveral = hosts === undefined && unnamed.some(({ host }) => host.kind === 'subdomain')
  if (places.size < 2 && !isSeveral) return []
  const message =
    'Is one audience for the APIs of several hosts, so that what is told to one can be shown to ' +
    "another: name an origin for each, such as origins: { legacy: 'elsewhere' }."
  return [{ place: `origins.${elsewhereName}`, message }]
}

function nobodyAsks({ origin }: Route, index: number): readonly Problem[] {
  if (origin.kind !== 'elsewhere') return []
  const message =
    'Usher sends nothing there and nobody may ask it: name who may in checks.callers, or set ' +
    'USHER_CALLER_SECRET.'
  return [{ place: `routes[${index}].origin`, message }]
}

function asksAboutEveryHost({ name, hosts }: CheckCaller): readonly Problem[] {
  if (!hosts.some(({ kind }) => kind === 'any')) return []
  const message = 'May ask about every host that is served: name its own in hosts.'
  return [{ place: placeOf('checks.callers', name), message }]
}

/** A way back is given to hosts that are named alone. */
function signsNobodyIn(
  callers: readonly CheckCaller[],
  { routes, hosts, signInUrl }: Pick<Rules, 'routes' | 'hosts' | 'signInUrl'>,
): readonly Problem[] {
  const isNamed = hosts !== undefined || routes.every(({ host }) => host.kind !== 'any')
  const vague = callers.find((one) => mayLead(one) && one.hosts.some(({ kind }) => kind === 'any'))
  if (signInUrl === undefined || isNamed || vague === undefined) return []
  const message =
    `Is not where people go of whom ${vague.name} asks: it may ask about every host, and they are sent back ` +
    'only to one that is named. Name yours in hosts, or in its own.'
  return [{ place: 'signInUrl', message }]
}

function mayLead(caller: CheckCaller): boolean {
  return isProxy(caller) || caller.may.has('rpc')
}

/** A check is over before the request that it is about is sent. */
function countsNoCheck(
  route: Route,
  index: number,
  callers: readonly CheckCaller[],
): readonly Problem[] {
  const { limits = [] } = route
  if (!limits.some(({ kind }) => kind === 'concurrent')) return []
  const asking = callers.find((caller) => isProxy(caller) && mayConcern(caller, route))
  if (asking === undefined) return []
  const message =
    `Does not count requests that ${asking.name} asks about, of which Usher does not see the end: ` +
    'limit them in the proxy that sends them.'
  return limits.flatMap(({ kind }, at) =>
    kind === 'concurrent' ? [{ place: `routes[${index}].limits[${at}].concurrent`, message }] : [],
  )
}

function isProxy({ may }: CheckCaller): boolean {
  return dialects.some((dialect) => may.has(dialect))
}

function mayConcern({ hosts }: CheckCaller, route: Route): boolean {
  return hosts.some((host) => intersectSets({ ...route, host }, route) !== undefined)
}
