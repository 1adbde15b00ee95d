/**
 * The gateway: the way of a request from its raw target to the answer of its origin, a file a stage.
 * It never reads a database or a binding: what it needs of the world is handed to it as capabilities.
 * The front door calls it for every request; Usher's own rooms are one of its exits.
 */
import type { Exchange } from '../clerk/exchange.ts'
import type { TakeRecord } from '../events/record.ts'
import type { Asking } from '../model/asking.ts'
import type { Clock } from '../model/clock.ts'
import type { Refusal } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import type { Rules } from '../model/route.ts'
import { answer } from '../proxy/answer.ts'
import { forward } from '../proxy/forward.ts'
import { changeRequest } from '../proxy/header-changes.ts'
import type { Arrival, Departure, Recall, Roads } from '../proxy/road.ts'
import type { Greet } from './acquaintance.ts'
import { admit } from './admit.ts'
import type { Assert } from './assertion.ts'
import type { Authority } from './authenticate.ts'
import { boundBody, boundHeaders } from './bounds.ts'
import type { AttendBrowser } from './browser-session.ts'
import { canonicalize } from './canonical.ts'
import { answerPreflight, corsOfSurface, preflightMethod } from './cors.ts'
import type { FollowSocket } from './follow.ts'
import type { HandOff } from './hand-off.ts'
import { introduce } from './introduce.ts'
import { type Count, limit } from './limit.ts'
import { match, type RouteTable } from './match.ts'
import { findSurface, keepApart } from './own.ts'
import { ReadHeaders } from './read-headers.ts'
import { rewrite } from './rewrite.ts'
import type { Rooms } from './rooms.ts'
import { type Keeper, Visit } from './visit.ts'
import { type Guest, withholdSecrets } from './withhold.ts'

/** Everything the gateway needs of the world, once per isolate. */
export interface Gateway {
  readonly rules: Rules
  readonly routes: RouteTable
  readonly authority: Authority
  /** Notes that someone was here; it begins when the answer is there, and nobody waits for it. */
  readonly greet: Greet
  /** Called for routes for browsers alone, of which there may be none. */
  readonly attendBrowser: AttendBrowser
  readonly assert: Assert
  readonly handOff: HandOff | undefined
  readonly exchange: Exchange
  readonly count: Count
  readonly roads: Roads
  readonly recall: Recall
  readonly followSocket: FollowSocket
  readonly rooms: Rooms
  readonly clock: Clock
  readonly record: TakeRecord
}

/**
 * Shows a request to its origin, or refuses it: canonicalize -> match -> admit (authenticate -> authorize) ->
 * limit -> introduce -> forward -> answer -> record. Every stage takes plain data and gives a result; the first
 * that fails is the answer. It always resolves: whatever is thrown is a 500 without a word about it.
 */
export async function walk(request: Request, keeper: Keeper, gateway: Gateway): Promise<Response> {
  const { rules, routes } = gateway
  const visit = new Visit(request, keeper, gateway)
  try {
    const headers = new ReadHeaders(request.headers)
    const canonical = canonicalize({ url: request.url, headers }, rules.escapes)
    if (!canonical.ok) return visit.refuse(canonical.error)
    const target = canonical.value
    let asking = visit.begin(target, headers)
    const bounded = boundHeaders(headers, rules.headerLimits)
    if (!bounded.ok) return visit.refuse(bounded.error)

    const surface = findSurface(target, rules)
    if (!surface.ok) return visit.refuse(surface.error)
    const mayEnter = keepApart(headers, surface.value)
    if (!mayEnter.ok) return visit.refuse(mayEnter.error)
    if (surface.value !== undefined) return await enter(surface.value, asking, { visit, gateway })

    const matched = match(routes, target, asking)
    if (!matched.ok) return visit.refuse(matched.error)
    const { route, isPreflight } = matched.value
    visit.enter(matched.value)
    if (isPreflight) return visit.leave(answerPreflight())
    const borne = boundBody(request, route)
    if (!borne.ok) return visit.refuse(borne.error)
    if (route.sessions !== undefined) {
      const asked = { asking, route, rules: route.sessions }
      const attended = visit.attend(await gateway.attendBrowser(asked))
      if (attended instanceof Response) return attended
      asking = attended
    }
    const caller = visit.meet(await admit(asking, matched.value, gateway))
    if (!caller.ok) return visit.refuse(caller.error)
    const { principal } = caller.value

    const counted = limit(asking, { route, principal }, gateway.count)
    const pass = visit.admit(counted instanceof Promise ? await counted : counted)
    if (!pass.ok) return visit.refuse(pass.error)

    const rewritten = rewrite(withholdSecrets(asking.target), route, rules.prefix)
    if (!rewritten.ok) return visit.refuse(rewritten.error)
    const guest = { route, caller: caller.value, names: headers.names }
    const introduced = visit.introduce(await introduce(asking, guest, gateway), guest.names)
    if (!introduced.ok) return visit.refuse(introduced.error)
    changeRequest(introduced.value, route)
    const changed = { target: rewritten.value, headers: introduced.value }
    const departure = departureOf(asking, guest, changed)
    const arrived = visit.return(await send(departure, gateway))
    if (!arrived.ok) return visit.refuse(arrived.error)
    const answered = answer(arrived.value, asking, departure)
    if (answered.webSocket === null || !route.websocket?.recheck) return visit.leave(answered)
    const opened = { asking, matched: matched.value, principal }
    const { response, ended } = await gateway.followSocket(answered, opened)
    return visit.leave(response, ended)
  } catch (thrown) {
    return visit.fail(faultOf(thrown))
  } finally {
    visit.end(gateway)
  }
}

/** One of Usher's own surfaces answers. */
async function enter(
  surface: string,
  asking: Asking,
  { visit, gateway }: { readonly visit: Visit; readonly gateway: Gateway },
): Promise<Response> {
  visit.enterSurface(surface)
  const isPreflight = preflightMethod(asking) && corsOfSurface(surface, gateway.rules)
  return visit.leave(isPreflight ? answerPreflight() : await gateway.rooms(surface, asking))
}

/** What went wrong and where, without its message, which may quote what a caller sent. */
export function faultOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown
  const { name, message, stack = '' } = thrown
  // The stack begins with the message, which may have lines that look like places.
  const places = stack.slice(stack.indexOf(message) + message.length).split('\n')
  const frames = places.filter((line) => /^\s+at /.test(line))
  return [name, ...frames.slice(0, 5).map((line) => line.trim())].join(' ')
}

function departureOf(
  { request, moment }: Asking,
  { route, caller, names }: Guest,
  { target, headers }: Pick<Departure, 'target' | 'headers'>,
): Departure {
  return { request, target, headers, route, principal: caller.principal, moment, names }
}

/** To the origin; or not even there, where the route keeps answers. */
function send(
  departure: Departure,
  { roads, recall, clock }: Gateway,
): Promise<Result<Arrival, Refusal>> {
  if (departure.route.cache === undefined) return forward(departure, roads, clock)
  return recall(departure, (sent) => forward(sent, roads, clock))
}
