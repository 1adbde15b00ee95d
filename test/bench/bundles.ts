import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectPath } from '../support/platform.ts'

/** A state of the project whose Workers are measured. */
export interface Checkout {
  /** How the report names it. */
  readonly name: string
  readonly folder: string
  readonly remove: () => void
}

/** The project as it lies here, changes that are not committed included. */
export const here: Checkout = { name: 'here', folder: projectPath, remove: () => {} }

/**
 * A commit in a folder of its own, with this state's benchmark laid over it, so that both are measured
 * by the same means. Packages are shared when both name the same ones, and installed otherwise.
 */
export function checkOut(ref: string): Checkout {
  const folder = join(mkdtempSync(join(tmpdir(), 'bench-')), 'checkout')
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: projectPath, stdio: 'pipe' })
  git('worktree', 'add', '--detach', folder, ref)
  cpSync(join(projectPath, 'test/bench'), join(folder, 'test/bench'), { recursive: true })
  if (sameText('package-lock.json', folder)) {
    symlinkSync(join(projectPath, 'node_modules'), join(folder, 'node_modules'))
  } else {
    execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: 'pipe' })
  }
  const remove = () => void git('worktree', 'remove', '--force', folder)
  return { name: ref, folder, remove }
}

function sameText(path: string, folder: string): boolean {
  const [left, right] = [projectPath, folder].map((base) => readFileSync(join(base, path), 'utf8'))
  return left === right
}

/**
 * The one module that `wrangler deploy` would upload for an entry, or `undefined` when this checkout
 * has no such entry or it does not build.
 */
export function bundleOf({ folder }: Checkout, entry: string): string | undefined {
  if (!existsSync(join(folder, entry))) return undefined
  const output = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    const config = join(output, 'wrangler.toml')
    writeFileSync(config, withoutBindings(readFileSync(join(folder, 'wrangler.toml'), 'utf8')))
    const words = ['deploy', join(folder, entry), '--dry-run', '--config', config]
    execFileSync(join(projectPath, 'node_modules/.bin/wrangler'), [...words, '--outdir', output], {
      cwd: folder,
      stdio: 'pipe',
    })
    const name = entry.replace(/^.*\//, '').replace(/ts$/, 'js')
    return readFileSync(join(output, name), 'utf8')
  } catch {
    return undefined
  } finally {
    rmSync(output, { recursive: true })
  }
}

/** How a module is built stands before the first table; it would need the classes of all bindings beyond it. */
function withoutBindings(config: string): string {
  return config.replace(/^\[[\s\S]*/m, '').replace(/^main = .*$/m, '')
}
