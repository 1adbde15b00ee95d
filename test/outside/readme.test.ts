import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { surfaces } from '../../src/config/define.ts'
import { variableTable } from '../../src/config/variables.ts'
import { identityHeaders } from '../../src/model/headers.ts'
import { refusals } from '../../src/model/refusal.ts'
import { ranks } from '../support/house.ts'
import { projectPath } from '../support/platform.ts'

const readme = readFileSync(`${projectPath}README.md`, 'utf8')
const example = readFileSync(`${projectPath}.dev.vars.example`, 'utf8')
const { scripts } = JSON.parse(readFileSync(`${projectPath}package.json`, 'utf8'))

/** The codes that a caller may meet and can do something about, or has to wait for. */
const codes = Object.entries(refusals)
  .filter(([, { status }]) => [401, 403, 503].includes(status))
  .map(([code]) => code)

describe('the README', () => {
  it.each(codes)('explains %s', (code) => expect(readme).toContain(`\`${code}\``))

  it('explains no code that does not exist', () => {
    const rows = readme.split('\n').filter((line) => /^\| `(?:token|jwk|session)-/.test(line))
    const named = rows.flatMap((row) => row.split('|')[1]?.match(/[a-z-]{8,}/g) ?? [])
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((code) => !(code in refusals))).toEqual([])
  })

  it.each(Object.keys(variableTable))('names the variable %s, and so does the example', (name) => {
    expect(readme).toContain(`\`${name}\``)
    expect(example).toMatch(new RegExp(`^(?:# )?${name}=`, 'm'))
  })

  it.each(Object.values(identityHeaders))('names the header %s', (name) => {
    expect(readme).toContain(`\`${name}\``)
  })

  it.each(surfaces)('names the surface %s', (surface) => expect(readme).toContain(`\`${surface}\``))

  it('runs only scripts that exist', () => {
    const named = [...readme.matchAll(/npm (?:run (?:-s )?([a-z:]+)|(start|test)\b)/g)]
    expect(named.length).toBeGreaterThan(8)
    for (const [, script, plain] of named) expect(scripts).toHaveProperty([script ?? plain ?? ''])
  })

  it('maps rooms that have a rank, and gives the right one', () => {
    const rows = [...readme.matchAll(/^\| (\d+) \| (.+?) \|/gm)]
    expect(rows.length).toBeGreaterThan(7)
    for (const [, rank, rooms = ''] of rows) {
      for (const [, room = ''] of rooms.matchAll(/\(src\/([\w.]+)\)/g)) {
        expect([room, ranks[room]]).toEqual([room, Number(rank)])
      }
    }
  })
})

it('links of the pages lead to pages and headings that are there', () => {
  const isThere = (path: string) => existsSync(join(projectPath, path))
  const textOf = (page: string) => readFileSync(join(projectPath, page), 'utf8')
  /** The headings of a page, as a link names them. */
  const anchorsOf = (page: string) =>
    [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    )

  const rooms = Object.keys(ranks).map((room) => `src/${room}/README.md`)
  const links = ['README.md', ...rooms].filter(isThere).flatMap((page) =>
    [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g)].map((link) => {
      const [, path = '', anchor = ''] = link
      const target = path === '' ? page : normalize(join(dirname(page), path))
      const isFound = isThere(target) && (anchor === '' || anchorsOf(target).includes(anchor))
      return { page, link: link[0], isFound }
    }),
  )
  expect(links.length).toBeGreaterThan(40)
  expect(links.filter(({ isFound }) => !isFound)).toEqual([])
})
