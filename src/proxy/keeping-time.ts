import type { Route } from '../model/route.ts'
import type { CacheTerms } from '../model/terms.ts'

/** Statuses that may be kept without a word of the origin (RFC 9110 section 15.1) and mean a whole answer. */
const keptStatuses: readonly number[] = [200, 203, 301, 308, 404, 410]

/**
 * For how many milliseconds an answer may be kept (RFC 9111 sections 3 and 4.2); 0 is not at all. The origin
 * has the last word: it can only ask for less than the terms of the route say.
 */
export function keepingTimeMs(
  { status, headers }: Response,
  { cors, cache }: Pick<Route, 'cors'> & { readonly cache: CacheTerms },
  nowMs: number,
): number {
  const directives = directivesOf(headers.get('cache-control'))
  // Where the gateway answers for pages its origin sees none.
  const keyed = cors === undefined ? cache.keyedHeaders : [...cache.keyedHeaders, 'origin']
  const mayBeKept =
    keptStatuses.includes(status) &&
    isAllowed(directives, cache.scope) &&
    variesWithin(headers.get('vary'), keyed) &&
    isRepeatable(headers)
  if (!mayBeKept) return 0
  const lifetimeMs = lifetimeOf(headers, directives, nowMs)
  if (lifetimeMs === undefined) return cache.maxAgeMs
  return Math.max(0, Math.min(cache.maxAgeMs, lifetimeMs - ageSeconds(headers) * 1000))
}

type Directives = ReadonlyMap<string, readonly string[]>

function isAllowed(directives: Directives, scope: CacheTerms['scope']): boolean {
  const isForAnother = directives.has('private') && scope === 'everyone'
  return !isForAnother && !directives.has('no-store') && !directives.has('no-cache')
}

/** A cookie is for one; what is not UTF-8 cannot be read without loss. */
function isRepeatable(headers: Headers): boolean {
  return !headers.has('set-cookie') && ![...headers.values()].some((one) => one.includes('\ufffd'))
}

/** How old an answer says it was when it came (RFC 9111 section 5.1). */
export function ageSeconds(headers: Headers): number {
  return secondsIn(headers.get('age') ?? '') ?? 0
}

/** How long an answer is fresh by its own word; `undefined` where it says nothing of it. */
function lifetimeOf(headers: Headers, directives: Directives, nowMs: number): number | undefined {
  const seconds = directives.get('s-maxage') ?? directives.get('max-age')
  // Of several the shortest counts, and what is no number is over (RFC 9111 section 4.2.1).
  if (seconds !== undefined) return Math.min(...seconds.map((one) => secondsIn(one) ?? 0)) * 1000
  const expires = headers.get('expires')
  if (expires === null) return undefined
  const dateMs = Date.parse(headers.get('date') ?? '')
  const lifetimeMs = Date.parse(expires) - (Number.isNaN(dateMs) ? nowMs : dateMs)
  return Number.isNaN(lifetimeMs) ? 0 : lifetimeMs
}

/** The platform answers for `Accept-Encoding`: no origin sees the client's. */
function variesWithin(vary: string | null, keyed: readonly string[]): boolean {
  const names = (vary ?? '').split(',').map((name) => name.trim().toLowerCase())
  return names.every((name) => ['', 'accept-encoding', ...keyed].includes(name))
}

/** A name, and a value with quotes or without. */
const directive = /([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?/g

/** The directives of a `Cache-Control` with all of their values. */
export function directivesOf(header: string | null): Directives {
  const found = new Map<string, readonly string[]>()
  for (const [, name = '', quoted, plain] of (header ?? '').toLowerCase().matchAll(directive)) {
    found.set(name, [...(found.get(name) ?? []), quoted ?? plain ?? ''])
  }
  return found
}

function secondsIn(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined
}
