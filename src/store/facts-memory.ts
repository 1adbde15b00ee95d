import { type Clock, within } from '../model/clock.ts'
import type { Facts, FactsQuery, ReadFacts } from '../model/facts.ts'
import { createRecent } from '../model/recent.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** Older facts are read again, behind the request that asked. */
export const factsFreshMs = 30_000
/** Older facts are not used: the request waits for new ones. This is the bound on every ban and grant. */
export const factsMaxAgeMs = 60_000
/** A database that takes longer is as good as none. */
const readLimitMs = 2000
/** Users whose facts are remembered, about 1 KiB each. */
const rememberedMax = 5000

interface Remembered {
  readonly facts: Facts
  readonly readAtMs: number
  /** When a newer reading was last begun behind a request. */
  readonly renewedAtMs: number
}

/** Facts of users, from the isolate's memory within its bounds and from the database otherwise. */
export interface FactsMemory {
  readonly read: ReadFacts
  /** Forgets a user of whom something has just changed in this isolate. */
  forget(userId: string): void
}

/** A memory over the database. What cannot be read in time is `facts-unavailable`, never "no facts". */
export function createFactsMemory(
  ask: (query: FactsQuery) => Promise<Facts>,
  clock: Clock,
): FactsMemory {
  const memory = createRecent<string, Remembered>(rememberedMax)

  async function renew(query: FactsQuery): Promise<Facts | undefined> {
    const { userId, moment } = query
    const { nowMs } = moment
    const facts = await within(clock, readLimitMs, ask(query))
    const newest = memory.get(userId)?.readAtMs ?? Number.NEGATIVE_INFINITY
    if (facts !== undefined && newest <= nowMs) {
      memory.set(userId, { facts, readAtMs: nowMs, renewedAtMs: nowMs })
    }
    return facts
  }

  async function read(query: FactsQuery): Promise<Result<Facts, Refusal>> {
    const { userId, mustBeFresh, moment } = query
    const known = mustBeFresh ? undefined : memory.get(userId)
    const ageMs = known === undefined ? factsMaxAgeMs : moment.nowMs - known.readAtMs
    if (known === undefined || ageMs >= factsMaxAgeMs) {
      moment.note({ factSource: 'database' })
      const facts = await renew(query)
      return facts === undefined ? refuse('facts-unavailable', { retryAfterSeconds: 5 }) : ok(facts)
    }
    const isRenewing = moment.nowMs - known.renewedAtMs < readLimitMs
    if (ageMs >= factsFreshMs && !isRenewing) {
      memory.set(userId, { ...known, renewedAtMs: moment.nowMs })
      moment.waitUntil(renew(query))
    }
    return ok(known.facts)
  }

  return { read, forget: (userId) => memory.delete(userId) }
}
