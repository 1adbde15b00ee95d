import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectPath } from '../support/platform.ts'

const config = join(projectPath, 'test/support/browser.tsconfig.json')

it('what browsers get is JavaScript that the compiler has checked, with the types of Clerk’s own', () => {
  const compiler = createRequire(import.meta.url).resolve('typescript/package.json')
  const command = join(compiler, '../bin/tsc')
  const listed = execFileSync(
    process.execPath,
    [command, '-p', config, '--listFiles', '--noEmit'],
    {
      encoding: 'utf8',
    },
  )
  const files = listed.split('\n').filter((path) => path.startsWith(join(projectPath, 'src/')))
  const names = files.map((path) => path.slice(projectPath.length)).sort()
  expect(names).toContain('src/portal/assets/client.js')
  expect(names).toContain('src/portal/assets/page.js')
})
