import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  complaintAbout,
  missingPlain,
  readValuesFile,
  splitValues,
} from '../../src/cli/deploy-variables.ts'
import { problemsOf, variables, withRoutes } from '../config/sample.ts'

describe('a value for production', () => {
  it('is a secret unless Usher knows that it is none or it stands under [vars]', () => {
    const values = { ORIGIN_URL: 'a', CLERK_SECRET_KEY: 'b', MINE: 'c', THEIRS: 'd', toString: 'e' }
    expect(splitValues(values, { THEIRS: 'old' })).toEqual({
      plain: { ORIGIN_URL: 'a', THEIRS: 'd' },
      secret: { CLERK_SECRET_KEY: 'b', MINE: 'c', toString: 'e' },
    })
  })

  it('is read from a file, where it is not empty', () => {
    const folder = mkdtempSync(join(tmpdir(), 'usher-values-'))
    const path = join(folder, 'values')
    writeFileSync(path, `# for CI\nA=1\nEMPTY=\nJSON='{"keys":["#"]}'\nSPACED = " x "\n`)
    expect(readValuesFile(path)).toEqual({
      ok: true,
      value: { A: '1', JSON: '{"keys":["#"]}', SPACED: 'x' },
    })
    rmSync(folder, { recursive: true })
    expect(readValuesFile(path)).toMatchObject({ ok: false })
  })

  it('is complained of without an echo of it', () => {
    expect(complaintAbout('CLERK_SECRET_KEY', 'hush')).toMatch(/^(?!.*hush).+/)
    expect(complaintAbout('CLERK_SECRET_KEY', 'sk_live_hush')).toBeUndefined()
    expect(complaintAbout('MINE', 'anything')).toBeUndefined()
  })
})

describe('what is missing', () => {
  const config = (env: Readonly<Record<string, string | undefined>>) => ({
    origins: { api: { url: env.ORIGIN_URL } },
    routes: [{ path: '/**', origin: 'api' }],
  })

  it('is what the problems of the config name, and no more', () => {
    const none = missingPlain(problemsOf(config, { env: {} }), {})
    expect(none).toEqual(['ORIGIN_URL', 'CLERK_PUBLISHABLE_KEY'])
    const env = { CLERK_FRONTEND_API: 'clerk.example.com' }
    expect(missingPlain(problemsOf(config, { env }), env)).toEqual(['ORIGIN_URL'])
    const words = { accepts: ['session_token', 'm2m_token'], carriers: ['bearer', 'cookie'] }
    const asking = problemsOf(withRoutes(words), { env: variables })
    expect(missingPlain(asking, variables)).toEqual(['CLERK_MACHINE_ID', 'AUTHORIZED_PARTIES'])
  })

  it('is no variable that has a value, however wrong', () => {
    const env = { ORIGIN_URL: 'nonsense', CLERK_PUBLISHABLE_KEY: 'nonsense' }
    expect(missingPlain(problemsOf(config, { env }), env)).toEqual([])
  })
})
