/**
 * Fails unless `dist`, the production build, is free of development code. Every module in a bundle is
 * announced by its path, and everything in `src/local` that speaks carries the marker that its room
 * declares. The same search must find both in a bundle of local mode, or it proves nothing.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSources } from './house.ts'
import { projectPath } from './platform.ts'
import { bundle } from './workerd.ts'

const declaration = /export const marker = '([^']+)'/

function traces(): string[] {
  const declared = readSources('src/local').flatMap(
    ({ source }) => declaration.exec(source)?.slice(1) ?? [],
  )
  if (declared.length === 0) throw new Error('src/local declares no marker to search for')
  return [...declared, '// src/local/']
}

function production(): string {
  const folder = join(projectPath, 'dist')
  const modules = readdirSync(folder).filter((name) => name.endsWith('.js'))
  const text = modules.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
  if (!text.includes('// src/index.ts')) throw new Error('dist holds no production build')
  return text
}

const wanted = traces()
const local = await bundle('src/local/index.ts')
const blind = wanted.filter((trace) => !local.includes(trace))
if (blind.length > 0) throw new Error(`Local mode itself does not show ${blind.join(', ')}`)
const built = production()
const leaked = wanted.filter((trace) => built.includes(trace))
if (leaked.length > 0) throw new Error(`The production build contains ${leaked.join(', ')}`)
console.log(`The production build contains none of: ${wanted.join(', ')}`)
