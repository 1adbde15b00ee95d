import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { canAnswer } from '../../src/checks/access-answer.ts'
import { makeAccessKeys } from '../../src/cli/access-keys.ts'
import { type AccessKey, parseAccessKeys } from '../../src/model/access-key.ts'
import { projectPath } from '../support/platform.ts'

async function madeKey(): Promise<AccessKey> {
  const parsed = parseAccessKeys(await makeAccessKeys())
  if (!parsed.ok) throw new Error(parsed.error)
  const [key] = parsed.value
  if (key === undefined) throw new Error('There is no key')
  return key
}

describe('a new key for answers to Cloudflare Access', () => {
  it('is one that Usher takes, and can answer with', async () => {
    const [one, two] = [await madeKey(), await madeKey()]
    expect(one.kid).not.toBe(two.kid)
    expect(await canAnswer([one, two])).toBe(true)
  })

  it('is found out when its halves are of two keys', async () => {
    const [one, two] = [await madeKey(), await madeKey()]
    const mixed = { ...one, n: two.n }
    expect(await canAnswer([one, mixed]).catch(() => false)).toBe(false)
  })

  it('is what npm run keys -- --access prints, alone on its line', async () => {
    const run = promisify(execFile)
    const { stdout, stderr } = await run('node', ['src/cli/keys.ts', '--access'], {
      cwd: projectPath,
    })
    expect(parseAccessKeys(stdout)).toMatchObject({ ok: true })
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain('USHER_ACCESS_KEY')
    expect(stderr).not.toContain(JSON.parse(stdout).keys[0].d)
  })
})
