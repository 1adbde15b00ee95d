/** One value to be set in a TOML file. */
export interface TomlEdit {
  /** The table that has it, `vars`; empty for the top of the file. */
  readonly table: string
  /** For an array of tables: the entry is the one in which this key has this value. */
  readonly entry?: readonly [key: string, value: string]
  readonly key: string
  readonly value: string | boolean
}

/** A table as lines of the file, its header first; the top of the file has none. */
interface Section {
  readonly header: string
  readonly lines: readonly string[]
}

/**
 * Sets values in the text of a TOML file and leaves every other line as it is, comments included. A
 * table or an entry that is not there yet is added at the end. It reads line by line: values over
 * several lines, inline tables and quoted keys are beyond it, so a real parser has to be asked
 * whether the outcome says what was meant.
 */
export function editToml(text: string, edits: readonly TomlEdit[]): string {
  return edits.reduce((before, edit) => editOne(before, edit), text)
}

function editOne(text: string, edit: TomlEdit): string {
  const sections = sectionsOf(text)
  const index = sections.findIndex((section) => isMeant(section, edit))
  const section = sections[index]
  if (section === undefined) return `${text.trimEnd()}\n\n${newSection(edit).join('\n')}\n`
  const changed = { ...section, lines: setLine(section.lines, edit) }
  return sections
    .with(index, changed)
    .flatMap(({ lines }) => lines)
    .join('\n')
}

const header = /^\s*(\[{1,2})\s*([\w.-]+)\s*\]{1,2}\s*(?:#.*)?$/

function sectionsOf(text: string): readonly Section[] {
  const sections: { header: string; lines: string[] }[] = [{ header: '', lines: [] }]
  for (const line of text.split('\n')) {
    const [, bracket, name] = header.exec(line) ?? []
    if (bracket !== undefined) sections.push({ header: `${bracket}${name}`, lines: [] })
    sections.at(-1)?.lines.push(line)
  }
  return sections
}

function headerOf({ table, entry }: TomlEdit): string {
  if (table === '') return ''
  return `${entry === undefined ? '[' : '[['}${table}`
}

function isMeant(section: Section, edit: TomlEdit): boolean {
  if (section.header !== headerOf(edit)) return false
  if (edit.entry === undefined) return true
  const [key, value] = edit.entry
  const spellings = [written(value), `'${value}'`]
  return section.lines.some((line) => spellings.includes(valueOn(line, key)?.value ?? ''))
}

/** The value of `key` when it stands whole on this line, with what is before and behind it. */
function valueOn(line: string, key: string) {
  const assignment = /^(\s*([\w-]+)\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[\w.+-]+)(\s*(?:#.*)?)$/
  const [, before = '', found, value = '', behind = ''] = assignment.exec(line) ?? []
  return found === key ? { before, value, behind } : undefined
}

function setLine(lines: readonly string[], { key, value }: TomlEdit): readonly string[] {
  const index = lines.findIndex((line) => valueOn(line, key) !== undefined)
  const old = valueOn(lines[index] ?? '', key)
  if (old !== undefined) return lines.with(index, `${old.before}${written(value)}${old.behind}`)
  // Behind the last value, because comments below it may belong to the next table.
  const last = lines.findLastIndex((line) => /^\s*(?:\[|[\w"'-]+\s*=)/.test(line))
  return lines.toSpliced(last + 1, 0, `${key} = ${written(value)}`)
}

function newSection(edit: TomlEdit): readonly string[] {
  const line = `${edit.key} = ${written(edit.value)}`
  if (edit.table === '') return [line]
  if (edit.entry === undefined) return [`[${edit.table}]`, line]
  const [key, value] = edit.entry
  const identity = `${key} = ${written(value)}`
  return [`[[${edit.table}]]`, identity, ...(key === edit.key ? [] : [line])]
}

/** The escapes of JSON are escapes of TOML too. */
function written(value: string | boolean): string {
  return JSON.stringify(value)
}
