import { describe } from 'vitest'
import { describeFaults } from './faults.suite.ts'
import { states } from './faults.table.ts'

describe.each(states)('%s', (state) => {
  describeFaults(state, { isCombined: true })
})
