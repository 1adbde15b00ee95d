import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localUsers } from '../../src/local/clerk/users.ts'
import { projectPath } from '../support/platform.ts'
import { type Started, startLocalMode } from '../support/start.ts'

// Grants and bans by command while the gateway runs, and how long it takes until they count.

const boundMs = 60_000
const linus = localUsers.get('linus')?.id ?? ''
let gateway: Started

beforeAll(async () => {
  gateway = await startLocalMode()
})
afterAll(async () => {
  await npm('unban', linus).catch(() => undefined)
  await npm('revoke', linus, 'admin').catch(() => undefined)
  await gateway.stop()
})

async function npm(script: string, ...words: readonly string[]): Promise<string> {
  const args = ['run', '-s', script, '--', ...words]
  return (
    await promisify(execFile)('npm', args, { cwd: projectPath, env: gateway.env })
  ).stdout.trim()
}

async function statusOf(path: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(`http://localhost:${gateway.port}${path}`, { headers })).status
}

/** How long until the answer is `status`; fails when that takes longer than the bound and a little. */
async function until(status: number, ask: () => Promise<number>): Promise<number> {
  const startedMs = performance.now()
  while ((await ask()) !== status) {
    const passedMs = performance.now() - startedMs
    if (passedMs > boundMs + 2000) throw new Error(`Not ${status} after ${passedMs} ms`)
    await pause(1000)
  }
  return performance.now() - startedMs
}

describe('while the gateway runs', { timeout: 3 * boundMs }, () => {
  it('a role that is granted counts within a minute, one that is revoked too', async () => {
    const admin = async () => statusOf('/admin/x', await npm('token', '--user', 'linus'))
    expect(await admin()).toBe(403)
    await npm('grant', linus, 'admin')
    expect(await until(200, admin)).toBeLessThan(boundMs + 3000)
    await npm('revoke', linus, 'admin')
    expect(await until(403, admin)).toBeLessThan(boundMs + 3000)
    expect(await npm('audit:verify')).toContain('rows')
  })

  it('a token of a day is refused within a minute of the ban, and no further one is made', async () => {
    const day = await npm('token', '--user', 'linus', '--expires', '86400')
    expect(await statusOf('/api/echo', day)).toBe(200)
    await npm('ban', linus)
    expect(await until(403, () => statusOf('/api/echo', day))).toBeLessThan(boundMs + 3000)
    await expect(npm('token', '--user', 'linus')).rejects.toThrow()
  })
})
