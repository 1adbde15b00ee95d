import type { Noted } from './noted.ts'

/**
 * Time as a capability, so that a test can hold it in its hand. The clock of workerd stands still
 * within a request until something is awaited.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs `callback` after `delayMs` milliseconds unless the function it gives back is called first. */
  after(delayMs: number, callback: () => void): () => void
}

/** One moment of one request: when it is decided, and who keeps work alive that goes on behind it. */
export interface Moment {
  readonly nowMs: number
  waitUntil(work: Promise<unknown>): void
  /** Whether anything was given to `waitUntil`: then the request outlives its answer. */
  isKept(): boolean
  /** Notes something for the record of the request. */
  note(noted: Noted): void
}

/** A moment of no request: nothing goes on behind it, and nothing is recorded. */
export function momentAlone(nowMs: number): Moment {
  return { nowMs, waitUntil: () => {}, isKept: () => false, note: () => {} }
}

/** Resolves after `delayMs`. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })
}

/** What `work` gives, or `undefined` when it fails or takes longer than `limitMs`. */
export function within<T>(clock: Clock, limitMs: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, () => resolve(undefined))
    work.then(
      (value) => {
        cancel()
        resolve(value)
      },
      () => {
        cancel()
        resolve(undefined)
      },
    )
  })
}
