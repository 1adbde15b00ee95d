import { describe, expect, it } from 'vitest'
import { createRecent } from '../../src/model/recent.ts'

describe('a bounded memory', () => {
  it('never holds more than its bound', () => {
    const recent = createRecent<number, number>(100)
    for (let key = 0; key < 1000; key++) recent.set(key, key)
    const held = Array.from({ length: 1000 }, (_, key) => recent.get(key)).filter(
      (value) => value !== undefined,
    )
    expect(held.length).toBeGreaterThan(49)
    expect(held.length).toBeLessThanOrEqual(100)
  })

  it('keeps what is in use', () => {
    const recent = createRecent<number, string>(10)
    recent.set(-1, 'in use')
    for (let key = 0; key < 1000; key++) {
      recent.set(key, 'passing')
      expect(recent.get(-1)).toBe('in use')
    }
  })

  it('forgets what it is told to, however old', () => {
    const recent = createRecent<string, number>(4)
    for (const key of ['a', 'b', 'c']) recent.set(key, 1)
    for (const key of ['a', 'b', 'c']) recent.delete(key)
    expect(['a', 'b', 'c'].map((key) => recent.get(key))).toEqual([undefined, undefined, undefined])
  })
})
