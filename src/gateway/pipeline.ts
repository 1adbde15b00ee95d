/**
 * The gateway: the way of a request from its raw target to the answer of its origin, a file a stage.
 * It never reads a database or a binding: what it needs of the world is handed to it as capabilities.
 * The front door calls it for every request; Usher's own rooms are one of its exits.
 */
import type { Exchange } from '../clerk/exchange.ts'
import type { TakeRecord } from '../events/record.ts'
import type { Clock } from '../model/clock.ts'
import { factualHeaders, type Route, type Rules } from '../model/route.ts'
import { answer } from '../proxy/answer.ts'
import { forward, type Roads } from '../proxy/forward.ts'
import type { Greet } from './acquaintance.ts'
import type { Assert } from './assertion.ts'
import { type Authority, authenticate, type Scrutiny } from './authenticate.ts'
import { authorize } from './authorize.ts'
import { canonicalize } from './canonical.ts'
import { introduce } from './identity.ts'
import { match, type RouteTable } from './match.ts'
import { findSurface } from './own.ts'
import type { Rooms } from './rooms.ts'
import { beginVisit, type Keeper } from './visit.ts'

/** Everything the gateway needs of the world, once per isolate. */
export interface Gateway {
  readonly rules: Rules
  readonly routes: RouteTable
  readonly authority: Authority
  /** Notes that someone was here; it begins when the answer is there, and nobody waits for it. */
  readonly greet: Greet
  readonly assert: Assert
  readonly exchange: Exchange
  readonly roads: Roads
  readonly rooms: Rooms
  readonly clock: Clock
  readonly record: TakeRecord
}

/**
 * Shows a request to its origin, or refuses it: canonicalize -> match -> authenticate -> authorize ->
 * introduce -> forward -> answer -> record. Every stage takes plain data and gives a result; the first
 * that fails is the answer. It always resolves: whatever is thrown is a 500 without a word about it.
 */
export async function walk(request: Request, keeper: Keeper, gateway: Gateway): Promise<Response> {
  const { rules, routes, authority, roads, rooms, clock } = gateway
  const visit = beginVisit(request, keeper, gateway)
  try {
    const canonical = canonicalize(request, rules.escapes)
    if (!canonical.ok) return visit.refuse(canonical.error)
    const target = canonical.value
    visit.note({ host: target.host, path: target.path })
    const asking = { request, target, moment: visit.moment, requestId: visit.requestId }

    const surface = findSurface(target, rules)
    if (!surface.ok) return visit.refuse(surface.error)
    if (surface.value !== undefined) {
      visit.note({ route: `usher ${surface.value}` })
      return visit.leave(await rooms(surface.value, asking))
    }

    const matched = match(routes, target, request)
    if (!matched.ok) return visit.refuse(matched.error)
    const { route } = matched.value
    visit.note({ route: route.name })

    const caller = await authenticate(asking, scrutinyOf(route, rules), authority)
    if (!caller.ok) return visit.refuse(caller.error, { target, route })
    visit.meet(caller.value)

    const permitted = authorize(matched.value, caller.value, target)
    if (!permitted.ok) return visit.refuse(permitted.error, { target, route })

    const introduced = await introduce(asking, { route, caller: caller.value }, gateway)
    if (!introduced.ok) return visit.refuse(introduced.error)
    const departure = { request, target, headers: introduced.value, origin: route.origin }
    const response = await forward(departure, roads, clock)
    if (!response.ok) return visit.refuse(response.error)
    return visit.leave(answer(response.value, asking))
  } catch (thrown) {
    visit.note({ fault: faultOf(thrown) })
    return visit.refuse({ code: 'internal-error' })
  } finally {
    visit.end(gateway)
  }
}

/** What went wrong and where, without its message, which may quote what a caller sent. */
function faultOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown
  const frames = thrown.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []
  return [thrown.name, ...frames.slice(0, 5).map((line) => line.trim())].join(' ')
}

/** How closely the callers of a route are looked at. */
function scrutinyOf(route: Route, { identityHeaders }: Rules): Scrutiny {
  const { access, accepts, carriers, cookieAzp, revocation } = route
  const tellsFacts = identityHeaders.some((name) => factualHeaders.includes(name))
  return { access, accepts, carriers, cookieAzp, revocation, tellsFacts }
}
