import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { runCommand } from './process.ts'

const limitMs = 60_000 // 1 minute: it starts wrangler

describe('npm run doctor, without an account', () => {
  let gateway: RunningGateway

  beforeAll(async () => {
    gateway = await startGateway('http://127.0.0.1:9')
  }, limitMs)

  afterAll(() => gateway.stop())

  it(
    'says so in one line, and does the rest',
    async () => {
      const variables = { ORIGIN_URL: 'http://10.0.0.1' }
      const { code, output } = await runCommand('doctor', [], variables)
      expect(output.match(/^No Cloudflare account .*$/gm)).toHaveLength(1)
      expect(output).toMatch(/^ok {3}node +v\d+/m)
      expect(output).toMatch(/^bad {2}config +origins\.api\.url: /m)
      expect(code).toBe(1)
    },
    limitMs,
  )

  it(
    '-- --url looks at a gateway in workerd',
    async () => {
      const { output } = await runCommand('doctor', ['--url', `http://127.0.0.1:${gateway.port}`])
      expect(output).toMatch(/^ok {3}livez +200$/m)
      expect(output).toMatch(/^ok {3}readyz +200$/m)
      expect(output).toMatch(
        /^ok {3}refusal +GET \/_usher\/clerk-test without a token .* 401, token-missing\.$/m,
      )
    },
    limitMs,
  )

  it.each([[['--url', 'nonsense']], [['--url', 'ftp://example.com']], [['--unknown']]])(
    'refuses %j with how it is used',
    async (words) => {
      const { code, output } = await runCommand('doctor', words)
      expect(output).toContain('Usage: npm run doctor')
      expect(code).toBe(1)
    },
    limitMs,
  )
})
