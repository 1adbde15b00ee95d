import { beforeAll, describe, expect, it } from 'vitest'
import { type Fault, marker, mender } from '../support/faults.ts'
import { everyoneHolds } from '../support/world.ts'
import { leaksIn, outcomeOf, run } from './faults.run.ts'
import { describeFaults, everyFault, openTemplate } from './faults.suite.ts'
import { alone, statedCells, states, together } from './faults.table.ts'

let every: readonly Fault[]
beforeAll(async () => {
  every = await everyFault()
})

describe('the table', () => {
  it('states every part in every way, state and kind, and combines all ways of all parts', () => {
    // 3 ways of KV, D1 and the origin, 4 of the key server; 6 states; 8 kinds.
    expect(statedCells).toBe((3 + 3 + 4 + 3) * 6 * 8)
    // None or one of each part's ways; less the empty set and the 13 of one part alone.
    expect(together(every)).toHaveLength(4 * 4 * 5 * 4 - 1 - 13)
    const tried = new Set(together(every).flat())
    expect(every.filter((fault) => !tried.has(fault))).toEqual([])
  })
})

describe.each(states)('%s', (state) => {
  // The combinations in the other states take long.
  describeFaults(state, { isCombined: state === 'cold' || state === 'warm' })
})

describe('the table finds out', () => {
  it('a gateway that lets in whom it cannot look up', async () => {
    const openly = async () => ({ ok: true, value: everyoneHolds(['admin']) }) as const
    const template = await openTemplate({ facts: openly })
    const sets = alone(every.filter(({ part, way }) => part === 'd1' && way === 'fails'))
    const seen = await run(template, 'cold', { sets, mend: mender(template) })
    const wrong = seen.filter(({ outcome, expected }) => outcome !== expected)
    expect(new Set(wrong.map(({ kind }) => kind))).toEqual(new Set(['role', 'fresh']))
  })

  it('an answer that says too much, and one that is no whole problem', () => {
    const headers = new Headers({ location: 'https://origin.usher.test/x' })
    const reply = { status: 500, headers, text: `{"stack":"${marker} at walk.ts:1","code":"x"}` }
    expect(leaksIn(reply, ['token'])).toEqual([marker, 'origin.usher.test', '.ts:'])
    expect(outcomeOf(reply)).toBe('500 in another form: stack code')
  })
})
