/** For how long a request counts, at the least; at the most for twice as long. */
export const windowMs = 10_000
/** Retries in that time that need no requests beside them. */
export const floor = 10

interface Tally {
  requests: number
  retries: number
}

/** How many requests may be sent again, so that an outage is not multiplied. */
export interface RetryBudget {
  /** Counts a request, once for all of its attempts. */
  count(nowMs: number): void
  /** Whether one more may be sent again. */
  hasRoom(nowMs: number): boolean
  /** Counts a retry; `false` where there is no room for it. */
  take(nowMs: number): boolean
}

/** A budget of `percent` of the requests of the last {@link windowMs}, and {@link floor} beside them. */
export function createRetryBudget(percent: number): RetryBudget {
  let beganAtMs = Number.NEGATIVE_INFINITY
  let current: Tally = { requests: 0, retries: 0 }
  let former: Tally = { requests: 0, retries: 0 }

  function turn(nowMs: number): void {
    const ageMs = nowMs - beganAtMs
    if (ageMs < windowMs) return
    former = ageMs < 2 * windowMs ? current : { requests: 0, retries: 0 }
    current = { requests: 0, retries: 0 }
    beganAtMs = nowMs
  }

  function hasRoom(nowMs: number): boolean {
    turn(nowMs)
    const requests = current.requests + former.requests
    const retries = current.retries + former.retries
    return retries < floor + (requests * percent) / 100
  }

  function take(nowMs: number): boolean {
    if (!hasRoom(nowMs)) return false
    current.retries += 1
    return true
  }

  function count(nowMs: number): void {
    turn(nowMs)
    current.requests += 1
  }

  return { count, hasRoom, take }
}
