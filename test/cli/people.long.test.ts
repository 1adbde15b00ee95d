import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { noteBan, readBanned } from '../../src/cli/local-state.ts'
import { openLocalPeople } from '../../src/cli/people-database.ts'
import { localUsers } from '../../src/local/clerk/users.ts'
import { readFacts } from '../../src/store/facts.ts'
import { findUser, setStatus } from '../../src/store/people.ts'
import { projectPath } from '../support/platform.ts'
import { type Ended, runCommand } from './process.ts'

const limitMs = 60_000 // 1 minute: each command starts a database of its own
const [ada = '', linus = ''] = ['ada', 'linus'].map((name) => localUsers.get(name)?.id)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usher-state-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function run(line: string, variables: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const [name = '', ...words] = line.split(' ')
  return runCommand(name, words, { USHER_STATE: folder, ...variables })
}

function token(user: string) {
  const env = { ...process.env, USHER_STATE: folder }
  const words = [`${projectPath}src/local/token.ts`, '--user', user]
  return promisify(execFile)(process.execPath, words, { env })
}

/** A Backend API that answers everything with one status, and remembers what it was asked. */
async function fakeClerk(status: number) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    const [, , , id, deed] = request.url?.split('/') ?? []
    response.writeHead(status).end(JSON.stringify({ id, banned: deed === 'ban', updated_at: 5 }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const variables = { CLERK_SECRET_KEY: 'sk_test_hush', CLERK_API_URL: `http://127.0.0.1:${port}` }
  return { asked, variables, stop: () => server.close() }
}

describe('npm run grant and revoke', { timeout: limitMs }, () => {
  it('change what facts tell, keep the last administrator, and leave a chain that verifies', async () => {
    expect(await run(`grant ${ada} admin`)).toMatchObject({ code: 0 })
    expect((await run(`grant ${ada} admin`)).output).toContain('already')
    expect(await run(`revoke ${ada} admin`)).toMatchObject({
      code: 1,
      output: expect.stringContaining('last administrator'),
    })
    expect(await run(`grant ${linus} user --org org_1`)).toMatchObject({ code: 0 })
    expect(await run(`revoke ${linus} user`)).toMatchObject({ code: 1 })
    expect(await run(`revoke ${linus} user --org org_1`)).toMatchObject({ code: 0 })
    expect(await run(`grant ${linus} emperor`)).toEqual({
      code: 1,
      output: 'There is no role emperor.\n',
    })
    const { database, close } = await openLocalPeople(folder)
    expect(await readFacts(database, ada)).toMatchObject({ grants: [{ role: 'admin' }] })
    const [{ actor } = { actor: '' }] = await database.all<{ actor: string }>(
      sql`SELECT actor FROM audit`,
    )
    expect(actor).toMatch(/^cli:./)
    expect(await run('audit-verify')).toMatchObject({
      code: 0,
      output: expect.stringContaining('3 rows'),
    })
    await database.run(sql`UPDATE audit SET actor = 'eve' WHERE id = 2`)
    await close()
    expect(await run('audit-verify')).toMatchObject({
      code: 1,
      output: expect.stringContaining('row 2'),
    })
  })
})

describe('npm run ban', { timeout: limitMs }, () => {
  it('and no token is made until unban', async () => {
    expect(await run(`ban ${linus}`)).toMatchObject({ code: 0 })
    expect(await run(`ban ${linus}`)).toMatchObject({ code: 0 })
    await expect(token('linus')).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'linus is banned.\n',
    })
    expect((await token('ada')).stdout).toMatch(/^ey/)
    expect(await run(`unban ${linus}`)).toMatchObject({ code: 0 })
    expect((await token('linus')).stdout).toMatch(/^ey/)
  })

  it('leaves the last administrator alone, at Clerk too', async () => {
    await run(`grant ${ada} admin`)
    const clerk = await fakeClerk(200)
    const { code, output } = await run(`ban ${ada}`, clerk.variables)
    clerk.stop()
    expect([code, output, clerk.asked]).toEqual([
      1,
      `${ada} is the last administrator: make another one first.\n`,
      [],
    ])
    expect(readBanned(folder)).toEqual([])
  })

  it('does not wake the dead', async () => {
    const { database, close } = await openLocalPeople(folder)
    await setStatus(database, { userId: linus, status: 'deleted', by: 'test', nowMs: 1 })
    for (const command of ['ban', 'unban']) await run(`${command} ${linus}`)
    expect(await readFacts(database, linus)).toMatchObject({ status: 'deleted' })
    await close()
  })

  it('tells Clerk where a secret key is set', async () => {
    const clerk = await fakeClerk(200)
    const statusHere = async () => {
      const { database, close } = await openLocalPeople(folder)
      const row = await findUser(database, linus)
      await close()
      return `${row?.status} ${row?.statusFrom}`
    }
    const banned = await run(`ban ${linus}`, clerk.variables)
    expect(await statusHere()).toBe('banned clerk')
    const readmitted = await run(`unban ${linus}`, clerk.variables)
    expect(await statusHere()).toBe('active clerk')
    clerk.stop()
    expect([banned.code, readmitted.code]).toEqual([0, 0])
    expect((await run('audit-verify')).output).toContain('holds: 3 rows')
    expect(clerk.asked).toEqual([
      `POST /v1/users/${linus}/ban Bearer sk_test_hush`,
      `POST /v1/users/${linus}/unban Bearer sk_test_hush`,
    ])
  })

  it.each([
    [404, 'knows no such user'],
    [401, 'does not accept CLERK_SECRET_KEY'],
    [500, 'answered 500'],
  ])(
    'stands here when Clerk answers %i, and so it says, without the key',
    async (status, words) => {
      const clerk = await fakeClerk(status)
      const { code, output } = await run(`ban ${linus}`, clerk.variables)
      const readmitted = await run(`unban ${linus}`, clerk.variables)
      clerk.stop()
      expect([code, readmitted.code]).toEqual([1, 1])
      expect(output).toContain(words)
      expect(output + readmitted.output).not.toContain('hush')
      expect(readBanned(folder)).toEqual([linus])
    },
  )

  it('never prints a key that cannot be sent', async () => {
    const { code, output } = await run(`ban ${linus}`, { CLERK_SECRET_KEY: 'sk_test_hu\nsh' })
    expect([code, output.includes('CLERK_SECRET_KEY'), output.includes('sh\n')]).toEqual([
      1,
      true,
      false,
    ])
  })
})

describe('a command about people', { timeout: limitMs }, () => {
  it.each(['grant', 'revoke', 'ban', 'unban', 'audit-verify'])(
    '%s --remote says in one line that there is no account',
    async (name) => {
      const words = { grant: ` ${ada} admin`, revoke: ` ${ada} admin`, 'audit-verify': '' }
      const line = `${name}${Object.entries(words).find(([key]) => key === name)?.[1] ?? ` ${ada}`}`
      const { code, output } = await run(`${line} --remote`)
      expect(code).toBe(1)
      expect(output).toMatch(/^(No Cloudflare account|wrangler\.toml names no database).*\n$/)
    },
  )

  it.each([
    'grant',
    'grant ada admin',
    `grant ${ada}`,
    `grant ${ada} admin again`,
    `grant ${ada} admin --org acme`,
    `grant ${ada} admin --unknown`,
    `ban ${ada} --org org_1`,
    'unban ../../users',
    `audit-verify ${ada}`,
  ])('%s is refused with how it is used', async (line) => {
    const { code, output } = await run(line)
    expect([code, output]).toEqual([2, expect.stringContaining('\nUsage: npm run ')])
  })
})

describe('the list of the banned', () => {
  it('holds each once, and forgets who is no longer banned', () => {
    expect(readBanned(folder)).toEqual([])
    for (const id of ['user_1', 'user_2', 'user_1']) noteBan(folder, id, true)
    expect(readBanned(folder).toSorted()).toEqual(['user_1', 'user_2'])
    noteBan(folder, 'user_1', false)
    expect(readBanned(folder)).toEqual(['user_2'])
  })
})
