import { canonicalHost } from '../gateway/host.ts'
import type { Passing } from '../gateway/identity.ts'
import { limit } from '../gateway/limit.ts'
import type { Rooms } from '../gateway/rooms.ts'
import type { Asking, HeaderReader, Question } from '../model/asking.ts'
import { type CheckCaller, type Dialect, dialects } from '../model/checks.ts'
import { isWebSocket } from '../model/headers.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Rules } from '../model/route.ts'
import type { HeaderLine } from '../model/terms.ts'
import { deny, type Subject } from './answer.ts'
import { identifyCaller, mayAskAbout } from './callers.ts'
import type { Checking } from './checking.ts'
import { type Description, readContext } from './context.ts'
import { decide } from './decide.ts'
import { fits } from './head.ts'
import { type Kept, keptSeconds, variesOf } from './keeping.ts'
import { readTarget } from './target.ts'
import { tell } from './tell.ts'

/**
 * Answers the checks of other proxies, each in its own dialect: who asks -> about what -> decide -> limit ->
 * identity -> answer. Nothing is decided for somebody who is not known, or about what is not one request.
 */
export function createForwardAuth(checking: Checking): Rooms {
  const { rules, count, greet } = checking
  // Scheme and host of the described request are its proxy's word: browsers know it by these.
  const authority = { ...checking.authority, canonicalOrigin: undefined }
  const decider = { ...checking, authority }
  const varies = variesOf(rules)

  return async function check(path, asking) {
    const dialect = dialectOf(path)
    const { moment } = asking
    function refused(refusal: Refusal, subject: Subject = {}): Response {
      moment.note({ reason: refusal.code })
      return deny(refusal, { asking, dialect }, { subject, rules })
    }

    if (dialect === undefined) return refused({ code: 'route-unknown' })
    const asked = readQuestion(dialect, asking, rules)
    if (!asked.ok) return refused(asked.error)
    const { caller: asker, question } = asked.value

    const { matched, caller, verdict, shadow } = await decide(question, decider)
    if (matched !== undefined) moment.note({ checked: matched.route.name })
    if (shadow !== undefined) moment.note({ shadow })
    if (caller !== undefined) moment.note({ principal: caller.principal })
    if (caller?.principal.kind === 'user') greet(caller.principal, moment)
    const subject = { caller: asker, question, matched }
    if (!verdict.ok) return refused(verdict.error, subject)
    if (matched === undefined) return refused({ code: 'route-unknown' }, subject)

    const admitted = { question, route: matched.route, caller: verdict.value }
    const counted = limit(question, guestOf(admitted), count)
    const pass = counted instanceof Promise ? await counted : counted
    if (!pass.ok) return refused(pass.error, subject)
    const told = await tell(admitted, checking)
    if (!told.ok) return refused(told.error, subject)
    const seconds = secondsFor({ matched, caller: verdict.value }, checking)
    const lines = [...told.value, ...keepingLines(seconds, varies[dialect])]
    return fits(lines) ? allow(lines) : refused({ code: 'identity-too-large' })
  }
}

/** Below one dialect stands the path that is asked about; below the others, nothing does. */
function dialectOf(path: string): Dialect | undefined {
  if (path.startsWith('/auth/envoy/')) return 'envoy'
  return dialects.find((one) => path === `/auth/${one}`)
}

/** Somebody who may ask, and what about. */
interface Asked {
  readonly caller: CheckCaller
  readonly question: Question
}

/** What is asked, once it is known who asks, and that they may. */
function readQuestion(dialect: Dialect, asking: Asking, rules: Rules): Result<Asked, Refusal> {
  const { request, method, headers } = asking
  const known = identifyCaller(asking, dialect, rules.checks)
  if (!known.ok) return known
  const caller = known.value
  const described = { url: request.url, method, headers }
  const context = readContext(dialect, { request: described, prefix: rules.prefix })
  if (!context.ok) return context
  const { scheme, host } = context.value
  const asked = canonicalHost(host, scheme)
  if (!asked.ok) return asked
  // Before the path, of which it depends on the routes of every host what is refused.
  if (!mayAskAbout(caller, asked.value)) return refuse('caller-not-granted')
  const question = questionOf(context.value, asking, rules)
  return question.ok ? ok({ caller, question: question.value }) : question
}

/** The described request, as if it had come by itself. */
function questionOf(
  { method, scheme, host, uri, clientAddress, isSocket }: Description,
  { headers, moment, requestId }: Asking,
  rules: Rules,
): Result<Question, Refusal> {
  const target = readTarget(`${scheme}://${host}${uri}`, rules)
  if (!target.ok) return target
  const described = isSocket && !isWebSocket(headers) ? asSocket(headers) : headers
  return ok({ method, headers: described, target: target.value, moment, requestId, clientAddress })
}

/** `Upgrade` is about one connection, so few proxies send it along; without it, cookies would open sockets. */
function asSocket(headers: HeaderReader): HeaderReader {
  return {
    get: (name) => (isUpgrade(name) ? 'websocket' : headers.get(name)),
    has: (name) => isUpgrade(name) || headers.has(name),
  }
}

function isUpgrade(name: string): boolean {
  return name.toLowerCase() === 'upgrade'
}

/** Requests at once are not counted: nobody says here when one is over. */
function guestOf({ route, caller: { principal } }: Passing): Parameters<typeof limit>[1] {
  if (route.limits === undefined) return { route, principal }
  const limits = route.limits.filter(({ kind }) => kind !== 'concurrent')
  return { route: { ...route, limits }, principal }
}

/** For how long a proxy may keep an answer; the clock is not asked where the config says not at all. */
function secondsFor(kept: Kept, { rules: { checks }, clock }: Checking): number {
  const { maxAgeMs } = checks
  return maxAgeMs > 0 ? keptSeconds(kept, { maxAgeMs, nowMs: clock.now() }) : 0
}

function keepingLines(seconds: number, varies: string): readonly HeaderLine[] {
  if (seconds === 0) return [['Cache-Control', 'private, no-store']]
  return [
    ['Cache-Control', `private, max-age=${seconds}`],
    ['Vary', varies],
  ]
}

/** Written one by one into the answer's own set: a set that is made before would be copied into it. */
function allow(lines: readonly HeaderLine[]): Response {
  const answer = new Response(null)
  for (const [name, value] of lines) answer.headers.set(name, value)
  return answer
}
