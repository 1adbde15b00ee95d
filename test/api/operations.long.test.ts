import { expect, it } from 'vitest'
import { tryNastyQueries } from './operations.property.ts'
import { createOperatorScene } from './operations-scene.ts'

it('every nasty text in every member of every query is a normal page or 400', async () => {
  const { asked, answered } = await tryNastyQueries(await createOperatorScene(), { share: 1 })
  expect(asked).toBeGreaterThan(2000)
  expect(answered).toBeGreaterThan(200)
})
