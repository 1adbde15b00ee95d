import { type Clock, pause } from '../model/clock.ts'
import { createRecent } from '../model/recent.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok, type Result } from '../model/result.ts'

/** How many ask the same at once. */
const askingMax = 3
const lookAgainMs = 25
/** How many questions are told apart. */
const questionsMax = 5000

/** Why there is no answer, and how long it is no use to ask again (`retryAfterSeconds`). */
export interface Setback {
  readonly refusal: Refusal
  /** That long Clerk wants to hear no question at all, whatever it is about. */
  readonly isForAll: boolean
}

/** Something that Clerk must be asked, as one request puts it. */
export interface Question<T> {
  /** The same for all who ask the same. */
  readonly key: string
  /** What is remembered that this request may go by. */
  recall(): T | undefined
  /** Why this request may not ask, once it is its turn; `undefined` if it may. */
  forbid(): Refusal | undefined
  /** Asks, within the time-out, and remembers the answer. */
  ask(): Promise<Result<T, Setback>>
}

/** Puts a question, or waits for the answer that others get. */
export type PutQuestion<T> = (question: Question<T>) => Promise<Result<T, Refusal>>

/** How long an answer may take, and what is told when there was none until then. */
interface Patience {
  readonly clock: Clock
  readonly limitMs: number
  readonly tooLate: Refusal
}

/** A time in which nothing is asked. */
interface Lull {
  readonly refusal: Refusal
  readonly endMs: number
}

/** Who asks a question at the moment, and whether that has just failed. */
interface Turns {
  readonly startedAtMs: readonly number[]
  readonly lull: Lull | undefined
}

const untouched: Turns = { startedAtMs: [], lull: undefined }

/**
 * At most three requests ask the same at once. The others look into memory again and again by their own
 * timers, until there is an answer, a failure or a turn for them: no request awaits a promise that another
 * began, for the runtime may end that other request at any time. After a failure nobody asks the same for as
 * long as callers are told to wait, so that retries do not become calls; what is remembered counts meanwhile.
 */
export function createAnswers<T>({ clock, limitMs, tooLate }: Patience): PutQuestion<T> {
  const turns = createRecent<string, Turns>(questionsMax)
  let lullOfAll: Lull | undefined

  /** A request that was ended in the middle never gives its turn back, so turns grow old. */
  function turnsOf(key: string): Turns {
    const { startedAtMs, lull } = turns.get(key) ?? untouched
    const nowMs = clock.now()
    return { lull, startedAtMs: startedAtMs.filter((atMs) => nowMs - atMs <= limitMs) }
  }

  async function takeTurn({ key, ask }: Question<T>): Promise<Result<T, Refusal>> {
    const startedAtMs = clock.now()
    const before = turnsOf(key)
    turns.set(key, { ...before, startedAtMs: [...before.startedAtMs, startedAtMs] })
    const answer = await ask()
    const lull = answer.ok ? undefined : lullAfter(answer.error, clock.now())
    const after = turnsOf(key).startedAtMs
    const own = after.indexOf(startedAtMs)
    turns.set(key, { lull, startedAtMs: after.filter((_, index) => index !== own) })
    if (answer.ok) return answer
    if (answer.error.isForAll) lullOfAll = longer(lullOfAll, lull)
    return err(answer.error.refusal)
  }

  return async function putQuestion(question) {
    for (let waitedMs = 0; waitedMs <= limitMs; waitedMs += lookAgainMs) {
      const known = question.recall()
      if (known !== undefined) return ok(known)
      const { startedAtMs, lull } = turnsOf(question.key)
      const refusal = refusalIn(longer(lullOfAll, lull), clock.now())
      if (refusal !== undefined) return err(refusal)
      if (startedAtMs.length < askingMax) {
        const forbidden = question.forbid()
        return forbidden === undefined ? takeTurn(question) : err(forbidden)
      }
      await pause(clock, lookAgainMs)
    }
    return err(tooLate)
  }
}

function lullAfter({ refusal }: Setback, nowMs: number): Lull {
  return { refusal, endMs: nowMs + (refusal.retryAfterSeconds ?? 0) * 1000 }
}

function longer(one: Lull | undefined, other: Lull | undefined): Lull | undefined {
  return (one?.endMs ?? 0) > (other?.endMs ?? 0) ? one : other
}

/** What is told during a lull: to wait for what remains of it. */
function refusalIn(lull: Lull | undefined, nowMs: number): Refusal | undefined {
  if (lull === undefined || lull.endMs <= nowMs) return undefined
  return { ...lull.refusal, retryAfterSeconds: Math.ceil((lull.endMs - nowMs) / 1000) }
}
