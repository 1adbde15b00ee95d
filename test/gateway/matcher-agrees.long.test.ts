import { expect, it } from 'vitest'
import { rarities } from '../support/tally.ts'
import { checkMatcher, matchVariety } from './matcher-agrees.property.ts'

it('the matcher agrees with its definition on forty thousand sets of routes', {
  timeout: 600_000,
}, () => {
  // 10 minutes
  const tally = checkMatcher(40_000)
  expect(rarities(tally, tally.get('requests') ?? 0, matchVariety)).toEqual([])
})
