import { type Clock, within } from '../model/clock.ts'
import { type Facts, type FactsQuery, factsMaxAgeMs, type ReadFacts } from '../model/facts.ts'
import { createRecent } from '../model/recent.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'

/** Older facts are read again, behind the request that asked. */
export const factsFreshMs = 30_000
/** A database that takes longer is as good as none. */
const readLimitMs = 2000
/** Users whose facts are remembered, about 1 KiB each. */
const rememberedMax = 5000

type DatedFacts = Facts & Required<Pick<Facts, 'readAtMs'>>

interface Remembered {
  readonly facts: DatedFacts
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

  async function renew(query: FactsQuery): Promise<DatedFacts | undefined> {
    const { userId, moment } = query
    const { nowMs } = moment
    const answered = await within(clock, readLimitMs, ask(query))
    if (answered === undefined) return undefined
    const facts = { ...answered, readAtMs: nowMs }
    const newest = memory.get(userId)?.facts.readAtMs ?? Number.NEGATIVE_INFINITY
    if (newest <= nowMs) memory.set(userId, { facts, renewedAtMs: nowMs })
    return facts
  }

  async function read(query: FactsQuery): Promise<Result<Facts, Refusal>> {
    const { userId, mustBeFresh, moment } = query
    const known = mustBeFresh ? undefined : memory.get(userId)
    const ageMs = known === undefined ? factsMaxAgeMs : moment.nowMs - known.facts.readAtMs
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
