import { afterAll, beforeAll, expect, it } from 'vitest'
import { openScene, type Scene } from '../support/gateway.ts'
import { rarities } from '../support/tally.ts'
import { checkRawTargets, rawVariety } from './targets.property.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene({ OPEN: '1' })
})
afterAll(() => scene.close())

it('of a hundred thousand targets on the wire each arrives as it is canonical and recorded, or not at all', {
  timeout: 600_000,
}, async () => {
  // 10 minutes
  const tally = await checkRawTargets(scene, 100_000)
  expect(rarities(tally, 100_000, rawVariety)).toEqual([])
})
