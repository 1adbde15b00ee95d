import { and, eq } from 'drizzle-orm'
import { type Clock, within } from '../model/clock.ts'
import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import { type Database, openDatabase } from './database.ts'
import { users } from './schema.ts'

/** A database that takes longer is as good as none. */
const findLimitMs = 2000

/** Whose verified primary address this is; `undefined` where it is nobody's, or more than one person's. */
export type FindByAddress = (address: string) => Promise<Result<string | undefined, Refusal>>

/** Finds people by their address in the primary database: what cannot be read in time is `facts-unavailable`. */
export function createFindByAddress(d1: D1Database, clock: Clock): FindByAddress {
  const database = openDatabase(d1)
  return async (address) => {
    const found = await within(clock, findLimitMs, findOwners(database, address))
    if (found === undefined) return refuse('facts-unavailable', { retryAfterSeconds: 5 })
    const [owner, ...others] = found
    return ok(others.length === 0 ? owner?.id : undefined)
  }
}

/**
 * Two are enough to know that an address names nobody. Asynchronous, so that a D1 that throws at once has
 * failed like any other.
 */
async function findOwners(database: Database, address: string): Promise<{ readonly id: string }[]> {
  return database
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.email, address), eq(users.emailVerified, true)))
    .limit(2)
    .all()
}
