import type { Carrier } from '../model/principal.ts'
import { err } from '../model/result.ts'
import type { Cors } from '../model/terms.ts'
import { type Duration, parseDuration } from './duration.ts'
import { parseHeaderName, parsePassingHeaderName } from './header-name.ts'
import { parsePage } from './page.ts'
import type { Relaxations } from './relaxations.ts'
import {
  built,
  flag,
  listOf,
  mapped,
  object,
  optional,
  parsed,
  type Shape,
  sound,
  unsound,
} from './shape.ts'

/** What pages of other origins may do. */
export interface CorsConfig {
  /** Origins of pages, `['https://app.example.com']`, or `'*'` for all, then never with credentials. */
  readonly origins: readonly string[] | '*'
  /**
   * Request headers that a page may set; when not given `authorization`, `content-type` and those that carry
   * a credential here.
   */
  readonly requestHeaders?: readonly string[]
  /** Response headers that a page may read, beside the few that it always may. */
  readonly exposed?: readonly string[]
  /** Whether cookies count; they do not when not given. */
  readonly credentials?: boolean
  /** How long a browser remembers a preflight; `'10m'` when not given. */
  readonly maxAge?: Duration
}

/** What is granted, before it is known where. */
export type CorsDraft = Omit<Cors, 'methods' | 'requestHeaders'> & {
  readonly requestHeaders: readonly string[] | 'usual'
}

/** What an API is usually sent from a page: a token and JSON. */
const usualRequestHeaders: readonly string[] = ['authorization', 'content-type']
const usualMaxAgeMs = 600_000 // 10 minutes

const fields = (relaxations: Relaxations) => ({
  origins: pagesShape(relaxations),
  requestHeaders: optional(listOf(parsed(parsePassingHeaderName)), 'usual' as const),
  exposed: optional(listOf(parsed(parseHeaderName)), []),
  credentials: optional(flag, false),
  maxAge: optional(parsed(parseDuration), usualMaxAgeMs),
})

/** The shape of `cors`. */
export function corsShape(relaxations: Relaxations): Shape<CorsDraft | null> {
  const terms = built(object(fields(relaxations)), ({ maxAge, ...draft }): CorsDraft => {
    return { ...draft, maxAgeSeconds: Math.floor(maxAge / 1000) }
  })
  return function readCors(value, place) {
    if (value === undefined) return sound(null)
    const reading = terms(value, place)
    if (reading.value?.origins !== 'any' || !reading.value.credentials) return reading
    return unsound(
      `${place}.credentials`,
      "Lets every page in the world act with the cookies of whoever looks at it: name the origins instead of '*'.",
    )
  }
}

/** What pages may do where these methods are taken, and credentials are looked for in these places. */
export function corsOf(
  draft: CorsDraft | null,
  methods: readonly string[],
  carriers: readonly Carrier[],
): Cors | undefined {
  if (draft === null) return undefined
  const named = carriers.filter((one) => one.startsWith('x-'))
  const usual = [...usualRequestHeaders, ...named]
  const requestHeaders = draft.requestHeaders === 'usual' ? usual : draft.requestHeaders
  return { ...draft, requestHeaders, methods }
}

function pagesShape(relaxations: Relaxations): Shape<Cors['origins']> {
  const page = parsed((source) =>
    source === '*'
      ? err("Every page is origins: '*', not in a list.")
      : parsePage(source, relaxations),
  )
  const listed = mapped(listOf(page), (pages): Cors['origins'] => new Set(pages))
  return function readPages(value, place) {
    return value === '*' ? sound('any') : listed(value, place)
  }
}
