import { afterAll, beforeAll, expect, it } from 'vitest'
import { openScene, type Scene } from '../support/gateway.ts'
import { rarities } from '../support/tally.ts'
import { checkHeaders, headerVariety } from './headers.property.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.close())

it('of thirty thousand sets of headers, what arrives is what a set built from empty holds', {
  timeout: 300_000,
}, async () => {
  // 5 minutes
  const tally = await checkHeaders(scene, 30_000)
  expect(rarities(tally, 30_000, headerVariety)).toEqual([])
})
