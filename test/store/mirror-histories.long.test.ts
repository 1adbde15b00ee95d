import { expect, it } from 'vitest'
import { expectMirror } from './mirror.property.ts'

it('what is kept is what Clerk has, in two thousand histories', async () => {
  const tally = await expectMirror(2000)
  expect(tally.histories).toBeGreaterThanOrEqual(2000)
  expect(tally.messages).toBeGreaterThan(15_000)
  expect(tally.lost).toBeGreaterThan(1000)
  expect(tally.repeated).toBeGreaterThan(2000)
  expect(tally.buried).toBeGreaterThan(50)
  expect(tally.tombstones).toBeGreaterThan(200)
})
