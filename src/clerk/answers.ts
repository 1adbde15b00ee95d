import { type Clock, pause } from '../model/clock.ts'
import { createRecent } from '../model/recent.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok, type Result } from '../model/result.ts'

/** How many ask the same at once. */
const askingMax = 3
const lookAgainMs = 25
/** How many questions are told apart. */
const questionsMax = 1000

/** Something that Clerk must be asked, as one request puts it. */
export interface Question<T> {
  /** The same for all who ask the same. */
  readonly key: string
  /** What is remembered that this request may go by. */
  recall(): T | undefined
  /** Why this request may not ask, once it is its turn; `undefined` if it may. */
  forbid(): Refusal | undefined
  /** Asks, within the time-out, and remembers the answer. A failure is none. */
  ask(): Promise<Result<T, Refusal>>
}

/** Puts a question, or waits for the answer that others get. */
export type PutQuestion<T> = (question: Question<T>) => Promise<Result<T, Refusal>>

/** How long an answer may take, and what is told when there was none until then. */
interface Patience {
  readonly clock: Clock
  readonly limitMs: number
  readonly tooLate: Refusal
}

/** Who asks a question at the moment, and how asking it last failed. */
interface Turns {
  readonly startedAtMs: readonly number[]
  readonly failures: number
  readonly failure: Refusal | undefined
}

const untouched: Turns = { startedAtMs: [], failures: 0, failure: undefined }

/**
 * At most three requests ask the same at once. The others look into memory again and again by their own
 * timers, until there is an answer, a failure or a turn for them: no request awaits a promise that another
 * began, for the runtime may end that other request at any time.
 */
export function createAnswers<T>({ clock, limitMs, tooLate }: Patience): PutQuestion<T> {
  const turns = createRecent<string, Turns>(questionsMax)

  /** A request that was ended in the middle never gives its turn back, so turns grow old. */
  function turnsOf(key: string): Turns {
    const { startedAtMs, ...rest } = turns.get(key) ?? untouched
    const nowMs = clock.now()
    return { ...rest, startedAtMs: startedAtMs.filter((atMs) => nowMs - atMs <= limitMs) }
  }

  async function takeTurn({ key, ask }: Question<T>): Promise<Result<T, Refusal>> {
    const startedAtMs = clock.now()
    const before = turnsOf(key)
    turns.set(key, { ...before, startedAtMs: [...before.startedAtMs, startedAtMs] })
    const answer = await ask()
    const after = turnsOf(key)
    const own = after.startedAtMs.indexOf(startedAtMs)
    const others = after.startedAtMs.filter((_, index) => index !== own)
    const failed = answer.ok ? {} : { failures: after.failures + 1, failure: answer.error }
    turns.set(key, { ...after, ...failed, startedAtMs: others })
    return answer
  }

  return async function putQuestion(question) {
    const failuresBefore = turnsOf(question.key).failures
    for (let waitedMs = 0; waitedMs <= limitMs; waitedMs += lookAgainMs) {
      const known = question.recall()
      if (known !== undefined) return ok(known)
      const { startedAtMs, failures, failure } = turnsOf(question.key)
      if (failure !== undefined && failures > failuresBefore) return err(failure)
      if (startedAtMs.length < askingMax) {
        const forbidden = question.forbid()
        return forbidden === undefined ? takeTurn(question) : err(forbidden)
      }
      await pause(clock, lookAgainMs)
    }
    return err(tooLate)
  }
}
