import type { Clock } from '../model/clock.ts'
import { lazily } from '../model/lazily.ts'
import type { Route } from '../model/route.ts'
import type { DirectRoads, SendToSet } from './road.ts'

/** What sends requests to sets of members; it is loaded when the first one is to be sent. */
export function openSets(roads: DirectRoads, kv: KVNamespace, clock: Clock): SendToSet {
  return lazily(async () => {
    const { createSetSender } = await import('./set.ts')
    const { createMemberHealth } = await import('../store/member-health.ts')
    const health = createMemberHealth(kv)
    return createSetSender({ roads, clock, health, random: () => Math.random() })
  })
}

interface Members {
  readonly rules: { readonly routes: readonly Route[] }
  readonly roads: DirectRoads
  readonly clock: Clock
}

/** Asks the members of sets how they are, where a config wants that. */
export async function checkMembers(
  { rules, roads, clock }: Members,
  kv: KVNamespace,
): Promise<void> {
  const { checkOrigins } = await import('./checks.ts')
  const { createMemberHealth } = await import('../store/member-health.ts')
  await checkOrigins({ routes: rules.routes, roads, clock }, createMemberHealth(kv))
}
