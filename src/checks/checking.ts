/**
 * Checks: what would become of a request, for those who send it themselves: other proxies, services, Workers.
 * It never sends a request to an origin, and decides nothing by itself: the gateway's own stages do.
 * The front desk leads here whoever asks, and the entry point of calls by service binding does.
 */
import type { Count } from '../gateway/limit.ts'
import type { Gateway } from '../gateway/pipeline.ts'

/** What checks need of the gateway and of the world. */
export interface Checking
  extends Pick<
    Gateway,
    'rules' | 'routes' | 'authority' | 'greet' | 'assert' | 'handOff' | 'exchange' | 'clock'
  > {
  readonly count: Count
}
