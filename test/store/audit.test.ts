import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { changeAudited, verifyAudit } from '../../src/store/audit.ts'
import { openDatabase } from '../../src/store/database.ts'

const database = openDatabase(env.DB)
const deed = (after: unknown, at = 1) => ({
  ...{ at, actor: 'cli:ada', action: 'role.granted', subject: 'user_1', before: null },
  after,
})

/** Something that changes a row each time. */
const statement = sql`UPDATE roles SET description = description || '.' WHERE name = 'guest'`
const append = (what: ReturnType<typeof deed>) => changeAudited(database, { statement, deed: what })

beforeEach(async () => {
  await env.DB.exec('DELETE FROM audit')
})

async function tamper(statement: string): Promise<void> {
  await env.DB.exec(statement)
}

describe('the audit', () => {
  it('is one chain that verifies, however many write at once', async () => {
    await Promise.all(Array.from({ length: 6 }, (_, index) => append(deed(index))))
    expect(await verifyAudit(database)).toEqual({ rows: 6, brokenAt: undefined })
    const { results } = await env.DB.prepare('SELECT previous_hash FROM audit').all()
    expect(new Set(results.map((row) => row.previous_hash)).size).toBe(6)
  })

  it('still verifies when what was before or after is erased', async () => {
    for (const after of ['a', 'b', 'c']) await append(deed(after))
    await tamper('UPDATE audit SET after = NULL WHERE id % 2 = 0')
    expect(await verifyAudit(database)).toEqual({ rows: 3, brokenAt: undefined })
  })

  it.each([
    ["UPDATE audit SET actor = 'eve' WHERE rowid = (SELECT MIN(rowid) + 1 FROM audit)"],
    ['UPDATE audit SET after = \'"x"\' WHERE rowid = (SELECT MIN(rowid) + 1 FROM audit)'],
    ["UPDATE audit SET after_digest = '' WHERE rowid = (SELECT MIN(rowid) + 1 FROM audit)"],
    ['UPDATE audit SET at = 2 WHERE rowid = (SELECT MIN(rowid) + 1 FROM audit)'],
    ['DELETE FROM audit WHERE rowid = (SELECT MIN(rowid) + 1 FROM audit)'],
  ])('is broken by: %s', async (statement) => {
    for (const after of ['a', 'b', 'c', 'd']) await append(deed(after))
    await tamper(statement)
    expect(await verifyAudit(database)).toMatchObject({ rows: 1, brokenAt: expect.any(Number) })
  })

  it('tells of no change that changed nothing, and makes none that it cannot tell of', async () => {
    const nothing = sql`UPDATE roles SET name = name WHERE name = 'nobody'`
    expect(await changeAudited(database, { statement: nothing, deed: deed('a') })).toBe(false)
    expect(await verifyAudit(database)).toEqual({ rows: 0, brokenAt: undefined })
    await env.DB.exec(
      `CREATE TRIGGER no_more BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END`,
    )
    const rename = sql`INSERT INTO roles (name) VALUES ('made-in-vain')`
    await expect(changeAudited(database, { statement: rename, deed: deed('a') })).rejects.toThrow()
    await env.DB.exec('DROP TRIGGER no_more')
    expect(
      await env.DB.prepare("SELECT * FROM roles WHERE name = 'made-in-vain'").first(),
    ).toBeNull()
  })

  it('never lets two rows follow the same one', async () => {
    await append(deed('a'))
    const copy = `INSERT INTO audit (at, actor, action, subject, before_digest, after_digest, previous_hash, hash) SELECT at, actor, action, subject, before_digest, after_digest, previous_hash, hash FROM audit`
    await expect(tamper(copy)).rejects.toThrow(/UNIQUE/)
  })
})
