import type { Access } from '../model/condition.ts'
import { isHopByHop } from '../model/headers.ts'
import type { Carrier } from '../model/principal.ts'
import { err, type Result } from '../model/result.ts'
import type { CacheTerms } from '../model/terms.ts'
import { type LongDuration, parseLongDuration } from './duration.ts'
import { parsePassingHeaderName } from './header-name.ts'
import type { Target } from './origins.ts'
import type { Problem } from './problem.ts'
import { built, listOf, object, optional, parsed, type Shape, sound, text, word } from './shape.ts'

/** What of a route is kept at the edge. Nothing is when not given. */
export interface CacheConfig {
  /** The longest time that an answer is kept, 1 ms to 24 h; its origin may say less. */
  readonly maxAge: LongDuration
  /** For whom: `'everyone'` for public routes, `'principal'` for the others; it must be said there. */
  readonly scope?: 'everyone' | 'principal'
  /** Request headers that tell one answer from another. No other header of a client's reaches the origin. */
  readonly headers?: readonly string[]
  /** Parameters of the query that tell one answer from another, and reach the origin; all when not given. */
  readonly query?: readonly string[]
}

/** What was written, before it is known for whom a route is. */
export type CacheDraft = Omit<CacheTerms, 'scope'> & {
  readonly scope: CacheTerms['scope'] | 'not-said'
}

const fields = {
  maxAge: parsed(parseLongDuration),
  scope: optional(word(['everyone', 'principal']), 'not-said' as const),
  headers: optional(listOf(parsed(parseKeyedHeader)), []),
  query: optional(listOf(text), 'all' as const),
}

const termsShape = built(object(fields), ({ maxAge, scope, headers, query }): CacheDraft => {
  return { maxAgeMs: maxAge, scope, keyedHeaders: [...new Set(headers)], keyedQuery: query }
})

/** The shape of `cache`. */
export const cacheShape: Shape<CacheDraft | null> = function readCache(value, place) {
  return value === undefined ? sound(null) : termsShape(value, place)
}

/** What a route keeps: for everyone where it is for everyone. */
export function cacheTermsOf(draft: CacheDraft | null): CacheTerms | undefined {
  if (draft === null) return undefined
  return { ...draft, scope: draft.scope === 'principal' ? 'principal' : 'everyone' }
}

/** Headers of which each is a question of its own, or belongs to nobody but its sender. */
const unkeyable: readonly string[] = [
  'authorization',
  'cookie',
  'host',
  'range',
  'accept-encoding',
  'cache-control',
  'pragma',
]

function parseKeyedHeader(source: string): Result<string, string> {
  const name = parsePassingHeaderName(source)
  if (!name.ok) return name
  const isUnkeyable = unkeyable.includes(name.value) || name.value.startsWith('if-')
  if (!isUnkeyable && !isHopByHop(name.value)) return name
  return err('No answer can be kept by this header: remove it.')
}

/** What of a route is held against its `cache`. */
interface CacheRouteDraft {
  readonly cache: CacheDraft | null | undefined
  readonly access: Access | undefined
  readonly methods: readonly string[] | 'every' | undefined
  readonly carriers: readonly Carrier[] | 'usual' | undefined
  readonly exchange: string | null | undefined
  readonly passCredential: boolean | undefined
  readonly origin: string | undefined
  readonly place: string
}

interface CacheContext {
  readonly origins: ReadonlyMap<string, Target | undefined> | undefined
}

type Find = (draft: CacheRouteDraft, cache: CacheDraft, context: CacheContext) => string | undefined

const finds: readonly Find[] = [
  function someoneIsNamed({ access }, { scope }) {
    if (access === undefined) return undefined
    if (access.kind === 'public') {
      return scope === 'principal' ? 'A public route knows of nobody: leave scope out.' : undefined
    }
    if (scope === 'principal') return undefined
    return "Would be one caller's answer shown to another: say scope: 'principal', or make the route public."
  },

  function somethingIsRead({ methods }) {
    if (methods === undefined || methods === 'every' || methods.includes('GET')) return undefined
    return 'Only answers to GET are kept, which this route does not take: remove it.'
  },

  function noCredentialReachesTheOrigin({ exchange, passCredential }) {
    if (passCredential) return 'Keeps what a credential was answered: remove it, or passCredential.'
    return exchange ? 'Keeps what a token was answered: remove it, or exchange.' : undefined
  },

  function noCredentialIsKeyed({ carriers }, { keyedHeaders }) {
    if (carriers === undefined || carriers === 'usual') return undefined
    const [carrier] = carriers.filter((one) => keyedHeaders.includes(one))
    return (
      carrier && `The header ${carrier} carries the credential, which no origin sees: remove it.`
    )
  },

  function nothingIsSetByACookie({ origin }, _cache, { origins }) {
    const target = origin === undefined ? undefined : origins?.get(origin)
    if (target?.kind !== 'set' || target.sticky !== 'cookie') return undefined
    return "Keeps nothing that comes with a cookie, as every answer of an origin does that is sticky by 'cookie'."
  },
]

/** What is wrong between `cache` and the other words of a route. */
export function cacheProblems(draft: CacheRouteDraft, context: CacheContext): readonly Problem[] {
  const { cache, place } = draft
  if (!cache) return []
  const messages = finds.flatMap((find) => find(draft, cache, context) ?? [])
  return messages.map((message) => ({ place: `${place}.cache`, message }))
}
