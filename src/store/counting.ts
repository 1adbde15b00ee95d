import type { CountRow } from './statistics.ts'

/** Adds counts to those that are kept; the database is loaded when that first happens. */
export function openCounts(
  d1: D1Database,
): (counts: readonly CountRow[], keptFrom: number | undefined) => Promise<void> {
  return async (counts, keptFrom) => {
    const { openDatabase } = await import('./database.ts')
    const { addCounts } = await import('./statistics.ts')
    await addCounts(openDatabase(d1), counts, keptFrom)
  }
}
