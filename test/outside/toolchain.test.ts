import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { variableTable } from '../../src/config/variables.ts'
import { productionPlatform, projectPath } from '../support/platform.ts'

interface LockEntry {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

function readJson(name: string) {
  return JSON.parse(readFileSync(`${projectPath}${name}`, 'utf8'))
}

const manifest = readJson('package.json') as Record<string, Record<string, string>>
const lock = readJson('package-lock.json') as { packages: Record<string, LockEntry> }
const packages = Object.entries(lock.packages)

function copiesOf(name: string): (string | undefined)[] {
  return packages
    .filter(([path]) => path.endsWith(`node_modules/${name}`))
    .map(([, { version }]) => version)
}

function bindings(entries: readonly { readonly binding: string }[]): string[] {
  return entries.map(({ binding }) => binding)
}

describe('the dependencies', () => {
  it('are pinned to one version each', () => {
    const { dependencies = {}, devDependencies = {}, overrides = {} } = manifest
    const versions = Object.entries({ ...dependencies, ...devDependencies, ...overrides })
    expect(versions.length).toBeGreaterThan(10)
    expect(
      versions.filter(([, version]) => !/^(?:npm:[\w-]+@)?\d+\.\d+\.\d+[\w.-]*$/.test(version)),
    ).toEqual([])
  })

  it('can be installed on every platform that they name', () => {
    const present = new Set(packages.map(([path]) => path.split('node_modules/').at(-1)))
    const wanted = packages.flatMap(([, entry]) => Object.keys(entry.optionalDependencies ?? {}))
    expect(wanted.length).toBeGreaterThan(20)
    expect(wanted.filter((name) => !present.has(name))).toEqual([])
  })

  it.each(['@clerk/backend', '@clerk/shared', 'hono', 'zod'])('bring one copy of %s', (name) => {
    const version = manifest.overrides?.[name] ?? manifest.dependencies?.[name]
    expect(new Set(copiesOf(name))).toContain(version)
    if (name.startsWith('@clerk')) expect(copiesOf(name)).toEqual([version])
  })
})

describe('the production Worker', () => {
  const config = unstable_readConfig(
    { config: `${projectPath}wrangler.toml` },
    { hideWarnings: true },
  )

  it('has no previews, and Workers Logs on', () => {
    expect(config.preview_urls).toBe(false)
    expect(config.observability?.enabled).toBe(true)
  })

  it('keeps no secret in a file that is committed', () => {
    const secrets = Object.entries(variableTable).flatMap(([name, row]) =>
      'secret' in row ? [name] : [],
    )
    expect(secrets.length).toBeGreaterThan(1)
    expect(Object.keys(config.vars).filter((name) => secrets.includes(name))).toEqual([])
  })

  it('is bound to one KV namespace and one database', () => {
    expect(bindings(config.kv_namespaces)).toEqual(['KV'])
    expect(bindings(config.d1_databases)).toEqual(['DB'])
    expect(productionPlatform()).not.toHaveProperty('bindings')
  })

  it('runs on the same day of the platform as local mode', () => {
    const local = unstable_readConfig({ config: `${projectPath}src/local/wrangler.toml` })
    expect(local.compatibility_date).toBe(config.compatibility_date)
    expect(local.compatibility_flags).toEqual(config.compatibility_flags)
  })
})

describe('the migrations', () => {
  it('say what the schema says', () => {
    const folder = mkdtempSync(join(tmpdir(), 'usher-migrations-'))
    try {
      cpSync(`${projectPath}migrations`, folder, { recursive: true })
      const flags = ['--dialect', 'sqlite', '--schema', 'src/store/schema.ts', '--out', folder]
      const spawning = { cwd: projectPath, stdio: 'pipe' } as const
      execFileSync('node_modules/.bin/drizzle-kit', ['generate', ...flags], spawning)
      expect(readdirSync(folder)).toEqual(readdirSync(`${projectPath}migrations`))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
