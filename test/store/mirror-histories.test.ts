import { expect, it } from 'vitest'
import { expectMirror } from './mirror.property.ts'

it('what is kept is what Clerk has, however its messages come and whichever are lost', async () => {
  const tally = await expectMirror(150)
  expect(tally.histories).toBeGreaterThanOrEqual(150)
  expect(tally.messages).toBeGreaterThan(1000)
  expect(tally.lost).toBeGreaterThan(50)
  expect(tally.repeated).toBeGreaterThan(100)
  expect(tally.buried).toBeGreaterThan(0)
  expect(tally.tombstones).toBeGreaterThan(10)
})
