import type { Figure } from './figures.ts'
import type { Comparison } from './rounds.ts'
import { pairedRatio, spread } from './statistics.ts'

/** Figures as a table in Markdown: median, extremes, bound, and whether it holds. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, unit, value, atMost, aim }) => {
    const { median, min, max } = value
    const range = min === max ? '' : `${digits(min)} – ${digits(max)}`
    const bound = atMost === undefined ? '' : `${atMost}${aim === undefined ? '' : `, aim ${aim}`}`
    const verdict = atMost === undefined ? '' : median <= atMost ? 'yes' : 'no'
    return `| ${[what, `${digits(median)} ${unit}`, range, bound, verdict].join(' | ')} |`
  })
  return [
    '| what | median | min – max | at most | holds |',
    '| --- | --: | --: | --: | --- |',
    ...rows,
  ].join('\n')
}

/** What whole requests cost by themselves, and how many a second one core served. */
export function requestTable({ series }: Comparison): string {
  const rows = [...series].map(([name, { cpuMicros, perSecond }]) => {
    const { median, min, max } = spread(cpuMicros)
    const rate = Math.round(spread(perSecond).median)
    return `| ${name} | ${median.toFixed(0)} | ${min.toFixed(0)} – ${max.toFixed(0)} | ${rate} |`
  })
  return [
    '| whole request | CPU µs | min – max | requests/s |',
    '| --- | --: | --: | --: |',
    ...rows,
  ].join('\n')
}

/** What a change costs: this state over the other one, in the same rounds. */
export function changeTable({ series }: Comparison, ref: string): string {
  const rows = [...series].flatMap(([name, { cpuMicros }]) => {
    const other = series.get(`${name} @ ${ref}`)
    if (other === undefined) return []
    const { median, min, max } = pairedRatio(cpuMicros, other.cpuMicros)
    return [`| ${name} | ${digits(median)} × | ${digits(min)} – ${digits(max)} |`]
  })
  return [`| CPU here ÷ at ${ref} | median | min – max |`, '| --- | --: | --: |', ...rows].join(
    '\n',
  )
}

/** How clean a comparison was. */
export function cleanliness({ repeated, dirty }: Comparison): string {
  return `${repeated} windows repeated because of foreign load, ${dirty} kept all the same`
}

function digits(value: number): string {
  return Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(1)
}
