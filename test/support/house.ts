import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import { functionSpans, importsOf, type Lexed, lex, type SourceImport } from './lexer.ts'
import { projectPath } from './platform.ts'

/** One file of the project; `path` is relative to it, such as `src/model/result.ts`. */
export interface SourceFile extends Lexed {
  readonly path: string
  readonly source: string
  readonly imports: readonly SourceImport[]
}

/** A file from its text. */
export function sourceFile(path: string, source: string): SourceFile {
  const lexed = lex(source)
  return { path, source, ...lexed, imports: importsOf(lexed) }
}

/** Every TypeScript file below a folder of the project. */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(join(projectPath, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .filter((entry) => !entry.parentPath.includes('/.wrangler'))
    .map((entry) => join(entry.parentPath, entry.name).slice(projectPath.length))
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(projectPath, path), 'utf8')))
}

/** The rooms of `src` by rank: a file imports only from a lower one, or from its own room. */
export const ranks: Readonly<Record<string, number>> = {
  local: 12,
  cli: 11,
  'index.ts': 11,
  'app.ts': 10,
  'front-door.ts': 10,
  'deps.ts': 9,
  'office.ts': 8,
  site: 7,
  portal: 6,
  checks: 6,
  gateway: 5,
  api: 5,
  proxy: 4,
  tasks: 4,
  events: 3,
  clerk: 2,
  store: 2,
  config: 1,
  model: 0,
}

/** What the ranks would allow and the house does not. */
const bannedRooms: Readonly<Record<string, readonly string[]>> = {
  gateway: ['store'],
  checks: ['store'],
  portal: ['store', 'clerk'],
}

/** The room of a file in `src`: its folder there, or its own name. */
export function roomOf(path: string): string {
  return path.split('/')[1] ?? ''
}

/** The file that a relative import leads to; `undefined` for a package. */
export function targetOf(file: SourceFile, { specifier }: SourceImport): string | undefined {
  return specifier.startsWith('.') ? normalize(join(dirname(file.path), specifier)) : undefined
}

/** A sentence for each import that goes up, sideways, past a ban, out of `src` or to no file. */
export function wrongImports(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path))
  return files.flatMap((file) =>
    file.imports.flatMap((line) => {
      const target = targetOf(file, line)
      const reason = target === undefined ? undefined : whyWrong(file.path, target, paths)
      return reason === undefined ? [] : [`${file.path} imports ${line.specifier}: ${reason}`]
    }),
  )
}

function whyWrong(from: string, to: string, paths: ReadonlySet<string>): string | undefined {
  const [own, other] = [roomOf(from), roomOf(to)]
  const [ownRank, otherRank] = [ranks[own], ranks[other]]
  if (ownRank === undefined) return 'its own room has no rank'
  if (!to.startsWith('src/') || otherRank === undefined) return 'that is no room'
  if (/\.tsx?$|\/[^.]*$/.test(to) && !paths.has(to)) return 'there is no such file'
  if (own === other) return undefined
  if (otherRank >= ownRank) return 'that room is not below'
  return bannedRooms[own]?.includes(other) ? 'that room is banned here' : undefined
}

/** Every cycle of imports, each as the files on it; types count. */
export function cycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map((file) => [file.path, file]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
      return
    }
    const file = graph.get(path)
    if (file === undefined || done.has(path)) return
    for (const line of file.imports) visit(targetOf(file, line) ?? '', [...trail, path])
    done.add(path)
  }
  for (const { path } of files) visit(path, [])
  return found
}

/** What one entry leads to: files of the project, and packages by specifier. */
export interface Reach {
  readonly files: ReadonlySet<string>
  readonly packages: ReadonlySet<string>
}

/** Everything that is reached from `entry` over imports of these kinds. */
export function reach(
  files: readonly SourceFile[],
  entry: string,
  kinds: readonly SourceImport['kind'][],
): Reach {
  const graph = new Map(files.map((file) => [file.path, file]))
  const seen = new Set<string>()
  const packages = new Set<string>()
  const waiting = [entry]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = graph.get(path)
    if (file === undefined || seen.has(path)) continue
    seen.add(path)
    for (const line of file.imports.filter(({ kind }) => kinds.includes(kind))) {
      const target = targetOf(file, line)
      if (target === undefined) packages.add(line.specifier)
      else waiting.push(target)
    }
  }
  return { files: seen, packages }
}

/** The places where `pattern` is in code, never in a comment or a string: `path:line`. */
export function places(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, code }) =>
    code.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  )
}

/** The files with more lines than `linesMax`. */
export function longFiles(files: readonly SourceFile[], linesMax: number): string[] {
  return files
    .map(({ path, source }) => ({ path, lines: source.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ path, lines }) => `${path}: ${lines} lines`)
}

/** The functions with more lines than `linesMax`. */
export function longFunctions(files: readonly SourceFile[], linesMax: number): string[] {
  return files.flatMap(({ path, code }) =>
    functionSpans(code)
      .filter(({ lines }) => lines > linesMax)
      .map(({ line, lines }) => `${path}:${line}: ${lines} lines`),
  )
}

/** How many sentences the first paragraph of the comment has that a file opens with. */
export function openingSentences(source: string): number {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? ''
  const [paragraph = ''] = comment
    .replace(/^[ \t]*\*?[ \t]?/gm, '')
    .trim()
    .split(/\n\s*\n/)
  return paragraph.match(/[.!?](?=\s|$)/g)?.length ?? 0
}
