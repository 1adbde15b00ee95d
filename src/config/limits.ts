import type { Access } from '../model/condition.ts'
import type { TokenType } from '../model/principal.ts'
import type { Limit, LimitKey } from '../model/terms.ts'
import { parseClaimName } from './access-claims.ts'
import { bindingName } from './binding-name.ts'
import { parseWindow, type Window } from './duration.ts'
import type { Problem } from './problem.ts'
import {
  built,
  isRecord,
  listOf,
  mapped,
  object,
  optional,
  parsed,
  type Shape,
  sound,
  unsound,
  wholeNumber,
  word,
} from './shape.ts'

/** By what callers are told apart; whoever lacks it is told by who they are, else by address. */
type LimitKeyConfig =
  | 'user'
  | 'organization'
  | 'api-key'
  | 'address'
  /** By name or, with a leading `/`, by JSON Pointer; name one that its user cannot set. */
  | { readonly claim: string }

/** How many requests pass: a limit of the edge, an exact one, or one of requests at once. */
export type LimitConfig =
  | {
      readonly limiter: 'edge'
      readonly by: LimitKeyConfig
      /** The name of a Rate Limiting binding in `wrangler.toml`, and what it says there. */
      readonly binding: string
      readonly requests: number
      readonly window: '10s' | '60s'
      /** What happens when the limiter cannot be reached; `'allow'` when not given. */
      readonly unreachable?: 'allow' | 'refuse'
    }
  | {
      readonly limiter: 'exact'
      readonly by: LimitKeyConfig
      readonly requests: number
      /** In which so many pass, `'1s'` to `'24h'`. */
      readonly window: Window
      /** Likewise; `'refuse'` when not given, because a caller can slow an exact limiter of their own. */
      readonly unreachable?: 'allow' | 'refuse'
    }
  /** How many requests of one caller are under way at once, in each isolate. */
  | { readonly by: LimitKeyConfig; readonly concurrent: number }

/** More than one object, or one location, could count in such a time. */
const requestsMax = 1_000_000
/** More than one isolate has under way. */
const concurrentMax = 10_000

const key: Shape<LimitKey> = function readKey(value, place) {
  return isRecord(value) ? claimKey(value, place) : plainKey(value, place)
}

const plainKey = mapped(
  word(['user', 'organization', 'api-key', 'address']),
  (kind): LimitKey => ({ kind }),
)

const claimKey = built(
  object({ claim: parsed(parseClaimName) }),
  ({ claim }): LimitKey => ({ kind: 'claim', claim }),
)

const limiter = word(['edge', 'exact'])
const unreachable = word(['allow', 'refuse'])

const edgeShape = built(
  object({
    limiter,
    by: key,
    binding: bindingName('a Rate Limiting binding', 'BURST'),
    requests: wholeNumber(1, requestsMax),
    window: word(['10s', '60s']),
    unreachable: optional(unreachable, 'allow' as const),
  }),
  ({ by, binding, requests, window, unreachable }): Nameless => {
    const windowMs = window === '10s' ? 10_000 : 60_000
    return { kind: 'edge', by, binding, requests, windowMs, unreachable }
  },
)

const exactShape = built(
  object({
    limiter,
    by: key,
    requests: wholeNumber(1, requestsMax),
    window: parsed(parseWindow),
    unreachable: optional(unreachable, 'refuse' as const),
  }),
  ({ by, requests, window, unreachable }): Nameless => ({
    kind: 'exact',
    by,
    requests,
    windowMs: window,
    unreachable,
  }),
)

const concurrentShape = built(
  object({ by: key, concurrent: wholeNumber(1, concurrentMax) }),
  ({ by, concurrent }): Nameless => ({ kind: 'concurrent', by, requests: concurrent }),
)

/** A limit before it is known what others stand beside it. */
type Nameless = Limit extends infer One ? (One extends Limit ? Omit<One, 'name'> : never) : never

const limitShape: Shape<Nameless> = function readLimit(value, place) {
  if (!isRecord(value))
    return unsound(place, 'Must be an object: { limiter: … } or { concurrent: … }.')
  if ('concurrent' in value) return concurrentShape(value, place)
  return value.limiter === 'edge' ? edgeShape(value, place) : exactShape(value, place)
}

const listShape = listOf(limitShape)

/** The shape of `limits`. */
export const limitsShape: Shape<readonly Limit[]> = function readLimits(value, place) {
  if (value === undefined) return sound([])
  const { value: limits, problems } = listShape(value, place)
  if (limits === undefined) return { value: undefined, problems }
  const texts = limits.map((one) => JSON.stringify({ ...one, unreachable: undefined }))
  const twice = texts.findIndex((text, index) => texts.indexOf(text) < index)
  if (twice >= 0) return unsound(`${place}[${twice}]`, 'Is there already: remove one of the two.')
  return sound(named(limits))
}

/** Names that tell the limits of a route apart, and say what a caller may know: `user-60s`. */
function named(limits: readonly Nameless[]): readonly Limit[] {
  const plain = limits.map((one) =>
    one.kind === 'concurrent' ? `${one.by.kind}-at-once` : `${one.by.kind}-${one.windowMs / 1000}s`,
  )
  return limits.map((one, index) => {
    const [name = ''] = plain.slice(index)
    const ordinal = plain.slice(0, index).filter((other) => other === name).length + 1
    return { ...one, name: ordinal === 1 ? name : `${name}-${ordinal}` }
  })
}

interface LimitDraft {
  readonly access: Access | undefined
  readonly accepts: readonly TokenType[] | undefined
  readonly limits: readonly Limit[] | undefined
  readonly place: string
}

/** What is wrong between the limits of a route and who may call there. */
export const limitRules: readonly ((draft: LimitDraft) => readonly Problem[])[] = [
  function publicRoutesKnowNobody({ access, limits = [], place }) {
    if (access?.kind !== 'public') return []
    const message = 'A public route knows nobody: tell callers apart by "address".'
    return limits.flatMap(({ by }, index) =>
      by.kind === 'address' ? [] : [{ place: `${place}.limits[${index}].by`, message }],
    )
  },

  function keysAreAccepted({ access, accepts, limits = [], place }) {
    if (access?.kind === 'public' || accepts === undefined || accepts.includes('api_key')) return []
    const message = 'No API key is accepted here: say accepts, or tell callers apart by "user".'
    return limits.flatMap(({ by }, index) =>
      by.kind === 'api-key' ? [{ place: `${place}.limits[${index}].by`, message }] : [],
    )
  },
]
