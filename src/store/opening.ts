import type { Database } from './database.ts'

/** One thread of readings and changes, in which what was changed is read. */
export interface DatabaseSession {
  readonly database: Database
  /** Where the thread is now, for whoever wants to go on from there; `undefined` before anything was asked. */
  bookmark(): string | undefined
}

/** The ways to the database. */
export interface Store {
  /** The primary. */
  readonly openDatabase: () => Promise<Database>
  /**
   * The nearest copy that knows at least what the bookmark does; without one, any copy, however old
   * (https://developers.cloudflare.com/d1/best-practices/read-replication/).
   */
  readonly openSession: (since: string | undefined) => Promise<DatabaseSession>
}

/** Opens the ways to a database; Drizzle is loaded when one is first taken. */
export function openStore(d1: D1Database): Store {
  return {
    async openDatabase() {
      const { openDatabase } = await import('./database.ts')
      return openDatabase(d1)
    },
    async openSession(since) {
      const { openDatabase } = await import('./database.ts')
      const session = d1.withSession(since ?? 'first-unconstrained')
      return {
        database: openDatabase(session),
        bookmark: () => session.getBookmark() ?? undefined,
      }
    },
  }
}
