import type { Moment } from '../model/clock.ts'
import type { User } from '../model/principal.ts'
import { createRecent } from '../model/recent.ts'

/** How often the same person is noted again. */
export const noteAgainMs = 60 * 60_000
/** People whom one isolate remembers to have noted. */
const rememberedMax = 20_000

/** Records that someone is here; it runs behind the request, and its failure is no one's. */
export type RecordSight = (user: User, moment: Moment) => Promise<void>

/** Notes that someone is here. It returns at once. */
export type Greet = (user: User, moment: Moment) => void

/**
 * Notes each caller once an hour per isolate, behind the request: whoever comes for the first time gets
 * a record of their own that way. What could not be written is tried again with the next request.
 */
export function createGreeting(record: RecordSight): Greet {
  const noted = createRecent<string, number>(rememberedMax)
  return (user, moment) => {
    const notedAtMs = noted.get(user.userId) ?? Number.NEGATIVE_INFINITY
    if (moment.nowMs - notedAtMs < noteAgainMs) return
    noted.set(user.userId, moment.nowMs)
    moment.waitUntil(record(user, moment).catch(() => noted.delete(user.userId)))
  }
}
