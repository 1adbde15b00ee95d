import { expect, it } from 'vitest'
import { rarities } from '../support/tally.ts'
import { createWorld } from '../support/world.ts'
import { checkTargets, targetWorld, variety } from './targets.property.ts'

it('of a million targets none is matched, forwarded or recorded as another', {
  timeout: 900_000,
}, async () => {
  // 15 minutes
  const world = await createWorld(targetWorld)
  const trial = { gateway: world.gateway, token: await world.token() }
  const tally = await checkTargets(trial, 1_000_000)
  expect(rarities(tally, 1_000_000, variety)).toEqual([])
})
