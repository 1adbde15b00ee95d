import { expect, it } from 'vitest'
import { rarities } from '../support/tally.ts'
import { checkRewrites, variety } from './rewriting.property.ts'

it('of a million rewritten targets none reaches another path than its config says', {
  timeout: 900_000,
}, () => {
  // 15 minutes
  const tally = checkRewrites(50_000)
  expect(rarities(tally, 1_000_000, variety)).toEqual([])
})
