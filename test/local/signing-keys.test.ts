import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { formatSigningKeys, makeSigningKey, rotateSigningKeys } from '../../src/cli/signing-keys.ts'
import { parseSigningKeys, type SigningKey } from '../../src/model/signing-key.ts'

const run = promisify(execFile)
const command = join(import.meta.dirname, '../../src/cli/keys.ts')

const kids = (keys: readonly SigningKey[]) => keys.map((key) => `${key.state} ${key.kid}`)

describe('a set of signing keys', () => {
  it('survives being written and read', async () => {
    const keys = [await makeSigningKey('current'), await makeSigningKey('next')]
    expect(parseSigningKeys(formatSigningKeys(keys))).toEqual({ ok: true, value: keys })
  })

  it('announces a key before it signs, and publishes it after it has signed', async () => {
    const old = await makeSigningKey('current')
    const announced = await rotateSigningKeys([old])
    const fresh = announced.keys[1]?.kid
    expect(announced.step).toBe('announced')
    expect(kids(announced.keys)).toEqual([`current ${old.kid}`, `next ${fresh}`])

    const promoted = await rotateSigningKeys(announced.keys)
    expect(promoted.step).toBe('promoted')
    expect(kids(promoted.keys)).toEqual([`previous ${old.kid}`, `current ${fresh}`])

    const retired = await rotateSigningKeys(promoted.keys)
    expect(retired.step).toBe('retired')
    expect(kids(retired.keys)).toEqual([`current ${fresh}`])
  })

  it('of all three states loses the previous key first', async () => {
    const keys = [
      await makeSigningKey('next'),
      await makeSigningKey('current'),
      await makeSigningKey('previous'),
    ]
    const { step, keys: left } = await rotateSigningKeys(keys)
    expect(step).toBe('retired')
    expect(left).toEqual(keys.slice(0, 2))
  })
})

describe('npm run keys', () => {
  it('writes the value alone to the standard output', async () => {
    const { stdout, stderr } = await run(process.execPath, [command])
    expect(parseSigningKeys(stdout)).toMatchObject({ ok: true, value: [{ state: 'current' }] })
    expect(stdout.trimEnd()).not.toContain('\n')
    expect(stderr).toContain('USHER_SIGNING_KEY')
    expect(stderr).not.toContain('"d"')
  })

  it('rotates the set of a file or of the environment', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'usher-keys-'))
    const value = formatSigningKeys([await makeSigningKey('current')])
    await writeFile(join(folder, 'keys.json'), value)
    const options = [command, '--rotate', '--from', join(folder, 'keys.json')]
    const fromFile = await run(process.execPath, options)
    const fromEnvironment = await run(process.execPath, [command, '--rotate'], {
      env: { ...process.env, USHER_SIGNING_KEY: value },
    })
    await rm(folder, { recursive: true })
    for (const { stdout } of [fromFile, fromEnvironment]) {
      const parsed = parseSigningKeys(stdout)
      expect(parsed).toMatchObject({ ok: true, value: [{ state: 'current' }, { state: 'next' }] })
    }
  })

  it.each([
    ['--rotate', ''],
    ['--rotate', '{"keys":[{"d":"hush"}]}'],
    ['--from=keys.json', ''],
    ['--unknown', ''],
  ])('refuses %s with the value %j without an echo of it', async (option, value) => {
    const env = { ...process.env, USHER_SIGNING_KEY: value }
    const refused = run(process.execPath, [command, option], { env })
    await expect(refused).rejects.toMatchObject({ code: 1, stdout: '' })
    await expect(refused).rejects.not.toHaveProperty('stderr', expect.stringContaining('hush'))
  })
})
