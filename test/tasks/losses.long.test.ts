import { expect, it } from 'vitest'
import { expectLossesMended } from './losses.property.ts'

it('what webhooks have lost is found within a tick or a day, in a hundred histories', async () => {
  const tally = await expectLossesMended(100)
  expect(tally.histories).toBe(100)
  expect(tally.lost).toBeGreaterThan(100)
  // Of each Clerk several, and the last through everything.
  expect(tally.reconciles).toBeGreaterThan(12)
  expect(tally.staleForADay).toBeGreaterThan(5)
})
