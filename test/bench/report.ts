import type { Figure } from './figures.ts'
import type { Comparison } from './rounds.ts'
import { pairedRatio, spread } from './statistics.ts'

/** Figures as a table in Markdown: median, extremes, bound, and whether it holds. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { median, min, max } = figure.value
    const range = min === max ? '' : `${digits(min)} – ${digits(max)}`
    const [bound, verdict] = judged(figure)
    const value = `${digits(median)} ${figure.unit}`
    return `| ${[figure.what, value, range, bound, verdict].join(' | ')} |`
  })
  return [
    '| what | median | min – max | bound | holds |',
    '| --- | --: | --: | --: | --- |',
    ...rows,
  ].join('\n')
}

function judged({ value: { median }, atMost, atLeast, aim }: Figure): [string, string] {
  const also = aim === undefined ? '' : `, aim ${aim}`
  if (atMost !== undefined) return [`≤ ${atMost}${also}`, median <= atMost ? 'yes' : 'no']
  if (atLeast !== undefined) return [`≥ ${atLeast}${also}`, median >= atLeast ? 'yes' : 'no']
  return ['', '']
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

/** What checks cost by themselves, how many there were in a second, and how long they took. */
export function checkTable({ series }: Comparison): string {
  const rows = [...series].map(([name, seen]) => {
    const { cpuMicros, perSecond, busyCores, p50Micros, p99Micros } = seen
    const [cpu, rate, busy, ...took] = [cpuMicros, perSecond, busyCores, p50Micros, p99Micros].map(
      (values) => spread(values).median,
    )
    const waits = took.map((micros) => micros.toFixed(0)).join(' | ')
    return `| ${name} | ${cpu?.toFixed(1)} | ${rate?.toFixed(0)} | ${busy?.toFixed(2)} | ${waits} |`
  })
  return [
    '| check | CPU µs | requests/s | cores busy | p50 µs | p99 µs |',
    '| --- | --: | --: | --: | --: | --: |',
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
