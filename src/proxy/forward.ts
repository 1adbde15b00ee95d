/**
 * Proxy: the road between Usher and an origin, from the request that may leave to the answer that comes back.
 * It never decides who may pass, and reaches the world only by roads that it is handed.
 * The gateway calls it once a caller has been admitted and introduced.
 */
import type { Clock } from '../model/clock.ts'
import { identityHeaders } from '../model/headers.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'
import type { BodyTerms } from '../model/terms.ts'
import { attempt } from './attempt.ts'
import { countHop } from './hops.ts'
import type { Arrival, Departure, Roads } from './road.ts'
import { showSecret } from './secret.ts'

const assertionName = identityHeaders.assertion.toLowerCase()

/**
 * Sends a request to its origin and gives the answer as it comes. An origin of one endpoint is asked once;
 * of a set, one member is, and another where the terms of the set allow it.
 */
export function forward(
  departure: Departure,
  roads: Roads,
  clock: Clock,
): Promise<Result<Arrival, Refusal>> {
  const { request, headers, route, names } = departure
  const { origin } = route
  // Every request that leaves a gateway like this one has the header, if only empty.
  if (names.includes(assertionName)) {
    const hop = countHop(request.headers, headers)
    if (!hop.ok) return Promise.resolve(hop)
  }
  if (origin.secret !== undefined) showSecret(headers, origin.secret)
  if (route.body !== undefined) return forwardBounded(departure, route.body, { roads, clock })
  return send(departure, roads, clock)
}

function send(departure: Departure, roads: Roads, clock: Clock): Promise<Result<Arrival, Refusal>> {
  const { origin } = departure.route
  switch (origin.kind) {
    case 'set':
      return roads.toSet(departure, origin)
    case 'elsewhere':
      return Promise.resolve(refuse('route-unknown'))
    default:
      return attempt(departure, origin, { roads, clock })
  }
}

/** What bounds bodies is loaded when a route first asks for it. */
async function forwardBounded(
  departure: Departure,
  terms: BodyTerms,
  { roads, clock }: { readonly roads: Roads; readonly clock: Clock },
): Promise<Result<Arrival, Refusal>> {
  const { sendBounded } = await import('./bounded.ts')
  return sendBounded(departure, { terms, clock, send: (sent) => send(sent, roads, clock) })
}
