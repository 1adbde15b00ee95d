import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { jwksKeptSeconds } from '../../src/api/jwks.ts'
import { stepWaitSeconds } from '../../src/cli/rotation.ts'
import { formatSigningKeys, makeSigningKey, rotateSigningKeys } from '../../src/cli/signing-keys.ts'
import { assertionLifeSeconds } from '../../src/gateway/assertion.ts'
import {
  parseSigningKeys,
  type SigningKey,
  type SigningKeyState,
} from '../../src/model/signing-key.ts'
import { noonMs } from '../support/fake-clock.ts'

const run = promisify(execFile)
const command = join(import.meta.dirname, '../../src/cli/keys.ts')

/** The keys with their states, and the hour after noon since which they are in it. */
const kids = (keys: readonly SigningKey[]) =>
  keys.map(({ state, kid, sinceSeconds = 0 }) => {
    return `${state} ${kid} ${(sinceSeconds - noonMs / 1000) / 3600} h`
  })

const hourMs = 3600 * 1000
const make = (state: SigningKeyState) => makeSigningKey(state, noonMs)

describe('a set of signing keys', () => {
  it('survives being written and read', async () => {
    const keys = [await make('current'), await make('next')]
    expect(parseSigningKeys(formatSigningKeys(keys))).toEqual({ ok: true, value: keys })
  })

  it('of old, that does not say since when, is read and rotated', async () => {
    const old = { ...(await make('current')), sinceSeconds: undefined }
    const written = formatSigningKeys([old])
    expect(written).not.toContain('since')
    expect(parseSigningKeys(written)).toEqual({ ok: true, value: [old] })
    const { keys } = await rotateSigningKeys([old], noonMs)
    expect(keys.map(({ sinceSeconds }) => sinceSeconds)).toEqual([undefined, noonMs / 1000])
  })

  it.each([[-1], [1.5], ['1'], [null], [1e300]])('is refused with the time %j', async (since) => {
    const { keys } = JSON.parse(formatSigningKeys([await make('current')]))
    const parsed = parseSigningKeys(JSON.stringify({ keys: [{ ...keys[0], since }] }))
    expect(parsed.ok).toBe(false)
  })

  it('announces a key before it signs, publishes it after it has signed, and keeps the times', async () => {
    const old = await make('current')
    const announced = await rotateSigningKeys([old], noonMs + hourMs)
    const fresh = announced.keys[1]?.kid
    expect(announced.step).toBe('announced')
    expect(kids(announced.keys)).toEqual([`current ${old.kid} 0 h`, `next ${fresh} 1 h`])

    const promoted = await rotateSigningKeys(announced.keys, noonMs + 2 * hourMs)
    expect(promoted.step).toBe('promoted')
    expect(kids(promoted.keys)).toEqual([`previous ${old.kid} 2 h`, `current ${fresh} 2 h`])

    const retired = await rotateSigningKeys(promoted.keys, noonMs + 3 * hourMs)
    expect(retired.step).toBe('retired')
    expect(kids(retired.keys)).toEqual([`current ${fresh} 2 h`])
  })

  it('of all three states loses the previous key first', async () => {
    const keys = [await make('next'), await make('current'), await make('previous')]
    const { step, keys: left } = await rotateSigningKeys(keys, noonMs)
    expect(step).toBe('retired')
    expect(left).toEqual(keys.slice(0, 2))
  })

  it('waits longer than any origin keeps a set, and than any assertion lives', () => {
    expect(stepWaitSeconds).toBe(3600)
    expect(stepWaitSeconds).toBeGreaterThan(jwksKeptSeconds + assertionLifeSeconds)
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
    const value = formatSigningKeys([await make('current')])
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

  it('warns where a step comes before its time, and says when the next one is due', async () => {
    const rotate = async (ageMs: number) => {
      const key = await makeSigningKey('current', Date.now())
      const announced = await rotateSigningKeys([key], Date.now() - ageMs)
      const value = formatSigningKeys(announced.keys)
      const env = { ...process.env, USHER_SIGNING_KEY: value }
      return (await run(process.execPath, [command, '--rotate'], { env })).stderr
    }
    expect(await rotate(hourMs / 2)).toMatch(/TOO EARLY: before \d{4}-.+ UTC origins that do not/)
    const inTime = await rotate(hourMs)
    expect(inTime).not.toContain('TOO EARLY')
    expect(inTime).toMatch(/rotate again to retire the old one at \d{4}-.+ UTC or later/)
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
