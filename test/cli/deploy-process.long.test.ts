import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectPath } from '../support/platform.ts'
import { runCommand } from './process.ts'

const wranglerToml = () => readFileSync(`${projectPath}wrangler.toml`, 'utf8')
const limitMs = 60_000 // 1 minute: it starts wrangler twice

describe('npm run deploy, without an account', () => {
  it(
    '-- --dry-run does what needs none, says so in one line, and prints no secret',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'usher-deploy-'))
      const values = join(folder, 'values')
      writeFileSync(
        values,
        'ORIGIN_URL=https://api.internal.example.com\nCLERK_FRONTEND_API=clerk.example.com\n' +
          'CLERK_SECRET_KEY=sk_live_hush\n',
      )
      const before = wranglerToml()
      const words = ['--dry-run', '--host', 'dry.example.com', '--secrets-file', values]
      const { code, output } = await runCommand('deploy', words)
      rmSync(folder, { recursive: true })
      expect(output.match(/^No Cloudflare account .*$/gm)).toHaveLength(1)
      expect(output).toMatch(/^ok {3}place +dry\.example\.com, as a custom domain$/m)
      expect(output).toMatch(/^ok {3}bundle +wrangler deploy --dry-run: Total Upload: /m)
      expect(output).toMatch(/^plan deploy +wrangler deploy$/m)
      expect(output).not.toContain('hush')
      expect([code, wranglerToml()]).toEqual([0, before])
    },
    limitMs,
  )

  it(
    'refuses two places at once in one sentence, and exits with 1',
    async () => {
      const before = wranglerToml()
      const words = ['--workers-dev', '--host', 'api.example.com']
      const { code, output } = await runCommand('deploy', words)
      expect(output).toMatch(/^bad {2}place +Give one of --host, --route and --workers-dev\.$/m)
      expect([code, wranglerToml()]).toEqual([1, before])
    },
    limitMs,
  )

  it.each([[['--unknown']], [['--secrets-file', '/does/not/exist']]])(
    'refuses %j with how it is used',
    async (words) => {
      const { code, output } = await runCommand('deploy', words)
      expect(output).toContain('Usage: npm run deploy')
      expect(code).toBe(1)
    },
    limitMs,
  )
})
