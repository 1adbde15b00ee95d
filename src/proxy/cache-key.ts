import { decodeBase64url } from '../model/base64url.ts'
import { digestOf } from '../model/digest.ts'
import { foldHeaderName, identityHeaders, isReserved } from '../model/headers.ts'
import type { Principal } from '../model/principal.ts'
import type { Route } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import type { CacheTerms } from '../model/terms.ts'
import type { Departure } from './road.ts'

/** Counts up when what is kept under a key changes its form. */
const keyVersion = 1

/** A request without all that does not tell its answer from another, and the name of that answer. */
export interface KeyedDeparture {
  readonly departure: Departure
  readonly key: string
}

/**
 * Takes out of a request whatever is not part of its key, so that no answer can depend on it: what the client
 * wrote into other headers, other parameters of the query, a body, and what the platform knows of the client.
 * The key is a digest of all that is left and of everything that is said of the caller; whoever differs in
 * any of it shares nothing. `undefined` where that cannot be told.
 */
export async function keyed(
  departure: Departure,
  terms: CacheTerms,
  mappedNames: readonly string[],
): Promise<KeyedDeparture | undefined> {
  const { request, route, principal } = departure
  const target = withQuery(departure.target, terms.keyedQuery)
  const headers = keptHeaders(departure, terms, mappedNames)
  const statement = statementOf(headers.get(identityHeaders.assertion) ?? '')
  if (statement === undefined) return undefined
  const told = [...headers].filter(([name]) => !perRequest.includes(name))
  const { scheme, host, path, query } = target
  const [{ name, origin }, caller] = [route, callerOf(principal)]
  const parts = [keyVersion, name, origin, scheme, host, path, query, told, caller, statement]
  const { url, method, signal } = request
  const bare = new Request(url, { method, headers: request.headers, signal })
  return {
    departure: { ...departure, request: bare, target, headers },
    key: await digestOf(JSON.stringify(parts)),
  }
}

/** New with every request of the same caller. What the assertion says is in the key by itself. */
const perRequest: readonly string[] = [
  identityHeaders.requestId.toLowerCase(),
  identityHeaders.assertion.toLowerCase(),
  'traceparent',
]

/** Set by the gateway where they are there at all: it takes away what a client says under these names. */
const ownNames: readonly string[] = ['x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-prefix']

/** What the gateway itself says to the origin, and the headers of the client that are named. */
function keptHeaders(
  { request, headers, route }: Departure,
  { keyedHeaders }: CacheTerms,
  mappedNames: readonly string[],
): Headers {
  const names = new Set([...ownNames, ...addedNames(route), ...mappedNames, ...keyedHeaders])
  // A trace that began here is the gateway's word; one that the client is part of is not.
  if (headers.get('traceparent') !== request.headers.get('traceparent')) names.add('traceparent')
  return new Headers(
    [...headers].filter(([name]) => names.has(name) || isReserved(foldHeaderName(name))),
  )
}

/** The headers that the route sets, in lower case: what the client sent under these names is gone. */
export function addedNames({ requestHeaders }: Pick<Route, 'requestHeaders'>): readonly string[] {
  return requestHeaders?.set.map(([name]) => name.toLowerCase()) ?? []
}

/** The parameters that are named, each as it was written; a name may be written with escapes. */
function withQuery(target: CanonicalTarget, keyedQuery: CacheTerms['keyedQuery']): CanonicalTarget {
  if (keyedQuery === 'all' || target.query === '') return target
  const kept = target.query
    .slice(1)
    .split('&')
    .filter((parameter) => keyedQuery.includes(nameOf(parameter)))
  const query = kept.length === 0 ? '' : `?${kept.join('&')}`
  const url = `${target.scheme}://${target.host}${target.path}${query}`
  return { ...target, query, url }
}

function nameOf(parameter: string): string {
  const [name] = new URLSearchParams(parameter).keys()
  return name ?? ''
}

/** Who is asking, in everything that an origin or a policy could tell one caller from another by. */
function callerOf(principal: Principal): unknown {
  if (principal.kind === 'anonymous') return principal.kind
  const { kind, tokenType, organization, scopes } = principal
  const person =
    principal.kind === 'user'
      ? [principal.userId, principal.sessionId, principal.actor, principal.clientId]
      : principal.subject
  return [kind, person, tokenType, organization, scopes]
}

/** What an assertion says but when, which is all that an origin learns of a caller beside headers. */
function statementOf(assertion: string): object | undefined {
  if (assertion === '') return {}
  const payload = decodeBase64url(assertion.split('.')[1] ?? '')
  if (payload === undefined) return undefined
  // It is our own, and was signed a moment ago.
  const said = JSON.parse(new TextDecoder().decode(payload)) as object
  return { ...said, iat: undefined, exp: undefined, mth: undefined }
}
