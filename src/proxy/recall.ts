import type { Clock } from '../model/clock.ts'
import { lazily } from '../model/lazily.ts'
import type { Rules } from '../model/route.ts'
import type { Recall } from './road.ts'

/** The cache of the data centre; what works it is loaded when a route first asks for it. */
export function openRecall({ identityMap }: Pick<Rules, 'identityMap'>, clock: Clock): Recall {
  return lazily(async () => {
    const { createRecall } = await import('./cache.ts')
    const mappedNames = identityMap.map(({ name }) => name.toLowerCase())
    return createRecall({ open: () => caches.open('usher'), clock, mappedNames })
  })
}
