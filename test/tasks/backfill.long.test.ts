import { expect, it } from 'vitest'
import { surviveKills } from './kills.ts'
import { openSync } from './sync-scene.ts'

// A backfill comes to the same end wherever it is killed.

it('at any step, on either side of it, it goes on where it was', async () => {
  const scene = await openSync()
  let steps = 0
  const survived = await surviveKills(scene, (count) => {
    steps = count
    return Array.from({ length: count }, (_, at) => at)
  })
  expect(steps).toBeGreaterThan(8)
  expect(survived).toBe(steps)
})
