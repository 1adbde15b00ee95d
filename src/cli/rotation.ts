import { jwksKeptSeconds } from '../api/jwks.ts'
import { assertionLifeSeconds } from '../gateway/assertion.ts'
import type { SigningKey } from '../model/signing-key.ts'

/** One step of a rotation: the new key is published, it signs, the old one is gone. */
export type RotationStep = 'announced' | 'promoted' | 'retired'

/**
 * How long a step is left to itself. An announced key is known everywhere once every set that origins keep
 * is newer, and an old one is needed until its last assertion has ended. Both are given twelve times as long:
 * some caches keep a set for longer than they are told to, and isolates of the version before sign on for a while.
 */
export const stepWaitSeconds = 12 * Math.max(jwksKeptSeconds, assertionLifeSeconds) // 1 hour

/** How long a key signs before it is time for another. */
export const keyLifeSeconds = 90 * 24 * 3600

/**
 * What the next step of a set is. A new key is announced before it signs, and an old one stays published
 * until nothing that it signed is left: current -> current and next -> current and previous -> current.
 * A set with all three states loses its previous key first.
 */
export function nextStep(keys: readonly SigningKey[]): RotationStep {
  if (keys.some((key) => key.state === 'previous')) return 'retired'
  return keys.some((key) => key.state === 'next') ? 'promoted' : 'announced'
}

/** The next step of a set, when the step before was, and when the next is due. */
export interface Rotation {
  readonly step: RotationStep
  /** `undefined`: the set does not say. */
  readonly sinceMs: number | undefined
  readonly dueMs: number | undefined
}

/** Where a set stands. Times are those at which the steps were made, so each is put in at once. */
export function rotationOf(keys: readonly SigningKey[]): Rotation {
  const step = nextStep(keys)
  const state = ({ announced: 'current', promoted: 'next', retired: 'previous' } as const)[step]
  const seconds = keys.find((key) => key.state === state)?.sinceSeconds
  if (seconds === undefined) return { step, sinceMs: undefined, dueMs: undefined }
  const waitSeconds = step === 'announced' ? keyLifeSeconds : stepWaitSeconds
  return { step, sinceMs: seconds * 1000, dueMs: (seconds + waitSeconds) * 1000 }
}

/** The first whole minute that is not before a moment, as people write it: `2026-05-01 12:30 UTC`. */
export function minuteText(ms: number): string {
  const minute = new Date(Math.ceil(ms / 60_000) * 60_000)
  return `${minute.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
