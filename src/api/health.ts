import { pause, within } from '../model/clock.ts'
import { holdingsIn } from '../model/facts.ts'
import type { ApiCapabilities, Call, ReadinessCheck } from './capabilities.ts'
import { json } from './json.ts'

/** How long one answer about readiness is kept: a probe must not become load. */
const keptMs = 5000
/** A check that takes longer counts as failed. */
const checkLimitMs = 2500
/** How often whoever came during the first check looks whether it is done. */
const lookAgainMs = 25

/** Alive: the Worker runs. Nothing else is touched. */
export function livez(): Response {
  return json({ status: 'alive' })
}

type Readiness = Readonly<Record<ReadinessCheck['name'], boolean>>

/**
 * Ready: keys, KV and D1 answer. 200 or 503; what exactly failed is told to administrators, and to
 * everyone where diagnosis is open. Whoever is told 503 may come back when it is checked again.
 */
export function createReadyz(capabilities: ApiCapabilities): (call: Call) => Promise<Response> {
  let readiness: Readiness | undefined
  let checkedAtMs = Number.NEGATIVE_INFINITY

  return async (call) => {
    const { nowMs } = call.moment
    // Whoever asks while a check is under way gets what was known before: a probe must not become load.
    if (nowMs - checkedAtMs >= keptMs) {
      checkedAtMs = nowMs
      const checking = check(call, capabilities).then((found) => {
        readiness = found
      })
      // It goes on when whoever asked gives up: an old answer must not outlive its time.
      call.moment.waitUntil(checking)
      await checking
    }
    // Nothing is known before the first check is done. The runtime may end the request that makes it at
    // any time, so nobody awaits its promise: each looks again by a timer of their own.
    for (let waitedMs = 0; readiness === undefined && waitedMs < checkLimitMs; ) {
      await pause(capabilities.clock, lookAgainMs)
      waitedMs += lookAgainMs
    }
    const isReady = readiness !== undefined && Object.values(readiness).every(Boolean)
    const details = (await mayDiagnose(call, capabilities)) ? { checks: readiness ?? {} } : {}
    if (isReady) return json({ status: 'ready', ...details })
    return json({ status: 'not ready', ...details }, 503, { 'retry-after': `${keptMs / 1000}` })
  }
}

async function check(
  { moment }: Call,
  { readinessChecks, clock }: ApiCapabilities,
): Promise<Readiness> {
  const results = await Promise.all(
    readinessChecks.map(async ({ name, isReady }) => {
      const answer = await within(clock, checkLimitMs, isReady(moment))
      return [name, answer === true] as const
    }),
  )
  return Object.fromEntries(results) as Readiness
}

/**
 * Administrators everywhere, by a session: whoever is one in a single organisation does not run Usher, and
 * no key or client of theirs was made for this.
 */
async function mayDiagnose(call: Call, capabilities: ApiCapabilities): Promise<boolean> {
  if (capabilities.openDiagnosis) return true
  const principal = await call.identify(true)
  if (!principal.ok || principal.value.kind !== 'user') return false
  const { userId, tokenType } = principal.value
  if (tokenType !== 'session_token') return false
  const query = { userId, mustBeFresh: false, moment: call.moment }
  const facts = await capabilities.readFacts(query)
  return facts.ok && holdingsIn(facts.value, undefined).roles.includes('admin')
}
