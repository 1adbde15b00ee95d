import { type Clock, momentAlone } from '../model/clock.ts'
import type { Member, OriginSet, OriginTerms } from '../model/origin.ts'
import { anonymous } from '../model/principal.ts'
import type { Route } from '../model/route.ts'
import type { CanonicalTarget } from '../model/target.ts'
import type { MemberHealth } from '../store/member-health.ts'
import { attempt } from './attempt.ts'
import type { Departure, DirectRoads } from './road.ts'
import { showSecret } from './secret.ts'

/** A member that takes longer to answer a check has failed it. */
export const checkLimitMs = 5000
/** One that fails is asked again at once; the second answer counts. */
const tries = 2

/** What checks need of the world. */
interface Checker {
  readonly routes: readonly Route[]
  readonly roads: DirectRoads
  readonly clock: Clock
}

/** A set that asks for checks, and a route that leads to it. */
interface Checked {
  readonly set: OriginTerms & OriginSet
  readonly path: string
  readonly route: Route
}

/**
 * Asks every member of every set that has checks. What they come to is written only where it differs from
 * what is known, because writes are few. Where there are no checks nothing is asked of anyone.
 */
export async function checkOrigins(checker: Checker, known: MemberHealth): Promise<void> {
  const byName = new Map(
    checker.routes.flatMap(checkedBy).map((checked) => [checked.set.name, checked]),
  )
  const checks = [...byName.values()].map(async (checked) => {
    const { name, members } = checked.set
    const isWell = await Promise.all(
      members.map((member) => isMemberWell(member, checked, checker)),
    )
    const down = new Set(members.filter((_, index) => !isWell[index]).map((member) => member.name))
    const before = await known.read(name)
    const isKnown = before.size === down.size && [...down].every((one) => before.has(one))
    if (!isKnown) await known.write(name, down)
  })
  const failed = (await Promise.allSettled(checks)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

function checkedBy(route: Route): readonly Checked[] {
  const { origin } = route
  if (origin.kind !== 'set' || origin.health.check === undefined) return []
  return [{ set: origin, path: origin.health.check.path, route }]
}

async function isMemberWell(
  { endpoint }: Member,
  checked: Checked,
  { roads, clock }: Checker,
): Promise<boolean> {
  const timeoutMs = Math.min(checked.set.timeoutMs, checkLimitMs)
  for (let count = 0; count < tries; count += 1) {
    const arrived = await attempt(
      callOf(checked, clock),
      { ...endpoint, timeoutMs },
      { roads, clock },
    )
    if (!arrived.ok) continue
    const { response } = arrived.value
    await response.body?.cancel()
    if (response.ok) return true
  }
  return false
}

/** The host of the request that a Worker behind a binding sees. */
const host = 'usher.invalid'

/** A check is nobody's: it has no headers but the secret by which the origin knows Usher. */
function callOf({ set, path, route }: Checked, clock: Clock): Departure {
  const headers = new Headers({ 'User-Agent': 'usher-health-check' })
  if (set.secret !== undefined) showSecret(headers, set.secret)
  const url = `https://${host}${path}`
  const segments = path.split('/').filter((segment) => segment !== '')
  const target: CanonicalTarget = {
    ...{ scheme: 'https', host, path, segments, query: '', url },
    ...{ escapes: [], isPlain: true },
  }
  const moment = momentAlone(clock.now())
  const request = new Request(url)
  return {
    request,
    target,
    headers,
    route: { ...route, body: undefined },
    principal: anonymous,
    moment,
    names: [],
  }
}
