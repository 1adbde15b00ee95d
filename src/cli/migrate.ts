import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unstable_splitSqlQuery } from 'wrangler'
import { projectRoot } from './project.ts'

const folder = join(projectRoot, 'migrations')

/** The table in which wrangler notes what it applied, letter by letter. */
const notes = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`

/**
 * Applies the migrations that a local database lacks, each whole or not at all, and notes them as
 * `wrangler d1 migrations apply` does: either may go on where the other ended. Throws when one fails.
 */
export async function migrate(binding: D1Database): Promise<void> {
  await binding.prepare(notes).run()
  const applied = await readApplied(binding)
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  for (const name of names.toSorted()) {
    if (applied.has(name)) continue
    try {
      await apply(binding, name)
    } catch (error) {
      // Another process may have done the same a moment ago.
      if (!(await readApplied(binding)).has(name)) throw error
    }
  }
}

async function readApplied(binding: D1Database): Promise<ReadonlySet<string>> {
  const { results } = await binding
    .prepare('SELECT name FROM d1_migrations')
    .all<{ name: string }>()
  return new Set(results.map(({ name }) => name))
}

async function apply(binding: D1Database, name: string): Promise<void> {
  const statements = unstable_splitSqlQuery(readFileSync(join(folder, name), 'utf8'))
  const note = binding.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)
  await binding.batch([...statements.map((statement) => binding.prepare(statement)), note])
}
