import { announcedBytes } from '../model/body-length.ts'
import { type Clock, type Moment, pause } from '../model/clock.ts'
import type { Member, OriginSet, OriginTerms, RetryTerms } from '../model/origin.ts'
import type { Refusal } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { MemberHealth } from '../store/member-health.ts'
import { attempt } from './attempt.ts'
import { createPool, type Pool } from './pool.ts'
import { createRetryBudget, type RetryBudget } from './retry-budget.ts'
import type { Arrival, Departure, DirectRoads, SendToSet } from './road.ts'
import { type Lead, leadBy } from './sticky.ts'

/** What checks found is read again behind a request once it is older. */
const checksFreshMs = 30_000
/** What checks found and nobody has read for so long is forgotten: an isolate may have slept. */
const checksForgottenMs = 120_000
/** The longest pause before the first retry, and before any; each is as long as chance says, up to that. */
const backoffMs = { first: 25, longest: 250 } as const

/** RFC 9110 section 9.2.2: sending one again changes no more than sending it once. */
const idempotent: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']

/** What sending to sets needs of the world. */
export interface SetSender {
  readonly roads: DirectRoads
  readonly clock: Clock
  readonly health: MemberHealth
  /** At least 0, and less than 1. */
  readonly random: () => number
}

type Asked = OriginTerms & OriginSet

/** One set in one isolate. */
interface Memory {
  readonly pool: Pool
  readonly budget: RetryBudget
  checksReadAtMs: number
}

/**
 * Sends requests to sets: to one member, and while there is time, room and sense in it to another. What it
 * learns of members and how often it has sent again is known in this isolate alone.
 */
export function createSetSender(sender: SetSender): SendToSet {
  const memories = new Map<string, Memory>()

  return (departure, set) => {
    const memory = memories.get(set.name) ?? remember(set)
    memories.set(set.name, memory)
    readChecks(set, { memory, health: sender.health, moment: departure.moment })
    return send({ departure, set, memory }, sender)
  }
}

function remember(set: Asked): Memory {
  return {
    pool: createPool(set, set.timeoutMs),
    budget: createRetryBudget(set.retry?.budgetPercent ?? 0),
    checksReadAtMs: Number.NEGATIVE_INFINITY,
  }
}

/** Reads behind the request what checks found. What cannot be read accuses nobody. */
function readChecks(
  { name, health: { check } }: Asked,
  { memory, health, moment }: { memory: Memory; health: MemberHealth; moment: Moment },
): void {
  if (check === undefined) return
  const ageMs = moment.nowMs - memory.checksReadAtMs
  if (ageMs < checksFreshMs) return
  const { noteDown } = memory.pool
  if (ageMs >= checksForgottenMs) noteDown(new Set())
  memory.checksReadAtMs = moment.nowMs
  moment.waitUntil(health.read(name).then(noteDown, () => noteDown(new Set())))
}

interface Sending {
  readonly departure: Departure
  readonly set: Asked
  readonly memory: Memory
}

type Outcome = Result<Arrival, Refusal>

/**
 * Asks one member, and another where that fails and it may. All of it takes no longer than the set gives a
 * caller: an attempt has what is left, or less where the terms say so and others may follow.
 */
async function send({ departure, set, memory }: Sending, sender: SetSender): Promise<Outcome> {
  const { clock, roads, random } = sender
  const { pool, budget } = memory
  const { request, moment } = departure
  const lead = leadBy(set.sticky, departure, random)
  const cargo = cargoOf(departure)
  const terms = cargo.isRepeatable ? set.retry : undefined
  const isPoorProbe = cargo.hasBody || (set.retry !== undefined && terms === undefined)
  const tried = new Set<Member>()
  const endsAtMs = clock.now() + set.timeoutMs
  budget.count(clock.now())
  let retries = 0
  for (;;) {
    const member = pool.choose({ draw: lead.draw, tried, isPoorProbe, nowMs: clock.now() })
    tried.add(member)
    const next = hasNext(terms, retries) ? terms : undefined
    const leftMs = endsAtMs - clock.now()
    const limitMs = budget.hasRoom(clock.now()) ? next?.attemptTimeoutMs : undefined
    const endpoint = { ...member.endpoint, timeoutMs: Math.min(leftMs, limitMs ?? leftMs) }
    const outcome = await attempt(cargo.copy(), endpoint, { roads, clock })
    const fared = request.signal.aborted ? undefined : faring(outcome, set, cargo.isHandedOver())
    if (fared === 'well') pool.succeeded(member)
    if (fared === 'ill') pool.failed(member, clock.now())
    // Nothing was sent, so whatever it was may go elsewhere.
    if (isUnbound(outcome) && tried.size < set.members.length) continue

    const delayMs = backoffFor(retries, random)
    const isInTime = clock.now() + delayMs < endsAtMs && !request.signal.aborted
    const isWorthIt = next !== undefined && isInTime && isRepeatedFor(outcome, next)
    // What was under way at a member that died must not be lost, however little was sent before.
    const isFree = retries === 0 && pool.hasBetter(member, tried)
    if (!isWorthIt || !(isFree || budget.take(clock.now()))) {
      moment.note({ member: member.name, retries })
      return outcome.ok ? ok(tell(outcome.value, { member, lead, fared })) : outcome
    }
    if (outcome.ok) discard(outcome.value.response)
    retries += 1
    await pause(clock, delayMs)
  }
}

/** What a request carries, and so what may be done with it. */
interface Cargo {
  readonly hasBody: boolean
  readonly isRepeatable: boolean
  /** Whether all of it is known to have been handed over, so that a failure is the member's. */
  readonly isHandedOver: () => boolean
  /** The request for one attempt. */
  readonly copy: () => Departure
}

/** A body that says that it is empty is none; it would be used up like any other. */
function cargoOf(departure: Departure): Cargo {
  const { request, uploaded } = departure
  const { body, headers, method } = request
  const hasBody = body !== null && announcedBytes(headers) !== 0
  let isWhole = !hasBody
  uploaded?.then((ending) => {
    isWhole = ending === 'whole'
  })
  const isRepeatable = !hasBody && idempotent.includes(method)
  const isUsedUp = isRepeatable && body !== null
  return {
    hasBody,
    isRepeatable,
    isHandedOver: () => isWhole,
    copy: () => (isUsedUp ? { ...departure, request: request.clone() } : departure),
  }
}

function hasNext(terms: RetryTerms | undefined, retries: number): boolean {
  return terms !== undefined && retries + 1 < terms.attemptsMax
}

function isUnbound(outcome: Outcome): boolean {
  return !outcome.ok && outcome.error.code === 'binding-missing'
}

/**
 * How a member fared. What may be the client's own doing says nothing of it: a body that breaks or stalls
 * looks like a member that does.
 */
function faring(
  outcome: Outcome,
  { health }: OriginSet,
  isHandedOver: boolean,
): 'well' | 'ill' | undefined {
  if (outcome.ok) {
    const { status, webSocket } = outcome.value.response
    return webSocket === null && health.statuses.has(status) ? 'ill' : 'well'
  }
  if (isUnbound(outcome)) return 'ill'
  return isHandedOver && isUnanswered(outcome.error) ? 'ill' : undefined
}

function isRepeatedFor(outcome: Outcome, { statuses }: RetryTerms): boolean {
  if (outcome.ok) {
    const { status, webSocket } = outcome.value.response
    return webSocket === null && statuses.has(status)
  }
  return isUnanswered(outcome.error)
}

function isUnanswered({ code }: Refusal): boolean {
  return code === 'origin-unreachable' || code === 'origin-timeout'
}

/** Nobody will read it; what goes wrong on the way to its end is nobody's either. */
function discard({ body }: Response): void {
  body?.cancel().catch(() => undefined)
}

function backoffFor(retries: number, random: () => number): number {
  return random() * Math.min(backoffMs.first * 2 ** retries, backoffMs.longest)
}

interface Told {
  readonly member: Member
  readonly lead: Lead
  readonly fared: 'well' | 'ill' | undefined
}

/** A member that is in trouble is none to come back to. */
function tell(arrival: Arrival, { member, lead, fared }: Told): Arrival {
  const cookie = fared === 'well' ? lead.cookieFor(member) : undefined
  const told = { ...arrival, endpoint: member.endpoint }
  return cookie === undefined ? told : { ...told, cookie }
}
