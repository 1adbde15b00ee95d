import { afterAll, beforeAll, it } from 'vitest'
import { openStage, proveAgreement, type Stage } from './differential.property.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.verifiers.close())

it('a hundred thousand tokens: what Usher accepts Clerk accepts, what it alone refuses is listed', async () => {
  await proveAgreement(stage, 100_000)
}, 600_000)
