import type { Described, HeaderReader } from '../model/asking.ts'
import { identityHeaders, isWebSocket } from '../model/headers.ts'
import type { Route, Rules } from '../model/route.ts'
import type { Cors } from '../model/terms.ts'
import { clerkProxySurface, isCheck, isForOperators, resourceMetadataPath } from './own.ts'

/** What a page may read of every answer: it could not act on a refusal otherwise. */
const alwaysExposed: readonly string[] = [
  'WWW-Authenticate',
  identityHeaders.requestId,
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
]

/**
 * The method that a browser asks about before it lets a page use it, or `undefined` for a request that only
 * looks like it: an OPTIONS without both headers is one like any other
 * (https://fetch.spec.whatwg.org/#cors-preflight-request).
 */
export function preflightMethod({ method, headers }: Described): string | undefined {
  if (method !== 'OPTIONS' || !headers.has('origin')) return undefined
  return headers.get('access-control-request-method') ?? undefined
}

/**
 * What pages may do on one of Usher's own surfaces. Metadata of resources is for every page as it is, and what
 * they may do with Clerk's Frontend API Clerk says. No page asks for checks: a preflight there is the client's own,
 * handed on by its proxy, and a good answer would let it pass. Nor does one of another origin work as an operator.
 */
export function corsOfSurface(path: string, { cors }: Pick<Rules, 'cors'>): Cors | undefined {
  const isOthers = path.startsWith(resourceMetadataPath) || path === clerkProxySurface
  return isOthers || isCheck(path) || isForOperators(path) ? undefined : cors
}

/**
 * What pages may do on a route. Of a preflight about another one, which is here as an OPTIONS like any other,
 * it says nothing: it would grant what is not its own.
 */
export function corsOfRoute(
  { cors }: Pick<Route, 'cors'>,
  isPreflight: boolean,
  asked: Described,
): Cors | undefined {
  return cors && (isPreflight || preflightMethod(asked) === undefined) ? cors : undefined
}

/** The answer to a preflight: the grant is all that it says, and that is said on every answer. */
export function answerPreflight(): Response {
  return new Response(null, { status: 204 })
}

/**
 * Says on an answer what pages of other origins may do, in place of whatever its origin said about that.
 * A page that nothing is granted is told nothing.
 */
export function grant(headers: Headers, cors: Cors, asked: Described): void {
  // A WebSocket is no matter of CORS: who may open one is decided by the socket's own list.
  if (isWebSocket(asked.headers)) return
  for (const name of [...headers.keys()]) {
    if (name.startsWith('access-control-')) headers.delete(name)
  }
  const isPreflight = preflightMethod(asked) !== undefined
  if (isPreflight) vary(headers, ['Origin', ...preflightHeaders])
  else if (cors.origins !== 'any') vary(headers, ['Origin'])

  const page = grantedPage(cors, asked.headers.get('origin'))
  if (page === undefined) return
  headers.set('Access-Control-Allow-Origin', page)
  if (cors.credentials) headers.set('Access-Control-Allow-Credentials', 'true')
  if (isPreflight) grantUse(headers, cors, asked.headers)
  else headers.set('Access-Control-Expose-Headers', [...alwaysExposed, ...cors.exposed].join(', '))
}

const preflightHeaders: readonly string[] = [
  'Access-Control-Request-Method',
  'Access-Control-Request-Headers',
]

/** The page that is granted something: its own origin, compared letter by letter, or every page. */
function grantedPage({ origins }: Cors, origin: string | null): string | undefined {
  if (origins === 'any') return '*'
  return origin !== null && origins.has(origin) ? origin : undefined
}

/** Of the headers that a page wants to send, those that it may. */
function grantUse(headers: Headers, cors: Cors, asked: HeaderReader): void {
  headers.set('Access-Control-Allow-Methods', cors.methods.join(', '))
  const wanted = namesIn(asked.get('access-control-request-headers'))
  const granted = cors.requestHeaders.filter((name) => wanted.includes(name))
  if (granted.length > 0) headers.set('Access-Control-Allow-Headers', granted.join(', '))
  headers.set('Access-Control-Max-Age', String(cors.maxAgeSeconds))
}

/** Adds names to `Vary` that are not there; what varies with everything stays so. */
function vary(headers: Headers, names: readonly string[]): void {
  const said = headers.get('vary')
  const known = namesIn(said)
  if (known.includes('*')) return
  const missing = names.filter((name) => !known.includes(name.toLowerCase()))
  if (missing.length === 0) return
  headers.set('Vary', (said === null ? missing : [said, ...missing]).join(', '))
}

function namesIn(list: string | null): readonly string[] {
  return (list ?? '').split(',').map((name) => name.trim().toLowerCase())
}
