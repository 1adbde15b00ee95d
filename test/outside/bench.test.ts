import { describe, expect, it } from 'vitest'
import {
  bodyFigures,
  checkFigures,
  sizeFigures,
  stageFigures,
  startFigures,
  wholeFigures,
} from '../bench/figures.ts'
import { drawPicture } from '../bench/picture.ts'
import { changeTable, checkTable, figureTable } from '../bench/report.ts'
import { type Comparison, emptySeries } from '../bench/rounds.ts'
import {
  median,
  orderOfRound,
  pairedDifference,
  pairedRatio,
  quantile,
} from '../bench/statistics.ts'

const comparison = (series: Record<string, readonly number[]>): Comparison => ({
  series: new Map(
    Object.entries(series).map(([name, cpuMicros]) => [
      name,
      { ...emptySeries(), cpuMicros: [...cpuMicros], perSecond: [1000] },
    ]),
  ),
  repeated: 0,
  dirty: 0,
})

describe('the statistics of the benchmark', () => {
  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
  ])('the median of %j is %d', (values, expected) => expect(median(values)).toBe(expected))

  it.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])('of a hundred waits, so many are at most as long: %d', (part, expected) => {
    const waits = Float64Array.from({ length: 100 }, (_, index) => 100 - index)
    expect(quantile(waits, part)).toBe(expected)
  })

  it('has no median of nothing', () => expect(median([])).toBeNaN())

  it('pairs round by round: what disturbs a whole round is not seen', () => {
    expect(pairedRatio([12, 24, 120], [10, 20, 100])).toEqual({ median: 1.2, min: 1.2, max: 1.2 })
    expect(pairedDifference([12, 24, 13], [10, 20, 10])).toEqual({ median: 3, min: 2, max: 4 })
  })

  it('never pairs what is not paired', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError)
  })

  it('reverses the order in every other round', () => {
    expect([0, 1, 2].map((round) => orderOfRound(['a', 'b', 'c'], round).join(''))).toEqual([
      'abc',
      'cba',
      'abc',
    ])
  })
})

describe('the figures of the benchmark', () => {
  it('hold warm requests to the limit of the platform and to what one would write otherwise', () => {
    const whole = comparison({
      'bare pass-through': [100, 200],
      '@hono/clerk-auth + hono/proxy': [400, 800],
      warm: [120, 240],
    })
    const found = wholeFigures(whole).map(({ what, value, atMost }) => [what, value.median, atMost])
    expect(found).toContainEqual(['warm ÷ bare pass-through', 1.2, 1.2])
    expect(found).toContainEqual(['warm ÷ @hono/clerk-auth + hono/proxy', 0.3, 0.4])
  })

  it('hold answers of each size to the same answers without a gateway', () => {
    const bodies = comparison({
      'bare pass-through, 1 KiB': [100, 200],
      'warm, 1 KiB': [120, 240],
      'bare pass-through, 10 MiB': [5000, 5000],
      'warm, 10 MiB': [5100, 5300],
      'warm, 10 MiB @ v1': [9000, 9000],
    })
    const found = bodyFigures(bodies).map(({ what, value, atMost }) => [what, value.median, atMost])
    expect(found).toEqual([
      ['answers of 1 KiB ÷ bare pass-through', 1.2, 1.2],
      ['answers of 10 MiB ÷ bare pass-through', 1.04, 1.05],
    ])
    expect(changeTable(bodies, 'v1')).toContain('| warm, 10 MiB | 0.58 × |')
  })

  it('hold warm checks to an answer by rote: by what they cost, how many there are, and how long they take', () => {
    const seen = { busyCores: [1, 1], p50Micros: [300, 500], p99Micros: [900, 700] }
    const checks: Comparison = {
      ...comparison({}),
      series: new Map([
        ['bare 204, 32 at a time', { ...seen, cpuMicros: [50, 50], perSecond: [20_000, 20_000] }],
        ['warm check, 32 at a time', { ...seen, cpuMicros: [75, 100], perSecond: [11_000, 9000] }],
        ['bare 204, one at a time', { ...seen, cpuMicros: [90, 90], perSecond: [5000, 5000] }],
        ['warm check, one at a time', { ...seen, cpuMicros: [99, 99], perSecond: [4000, 4000] }],
      ]),
    }
    const figures = checkFigures(checks)
    expect(figures.map(({ what, value }) => [what, value.median])).toEqual([
      ['warm check ÷ bare 204, 32 at a time: CPU', 1.75],
      ['warm check ÷ bare 204, 32 at a time: requests per second', 0.5],
      ['warm check ÷ bare 204, one at a time: CPU', 1.1],
      ['warm check ÷ bare 204, one at a time: requests per second', 0.8],
      ['warm check, one at a time, p50', 400],
      ['warm check, one at a time, p99', 800],
      ['bare 204, one at a time, p50', 400],
      ['bare 204, one at a time, p99', 800],
    ])
    expect(figureTable(figures)).toContain('| 0.50 × | 0.45 – 0.55 | ≥ 0.6, aim 0.8 | no |')
    expect(checkTable(checks)).toContain(
      '| warm check, 32 at a time | 87.5 | 10000 | 1.00 | 400 | 800 |',
    )
  })

  it('leave the loop around a stage out of it', () => {
    const stages = comparison({
      'nothing, 10 routes': [1, 2],
      'canonicalize, 10 routes': [4, 5],
      'nothing awaited, 10 routes': [2, 2],
      'a request alone, 10 routes': [5, 5],
      'verify new, 10 routes': [35, 35],
      'verify remembered, 10 routes': [3, 3],
      'crypto.subtle.verify, 10 routes': [22, 22],
    })
    const figures = stageFigures(stages)
    const value = (name: string) => figures.find(({ what }) => what === name)?.value.median
    expect(value('canonicalise')).toBe(3)
    expect(value('verify, new ÷ crypto.subtle.verify')).toBe(1.5)
  })

  it('say whether a bound holds, and by how much it is missed', () => {
    const start = comparison({
      'shipped, listening': [52_000, 54_000],
      'empty, listening': [40_000, 40_000],
      'shipped, first answer': [60_000, 60_000],
      'empty, first answer': [40_000, 40_000],
    })
    const rows = figureTable([
      ...startFigures(start),
      ...sizeFigures({ uploadedGzipKiB: 140, evaluatedGzipKiB: 59 }),
    ])
    expect(rows).toContain('| 13.0 ms | 12.0 – 14.0 | ≤ 10, aim 7 | no |')
    expect(rows).toContain('| evaluated at start, gzip | 59.0 KiB |  | ≤ 60 | yes |')
  })

  it('tell what a change costs, and nothing of what the other state does not have', () => {
    const table = changeTable(
      comparison({ warm: [110, 220], 'warm @ v1': [100, 200], new: [1, 1] }),
      'v1',
    )
    expect(table).toContain('| warm | 1.10 × | 1.10 – 1.10 |')
    expect(table).not.toContain('new')
  })

  it('are drawn with every bar that was measured, and no text that would break the picture', () => {
    const whole = comparison({ 'bare pass-through': [100], warm: [150] })
    const picture = drawPicture(wholeFigures(whole), 'a < b & c')
    expect(picture.match(/<rect /g)).toHaveLength(3)
    expect(picture).toContain('a &lt; b &amp; c')
    expect(picture).toContain('1.50 ×')
  })
})
