import type { SQL } from 'drizzle-orm'
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'

/** The database as the functions of this room use it. */
export type Database = DrizzleD1Database & { readonly $client: D1Database }

/** Opens the database behind a binding. */
export function openDatabase(binding: D1Database | D1DatabaseSession): Database {
  // A session has all that Drizzle uses of a database: `prepare` and `batch`.
  return drizzle(binding as D1Database)
}

const dialect = new SQLiteAsyncDialect()

/**
 * Runs statements in one transaction: all of them, or none. Drizzle's own batch takes no plain SQL with
 * parameters. Gives how many rows each changed; throws when the database does.
 */
export async function runTogether(
  { $client }: Database,
  statements: readonly SQL[],
): Promise<readonly number[]> {
  const prepared = statements.map((statement) => {
    const { sql, params } = dialect.sqlToQuery(statement)
    return $client.prepare(sql).bind(...params)
  })
  const results = await $client.batch(prepared)
  return results.map(({ meta }) => meta.changes)
}
