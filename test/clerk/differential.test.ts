import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  agreesWithClerk,
  emptyTally,
  openStage,
  proveAgreement,
  type Stage,
} from './differential.property.ts'
import { faultyVerifiers } from './differential-faulty.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.verifiers.close())

it('ten thousand tokens: what Usher accepts Clerk accepts, what Usher alone refuses is listed', async () => {
  await proveAgreement(stage, 10_000)
}, 120_000)

describe('the comparison notices a verifier that', () => {
  it.each(faultyVerifiers)(
    '$mistake',
    async ({ complaint, make }) => {
      const { forge, verifiers } = stage
      const contest = {
        forge,
        askClerk: verifiers.askClerk,
        verifier: make(verifiers.usher, stage),
      }
      // The same tokens every time, so that a mistake that is found once is always found.
      const run = { seed: 1, numRuns: 4000, endOnFailure: true }
      const { errorInstance } = await fc.check(agreesWithClerk(contest, emptyTally()), run)
      expect(String(errorInstance)).toMatch(complaint)
    },
    60_000,
  )
})
