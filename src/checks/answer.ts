import type { Match } from '../gateway/match.ts'
import { metadataAddress } from '../gateway/protected-resource.ts'
import type { Asking, Question } from '../model/asking.ts'
import type { Dialect } from '../model/checks.ts'
import { type Refusal, type RefusalCode, refusals } from '../model/refusal.ts'
import { refusalResponse } from '../model/refusal-response.ts'
import type { Rules } from '../model/route.ts'

/** Where a proxy reads why a request is not to pass: it need not read a body for that, and some cannot. */
export const refusalHeader = 'X-Usher-Refusal'

/** What a refusal is about, as far as the check could be understood. */
export interface Subject {
  readonly question?: Question | undefined
  readonly matched?: Match | undefined
}

/**
 * The answer that a request is not to pass. nginx turns every status but 401 and 403 into a fault of its own;
 * the others hand on to the client what they are given.
 */
export function deny(
  refusal: Refusal,
  { asking, dialect }: { readonly asking: Asking; readonly dialect: Dialect | undefined },
  { subject, rules }: { readonly subject: Subject; readonly rules: Rules },
): Response {
  const { request, requestId } = asking
  const { headers } = request
  const method = subject.question?.request.method ?? request.method
  const hints = hintsFor(subject, rules)
  const answer = refusalResponse(refusal, { method, headers, requestId, ...hints })
  answer.headers.set(refusalHeader, refusal.code)
  if (dialect === 'nginx') return withoutBody(answer, statusForNginx(refusal.code))
  return request.method === 'HEAD' ? new Response(null, answer) : answer
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

/** The way back leads to what was described: whoever describes it is known, and may ask about its host. */
export function hintsFor({ question, matched }: Subject, { signInUrl }: Rules) {
  if (question === undefined || matched === undefined) return undefined
  const { target } = question
  return {
    signIn: signInUrl === undefined ? undefined : { url: signInUrl, returnTo: target.url },
    resourceMetadata: metadataAddress(target, matched.route, undefined),
  }
}
