import { hopsHeader } from '../model/headers.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** No request passes more gateways like this one: one that would has gone in a circle. */
const hopsMax = 5

/**
 * Counts this gateway among those that a request has passed, which it says by the assertion header that
 * each of them sends. A client that forges one gains a refusal.
 */
export function countHop(incoming: Headers, outgoing: Headers): Result<void, Refusal> {
  const said = incoming.get(hopsHeader) ?? '1'
  const hops = /^[1-9]$/.test(said) ? Number(said) + 1 : Number.POSITIVE_INFINITY
  if (hops > hopsMax) return refuse('loop-detected')
  outgoing.set(hopsHeader, String(hops))
  return ok(undefined)
}
