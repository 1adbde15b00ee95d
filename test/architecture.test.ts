import { existsSync } from 'node:fs'
import { basename } from 'node:path/posix'
import { describe, expect, it } from 'vitest'
import {
  cycles,
  longFiles,
  longFunctions,
  openingSentences,
  places,
  ranks,
  reach,
  readSources,
  roomOf,
  sourceFile,
  wrongImports,
} from './support/house.ts'
import { projectPath } from './support/platform.ts'

const source = readSources('src')
const proofs = readSources('test')
const entry = 'src/index.ts'

const linesOfFileMax = 300
const linesOfFunctionMax = 60
/** Tables that are one list of rows, and are easier to read in one piece: path -> why. */
const longTables: Readonly<Record<string, string>> = {
  'src/store/schema.ts': 'every table of the database, with a comment on each column',
  'src/model/refusal.ts': 'every refusal that a caller can meet',
}

/** Files that may export a default: what the platform, or a person who edits a config, expects. */
const mayExportDefault = /^src\/(?:index\.ts|site\/.+|local\/index\.ts|local\/demo\.config\.ts)$/
/** Bindings are named where they are turned into capabilities, and nowhere else. */
const mayNameBindings = /^src\/(?:index\.ts|app\.ts|front-door\.ts|deps\.ts|local\/.+|cli\/.+)$/
const mayKnowDatabase = /^src\/(?:store|cli|local)\//
const vagueName = /^(?:util|utils|helper|helpers|common|shared|misc|types|constants)\.tsx?$/
const heavy = /^(?:hono|zod|drizzle-orm|@clerk|@hono)(?:\/|$)/

/** `any` as a type; a member that is called `any` is none. */
const anyType = /(?:[:<|&]\s*|\b(?:as|extends)\s+|=>\s*)any\b(?!\s*[:(?.])|\bany\[\]/
/** An assertion that something is there: `value!`, not `!value` and not `!==`. */
const nonNull = /[\w)\]]!(?!=)/
const defaultExport = /\bexport\s+default\b|\bas\s+default\b/
const starExport = /\bexport\s+\*/

function except(pattern: RegExp) {
  return source.filter(({ path }) => !pattern.test(path))
}

describe('the house', () => {
  it('is there to be looked at', () => {
    expect(source.length).toBeGreaterThan(40)
    expect(proofs.length).toBeGreaterThan(10)
    expect(source.map(({ path }) => path)).toContain(entry)
    expect(source.flatMap(({ imports }) => imports).length).toBeGreaterThan(100)
  })

  it('has no room without a rank', () => {
    expect(source.map(({ path }) => path).filter((path) => !(roomOf(path) in ranks))).toEqual([])
  })

  it('imports one way: from a lower rank or the own room, past no ban, and what exists', () => {
    expect(wrongImports(source)).toEqual([])
  })

  it('has no cycles', () => {
    expect(cycles(source)).toEqual([])
  })

  it('names no file after what it does not say', () => {
    const names = [...source, ...proofs].map(({ path }) => path)
    expect(names.filter((path) => vagueName.test(basename(path)))).toEqual([])
  })

  it('opens every room with three sentences: what it owns, never does, who calls it', () => {
    const rooms = new Set(
      source.map(({ path }) => path.split('/')).flatMap(([, room, file]) => (file ? [room] : [])),
    )
    const opened = source.filter((file) => openingSentences(file.source) === 3)
    const missing = [...rooms].filter((room) => !opened.some(({ path }) => roomOf(path) === room))
    expect(missing).toEqual([])
  })

  it('keeps files short, tables exempt by name', () => {
    const files = [...source, ...proofs].filter(({ path }) => !(path in longTables))
    expect(longFiles(files, linesOfFileMax)).toEqual([])
    const gone = Object.keys(longTables).filter((path) => !existsSync(`${projectPath}${path}`))
    expect(gone).toEqual([])
  })

  it('keeps functions short', () => {
    const files = [...source, ...proofs.filter(({ path }) => !path.endsWith('.test.ts'))]
    expect(longFunctions(files, linesOfFunctionMax)).toEqual([])
  })
})

describe('the language', () => {
  it('has no any', () => {
    expect(places([...source, ...proofs], anyType)).toEqual([])
  })

  it('asserts nowhere that a value is there', () => {
    expect(places([...source, ...proofs], nonNull)).toEqual([])
  })

  it('exports a default only from entries', () => {
    expect(places(except(mayExportDefault), defaultExport)).toEqual([])
  })

  it('has no barrels', () => {
    expect(places(except(mayExportDefault), starExport)).toEqual([])
  })
})

describe('what a room may know', () => {
  it('bindings are named only where they become capabilities', () => {
    expect(places(except(mayNameBindings), /\bEnv\b/)).toEqual([])
  })

  it('D1 is named only in the store, the fuse box, the commands and local mode', () => {
    const files = except(mayKnowDatabase).filter(({ path }) => path !== 'src/deps.ts')
    expect(places(files, /\bD1\w+/)).toEqual([])
  })

  it('Drizzle is imported only in the store, the commands and local mode', () => {
    const importers = except(mayKnowDatabase).filter(({ imports }) =>
      imports.some(({ specifier }) => /^drizzle-(?:orm|kit)/.test(specifier)),
    )
    expect(importers.map(({ path }) => path)).toEqual([])
  })

  it('the production entry reaches no development code', () => {
    const { files } = reach(source, entry, ['static', 'dynamic', 'type'])
    expect(files.size).toBeGreaterThan(20)
    expect([...files].filter((path) => roomOf(path) === 'local')).toEqual([])
  })

  it('nothing heavy is evaluated when the Worker starts', () => {
    const { files, packages } = reach(source, entry, ['static'])
    expect(files.size).toBeGreaterThan(10)
    expect([...packages].filter((name) => heavy.test(name))).toEqual([])
  })

  it('what counts requests is loaded with the first that has a limit', () => {
    const counts = (path: string) =>
      /\/(?:limiters|limit-key|slots|limiter-bindings|passes)\.ts$/.test(path)
    expect([...reach(source, entry, ['static']).files].filter(counts)).toEqual([])
    expect([...reach(source, entry, ['static', 'dynamic']).files].filter(counts)).toHaveLength(5)
  })

  it('what explains tokens is loaded for diagnosis alone', () => {
    const explains = (path: string) => /\/(?:diagnosis|findings?)\.ts$/.test(path)
    for (const room of ['app', 'api/verify', 'api/exchange', 'api/people']) {
      const { files } = reach(source, `src/${room}.ts`, ['static'])
      expect([...files].filter(explains)).toEqual([])
    }
    const { files } = reach(source, 'src/api/diagnosis.ts', ['static'])
    expect([...files].filter(explains)).toHaveLength(3)
  })
})

describe('these laws can be broken', () => {
  const up = sourceFile('src/model/a.ts', "import type { B } from '../gateway/b.ts'")
  const sideways = sourceFile('src/gateway/b.ts', "await import('../api/c.ts')")
  const banned = sourceFile('src/gateway/d.ts', "export { E } from '../store/e.ts'")
  const ghost = sourceFile('src/gateway/f.ts', "import './ghost.ts'")
  const homeless = sourceFile('src/attic/g.ts', "import '../model/a.ts'")
  const outward = sourceFile('src/model/h.ts', "import '../../test/support/lexer.ts'")
  const bad = [up, sideways, banned, ghost, homeless, outward]
  const fine = [
    sourceFile('src/api/c.ts', "import '../model/a.ts'"),
    sourceFile('src/store/e.ts', ''),
  ]

  it('by an import that goes up, sideways, past a ban, nowhere, or out of the house', () => {
    expect(wrongImports([...bad, ...fine])).toHaveLength(bad.length)
  })

  it('by a cycle of types', () => {
    const back = sourceFile('src/gateway/b.ts', "import type { A } from '../model/a.ts'")
    expect(cycles([up, back])).toEqual(['src/model/a.ts -> src/gateway/b.ts -> src/model/a.ts'])
  })

  it.each(['x: any', 'Promise<any>', 'x as any', 'any[]', '(x) => any', 'string | any'])(
    'by the type in %j',
    (line) => expect(places([sourceFile('src/a.ts', line)], anyType)).toEqual(['src/a.ts:1']),
  )

  it.each(['a!.b', 'f()!', 'a[0]!', 'let a!: B'])('by the assertion in %j', (line) => {
    expect(places([sourceFile('src/a.ts', line)], nonNull)).toEqual(['src/a.ts:1'])
  })

  it.each(['a !== b', "'wow!'", '// any: any!', '{ any: [] }', 'access.any', '!a', '`x: any`'])(
    'but not by %j',
    (line) => {
      const file = sourceFile('src/a.ts', line)
      expect([...places([file], anyType), ...places([file], nonNull)]).toEqual([])
    },
  )

  it('by what only a dynamic import reaches', () => {
    const start = sourceFile('src/index.ts', "import type { A } from 'zod'\nimport('./app.ts')")
    const app = sourceFile('src/app.ts', "import { Hono } from 'hono'")
    expect([...reach([start, app], entry, ['static']).packages]).toEqual([])
    expect([...reach([start, app], entry, ['static', 'dynamic']).packages]).toEqual(['hono'])
  })

  it('by a line too many', () => {
    const lines = sourceFile('src/a.ts', `function f() {\n${'x()\n'.repeat(59)}}\n`)
    expect(longFunctions([lines], 60)).toEqual(['src/a.ts:1: 61 lines'])
    expect(longFiles([lines], 60)).toEqual(['src/a.ts: 61 lines'])
    expect([...longFunctions([lines], 61), ...longFiles([lines], 61)]).toEqual([])
  })

  it('by an opening of two sentences', () => {
    expect(openingSentences('/**\n * One a.b.c.\n * Two.\n *\n * Aside.\n */\nimport x')).toBe(2)
  })
})
