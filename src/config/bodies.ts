import type { BodyTerms } from '../model/terms.ts'
import { type Duration, type LongDuration, parseDuration, parseLongDuration } from './duration.ts'
import type { Problem } from './problem.ts'
import { type Draft, optional, parsed, type Whole } from './shape.ts'
import { type Size, sizeWithin } from './size.ts'

/** What the bodies of a route are held to. Without any of it they are handed on untouched. */
export interface BodyConfig {
  /** The longest body of a request, `'1KiB'` to `'100GiB'`; a longer one is 413. */
  readonly maxBytes?: Size
  /**
   * How long either body may stand still before it is broken off, `'1ms'` to `'10m'`. The time-out of the
   * origin then begins once the body of the request has been handed over.
   */
  readonly idleTimeout?: Duration
  /**
   * How long everything may take, `'1ms'` to `'24h'`: until the last byte of the answer, which is broken off
   * then. WebSockets may stay.
   */
  readonly totalTimeout?: LongDuration
}

/** The words of a route that bound its bodies. */
export const bodyFields = {
  maxBytes: optional(parsed(sizeWithin('1KiB', '100GiB')), null),
  idleTimeout: optional(parsed(parseDuration), null),
  totalTimeout: optional(parsed(parseLongDuration), null),
}

type BodyDraft = Draft<typeof bodyFields>

/** What was read of {@link bodyFields}, compiled; `undefined` where nothing is asked. */
export function bodyTermsOf(draft: Whole<BodyDraft>): BodyTerms | undefined {
  const { maxBytes, idleTimeout, totalTimeout } = draft
  if (maxBytes === null && idleTimeout === null && totalTimeout === null) return undefined
  return {
    maxBytes: maxBytes ?? undefined,
    idleMs: idleTimeout ?? undefined,
    totalMs: totalTimeout ?? undefined,
  }
}

/** What the bounds of a route are held against. */
export const bodyRules: readonly ((
  draft: BodyDraft & { readonly place: string },
) => readonly Problem[])[] = [
  function idleTimeoutCanPass({ idleTimeout, totalTimeout, place }) {
    if (!idleTimeout || !totalTimeout || idleTimeout < totalTimeout) return []
    const message = 'Never passes, because totalTimeout is no longer: shorten it or remove it.'
    return [{ place: `${place}.idleTimeout`, message }]
  },
]
