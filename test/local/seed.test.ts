import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLocalPeople, type PeopleDatabase } from '../../src/cli/people-database.ts'
import { runWrangler } from '../../src/cli/wrangler.ts'
import { localUsers } from '../../src/local/clerk/users.ts'
import { seed } from '../../src/local/seed.ts'
import { unknownProfile } from '../../src/model/profile.ts'
import { verifyAudit } from '../../src/store/audit.ts'
import { readFacts } from '../../src/store/facts.ts'
import { grantRole, revokeRole } from '../../src/store/grants.ts'
import { addUser, findUser } from '../../src/store/people.ts'

const limitMs = 60_000 // 1 minute: it opens databases, and starts wrangler
const [ada = '', linus = ''] = ['ada', 'linus'].map((name) => localUsers.get(name)?.id)
const admin = { role: 'admin', organizationId: '', by: 'test', nowMs: 1 }

describe('the seed of local mode', { timeout: limitMs }, () => {
  let folder: string
  let people: PeopleDatabase
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'usher-seed-'))
    people = await openLocalPeople(folder)
  })
  afterEach(async () => {
    await people.close()
    rmSync(folder, { recursive: true })
  })

  it('makes ada an administrator, and nobody else', async () => {
    await seed(people.database, 1)
    expect(await readFacts(people.database, ada)).toMatchObject({ grants: [{ role: 'admin' }] })
    expect(await readFacts(people.database, linus)).toMatchObject({ grants: [] })
    expect(await verifyAudit(people.database)).toEqual({ rows: 1, brokenAt: undefined })
  })

  it('makes her one who counts, and whom nobody has seen', async () => {
    const { database } = people
    await seed(database, 1)
    const row = await findUser(database, ada)
    expect(row).toMatchObject({ number: 1, status: 'active', updatedAt: 0, lastSeenAt: null })
    await grantRole(database, { ...admin, userId: linus })
    expect(await revokeRole(database, { ...admin, userId: linus })).toBe('revoked')
  })

  it('happens once: what was revoked stays revoked', async () => {
    const { database } = people
    await seed(database, 1)
    await seed(database, 2)
    expect((await verifyAudit(database)).rows).toBe(1)
    await addUser(database, linus, { profile: unknownProfile, nowMs: 1 })
    await grantRole(database, { ...admin, userId: linus })
    expect(await revokeRole(database, { ...admin, userId: ada })).toBe('revoked')
    await seed(database, 3)
    expect(await readFacts(database, ada)).toMatchObject({ grants: [] })
  })

  it('finds a database to which wrangler has nothing to add', async () => {
    const words = ['--local', '--config', 'src/local/wrangler.toml', '--persist-to']
    const state = join(folder, 'state')
    const { stdout } = await runWrangler(['d1', 'migrations', 'list', 'DB', ...words, state])
    expect(stdout).toContain('No migrations to apply')
  })
})
