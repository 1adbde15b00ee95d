import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { callerSecret, proxies } from './proxy-process.ts'
import type { ProxyScene } from './scene.ts'

/** Caddy shows its configuration, and keeps it on a disk. */
export function describeCaddySecret(getScene: () => ProxyScene): void {
  describe('the configuration that Caddy makes of its file', () => {
    const caddy = proxies.find(({ name }) => name === 'Caddy')

    it.skipIf(!caddy?.isHere)('has no secret in it, and no address to ask for it', async () => {
      const around = getScene().surroundings('secret')
      const running = await caddy?.start(around)
      await running?.stop()
      const words = ['adapt', '--config', join(around.folder, 'Caddyfile')]
      const env = { ...process.env, USHER_CALLER_SECRET: callerSecret }
      const made = execFileSync('/usr/bin/caddy', words, { env, stdio: 'pipe' }).toString()
      expect(made).toContain('X-Usher-Caller')
      expect(made).not.toContain(callerSecret)
      expect(JSON.parse(made)).toMatchObject({ admin: { disabled: true } })
    })
  })
}
