import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLocalPeople } from '../../src/cli/people-database.ts'
import { projectPath } from '../support/platform.ts'
import { type Started, startLocalMode } from '../support/start.ts'

// Ten thousand users are walked through although everything is killed once in the middle.

const usersCount = 10_000
const limitMs = 170_000

let state: string
let gateway: Started
let key: string

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'usher-sync-'))
  await (await startLocalMode({ state })).stop()
  addUsers(usersCount - 3)
  gateway = await startLocalMode({ state })
  const words = ['--type', 'api_key', '--user', 'ada', '--scope', 'usher.sync.read']
  key = execFileSync(process.execPath, [`${projectPath}src/local/token.ts`, ...words], {
    env: gateway.env,
    encoding: 'utf8',
  }).trim()
})
afterAll(async () => {
  await gateway?.stop()
  rmSync(state, { recursive: true, force: true })
})

it('a backfill of 10,000 users that is killed in the middle goes on where it was, to the end', {
  timeout: limitMs,
}, async () => {
  const command = sync()
  const before = await watch(({ seen }) => seen >= usersCount / 4)
  await gateway.kill()
  const killedAt = before.at(-1) ?? 0
  expect(killedAt).toBeLessThan(usersCount)
  expect(killedAt).toBeGreaterThan(0)
  // It was seen to grow, and not only to be there.
  expect(new Set(before).size).toBeGreaterThan(3)

  gateway = await startLocalMode({ state, port: gateway.port })
  const after = await watch(({ state }) => state !== 'running')
  // No page was walked twice: it went on from where it was, and all of them were counted once.
  expect(Math.min(...after)).toBeGreaterThanOrEqual(killedAt)
  expect(after.at(-1)).toBe(usersCount)
  expect(await latest()).toMatchObject({ state: 'done', error: null })
  expect(await mirroredUsers()).toBe(usersCount)

  // Whoever watched from the shell saw it through.
  const { code, output } = await command.ended
  expect(output).toContain('done memberships')
  expect(output).toContain('The sync is done.')
  expect(code).toBe(0)
})

it('whoever stops watching does not stop it, and sees it again', { timeout: limitMs }, async () => {
  const first = sync()
  await watch(({ state }) => state === 'running')
  first.child.kill('SIGINT')
  const { code, output } = await first.ended
  expect([code, output]).toEqual([130, expect.stringContaining('The sync goes on at the gateway')])
  const second = await sync().ended
  expect(second.output).toContain('A sync is under way already.')
  expect(second.output).toContain('10,000 looked at, 0 changed')
  expect(second.code).toBe(0)
})

/** `npm run sync`, as a person runs it. */
function sync(): { child: ChildProcess; ended: Promise<{ code: number | null; output: string }> } {
  const child = spawn(process.execPath, [`${projectPath}src/cli/sync.ts`], { env: gateway.env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return { child, ended: once(child, 'close').then(([code]) => ({ code, output })) }
}

interface Sample {
  readonly state: string
  /** Users that were looked at. */
  readonly seen: number
  readonly error: string | null
}

/** Asks how far it is until that is so; how many users had been looked at each time. */
async function watch(isEnough: (sample: Sample) => boolean): Promise<readonly number[]> {
  const seen: number[] = []
  for (;;) {
    const sample = await latest()
    if (sample !== undefined) seen.push(sample.seen)
    if (sample !== undefined && isEnough(sample)) return seen
    await pause(100)
  }
}

async function latest(): Promise<Sample | undefined> {
  const url = `http://localhost:${gateway.port}/_usher/api/sync?kind=backfill&limit=1`
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } })
  expect(response.status).toBe(200)
  const { data } = (await response.json()) as {
    data: { state: string; error: string | null; progress: Record<string, { seen: number }> }[]
  }
  const [run] = data
  return run && { ...run, seen: run.progress.users?.seen ?? 0 }
}

async function mirroredUsers(): Promise<number> {
  const { database, close } = await openLocalPeople(state)
  try {
    const rows = await database.all<{ count: number }>(
      sql`SELECT count(*) AS count FROM users WHERE status = 'active' AND updated_at > 0`,
    )
    return rows[0]?.count ?? 0
  } finally {
    await close()
  }
}

/** Puts users into the stand-in, which is not running, beside those that it has. */
function addUsers(count: number): void {
  const folder = join(state, 'state/v3/do/usher-local-ClerkStandIn')
  const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
  const database = new DatabaseSync(join(folder, file ?? ''))
  const model = database.prepare(`SELECT json FROM rows WHERE kind = 'users' LIMIT 1`).get()
  const user = JSON.parse(String(model?.json))
  const insert = database.prepare('INSERT INTO rows (kind, id, json) VALUES (?, ?, ?)')
  database.exec('BEGIN')
  for (let at = 0; at < count; at++) {
    const id = `user_of${String(at).padStart(20, '0')}`
    const addressId = id.replace('user', 'idn')
    const times = { createdAt: user.createdAt + at, updatedAt: user.createdAt + at }
    const emailAddress = `number-${at}@usher-local.example`
    const verification = {
      ...{ status: 'verified', strategy: 'admin' },
      attempts: 0,
      expireAt: null,
      code: null,
    }
    const address = { ...times, id: addressId, userId: id, emailAddress, verification }
    const one = { ...user, ...times, id, number: 1000 + at, primaryEmailAddressId: addressId }
    insert.run('users', id, JSON.stringify({ ...one, firstName: `Number ${at}` }))
    insert.run('emailAddresses', addressId, JSON.stringify(address))
  }
  database.exec('COMMIT')
  database.close()
}
