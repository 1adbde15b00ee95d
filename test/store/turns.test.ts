import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { expect, it, vi } from 'vitest'
import { changeAudited } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'
import { applyChange } from '../../src/store/mirror.ts'
import { databaseThat } from '../support/faults.ts'
import { clearMirror, person, telling } from './mirror-scene.ts'

const statement = sql`UPDATE roles SET description = description WHERE name = 'guest'`
const deed = { ...{ at: 1, actor: 'x', action: 'x', subject: 'x' }, before: null, after: null }
const writers: readonly (readonly [
  string,
  (database: ReturnType<typeof openDatabase>) => unknown,
])[] = [
  ['a change', (database) => changeAudited(database, { statement, deed })],
  ['a message of Clerk’s', (database) => applyChange(database, person(10), telling)],
]

it.each(writers)(
  '%s that finds others at the end of the audit tries three times at once, and then after a little while by chance',
  async (_name, write) => {
    await clearMirror()
    let collisions = 0
    const crowded = databaseThat(async (text, real) => {
      if (!text.startsWith('batch') || !text.includes('INSERT INTO audit') || collisions === 6) {
        return real()
      }
      collisions += 1
      throw new Error('UNIQUE constraint failed: audit.previous_hash')
    }, env.DB)
    const waited = vi.spyOn(globalThis, 'setTimeout')
    await write(openDatabase(crowded))
    const delays = waited.mock.calls.map(([, delayMs]) => Number(delayMs))
    waited.mockRestore()
    expect(collisions).toBe(6)
    expect(delays).toHaveLength(4)
    expect(delays.every((delayMs) => delayMs >= 5 && delayMs <= 50)).toBe(true)
    expect(new Set(delays).size).toBeGreaterThan(1)
  },
)
