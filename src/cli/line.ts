/** How a line of a report is marked. `plan`: it would be done. `skip`: it could not be looked at. */
export type Mark = 'ok' | 'warn' | 'bad' | 'plan' | 'skip'

/** One line of a report: what was looked at, and what is to be said of it. */
export interface Line {
  readonly mark: Mark
  /** What it is about, in one or two words. */
  readonly name: string
  /** Never the value of a secret. */
  readonly text: string
  /** What to do about it, where there is something to do. */
  readonly mend?: string
}

const markWidth = 4
const nameWidth = 12

/** A line as people read it; what mends it stands below. */
export function formatLine({ mark, name, text, mend }: Line): string {
  const margin = ' '.repeat(markWidth + nameWidth + 2)
  const said = [text, ...(mend === undefined ? [] : [`-> ${mend}`])].join('\n')
  return `${mark.padEnd(markWidth)} ${name.padEnd(nameWidth)} ${said.replaceAll('\n', `\n${margin}`)}`
}
