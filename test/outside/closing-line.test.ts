import { describe, expect, it } from 'vitest'
import { closingLine, mustFail } from '../support/closing-line.ts'

describe('the closing line of a run', () => {
  it('counts what passed and failed, and names what was skipped only when something was', () => {
    expect(closingLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed')
    expect(closingLine({ passed: 1, failed: 2, skipped: 3 })).toBe('1 passed, 2 failed, 3 skipped')
  })

  it.each([
    [{ passed: 1, failed: 0, skipped: 0 }, false, false],
    [{ passed: 1, failed: 0, skipped: 1 }, false, true],
    [{ passed: 1, failed: 1, skipped: 0 }, true, true],
    [{ passed: 0, failed: 0, skipped: 0 }, true, true],
  ])('%o fails a run: %s here, %s where skipping is forbidden', (tally, here, strict) => {
    expect([mustFail(tally, false), mustFail(tally, true)]).toEqual([here, strict])
  })
})
