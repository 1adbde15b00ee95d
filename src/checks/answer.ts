import type { Match } from '../gateway/match.ts'
import { metadataAddress } from '../gateway/protected-resource.ts'
import type { Asking, Question } from '../model/asking.ts'
import type { CheckCaller, Dialect } from '../model/checks.ts'
import { matchesHost } from '../model/host-pattern.ts'
import { type Refusal, type RefusalCode, refusals } from '../model/refusal.ts'
import { type RefusalContext, refusalResponse } from '../model/refusal-response.ts'
import type { Rules } from '../model/route.ts'
import { fits } from './head.ts'

/** What a refusal is about, as far as the check could be understood. */
export interface Subject {
  readonly caller?: CheckCaller | undefined
  readonly question?: Question | undefined
  readonly matched?: Match | undefined
}

/**
 * The answer that a request is not to pass. nginx turns every status but 401 and 403 into a fault of its own;
 * the others hand on to the client what they are given. Why is in a header, too: some cannot read a body.
 */
export function deny(
  refusal: Refusal,
  { asking, dialect }: { readonly asking: Asking; readonly dialect: Dialect | undefined },
  { subject, rules }: { readonly subject: Subject; readonly rules: Rules },
): Response {
  const { headers, requestId } = asking
  const method = subject.question?.method ?? asking.method
  const answer = fitting(hintsFor(subject, rules), (fewer) => {
    const made = refusalResponse(refusal, { method, headers, requestId, ...fewer })
    made.headers.set('X-Usher-Refusal', refusal.code)
    return made
  })
  if (dialect === 'nginx') return withoutBody(answer, statusForNginx(refusal.code))
  return asking.method === 'HEAD' ? new Response(null, answer) : answer
}

function statusForNginx(code: RefusalCode): 401 | 403 {
  return refusals[code].status === 401 ? 401 : 403
}

/** A redirect keeps its `Location`, with which nginx can be told to redirect by itself. */
function withoutBody({ headers }: Response, status: number): Response {
  headers.delete('Content-Type')
  headers.delete('Content-Security-Policy')
  return new Response(null, { status, headers })
}

type Hints = Pick<RefusalContext, 'signIn' | 'resourceMetadata'>

/** The answer with as many of the hints as its head can hold. */
function fitting(hints: Hints, make: (hints: Hints) => Response): Response {
  for (const fewer of [hints, ...waysBack(hints)]) {
    const answer = make(fewer)
    if (fits(answer.headers)) return answer
  }
  return make({})
}

/** Shorter ones: without the query, and to the beginning of the host. */
function waysBack({ signIn }: Hints): readonly Hints[] {
  if (signIn === undefined) return []
  const { url, returnTo } = signIn
  const withoutQuery = returnTo.replace(/\?.*/, '')
  return [withoutQuery, new URL('/', returnTo).href].map((shorter) => ({
    signIn: { url, returnTo: shorter },
  }))
}

/** What the answer adds: the way back leads to what was described, if its host is one that somebody has named. */
export function hintsFor({ caller, question, matched }: Subject, rules: Rules): Hints {
  if (question === undefined || matched === undefined) return {}
  const { target } = question
  const { signInUrl } = rules
  const isLed = signInUrl !== undefined && isNamed(target.host, { caller, ...matched }, rules)
  return {
    signIn: isLed ? { url: signInUrl, returnTo: target.url } : undefined,
    resourceMetadata: metadataAddress(target, matched.route, undefined),
  }
}

/**
 * Whether the config itself names a host. Of a caller who may ask about every host it is only their word, and a
 * proxy's word may be its client's: nobody is to be sent to sign in and from there to `evil.example`.
 */
function isNamed(
  host: string,
  { caller, route }: Pick<Subject, 'caller'> & Pick<Match, 'route'>,
  { hosts, canonicalOrigin }: Rules,
): boolean {
  if (hosts?.has(host) || route.host.kind !== 'any') return true
  if (caller?.hosts.some((one) => one.kind !== 'any' && matchesHost(one, host))) return true
  return canonicalOrigin !== undefined && new URL(canonicalOrigin).host === host
}
