import type { Question } from '../model/asking.ts'
import type { CheckCaller } from '../model/checks.ts'
import { refuse } from '../model/refusal.ts'
import { mayAskAbout } from './callers.ts'
import { type Deciding, type Decision, decide, undecided } from './decide.ts'
import { headersOf, type Inquiry, type Sender } from './question.ts'
import { identifyUser } from './subject.ts'
import { readHost, readTarget } from './target.ts'

/** Who asks, in a request of their own. */
export interface Asker extends Pick<Question, 'moment' | 'requestId' | 'clientAddress'> {
  readonly caller: CheckCaller
}

/** What would become of a request that was asked about. */
export interface Judgement extends Decision {
  /** What was decided; `undefined` where whoever asks is told of no route. */
  readonly asked: { readonly question: Question; readonly deciding: Deciding } | undefined
}

/** Decides about one of several requests that are asked about together. */
export type Judge = (inquiry: Inquiry) => Promise<Judgement>

/**
 * Opens a judge for what one caller asks at one moment. About a host that is not granted nothing is decided, and
 * the answer is that of a host that is not there. Nothing of it is recorded: no request is.
 */
export function createJudge({ caller, ...asker }: Asker, checking: Deciding): Judge {
  const { rules, routes } = checking
  const authority = {
    ...checking.authority,
    readFacts: once(checking.authority.readFacts, ({ userId }) => userId),
    verifyOpaque: once(checking.authority.verifyOpaque, ({ token }) => token),
  }
  const moment = { ...asker.moment, note: () => {} }
  return async function judge({ sender, method, url }) {
    const host = readHost(url)
    if (host.ok && !mayAskAbout(caller, host.value)) {
      return { ...undecided(refuse('host-unknown')), asked: undefined }
    }
    const target = readTarget(url, rules)
    if (!target.ok) return { ...undecided(target), asked: undefined }
    const headers = headersOf(sender)
    const question = { ...asker, moment, method, headers, target: target.value }
    const deciding = { rules, routes, authority, ...whois(sender) }
    const decision = await decide(question, deciding)
    return { ...decision, asked: { question, deciding } }
  }

  /** Where no credential says who it is. */
  function whois(sender: Sender): Pick<Deciding, 'identify'> {
    if (sender.kind !== 'user') return {}
    const subject = { userId: sender.userId, moment }
    return { identify: (scrutiny) => identifyUser(subject, scrutiny, authority) }
  }
}

/** One question is asked once for all that is asked together, and once more where what is known will not do. */
function once<Query extends { readonly mustBeFresh: boolean }, Answer>(
  ask: (query: Query) => Answer,
  nameOf: (query: Query) => string,
): (query: Query) => Answer {
  const answers = new Map<string, Answer>()
  return function askOnce(query) {
    const name = `${query.mustBeFresh} ${nameOf(query)}`
    const answer = answers.get(name) ?? ask(query)
    answers.set(name, answer)
    return answer
  }
}

/** The platform opens no more connections for one request at a time. */
const atOnceMax = 6

/** Judges all, some at a time, in their order. */
export async function judgeAll<Asked, T>(
  asked: readonly Asked[],
  judge: (one: Asked) => Promise<T>,
): Promise<readonly T[]> {
  const judged: T[] = []
  for (let start = 0; start < asked.length; start += atOnceMax) {
    const some = asked.slice(start, start + atOnceMax)
    judged.push(...(await Promise.all(some.map(judge))))
  }
  return judged
}
