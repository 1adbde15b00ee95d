import fc from 'fast-check'
import type { Passes } from '../../src/store/passes.ts'
import { type Tally, tallyUp } from '../support/tally.ts'

/** A request, a move of the object to where it knows only what it wrote down, or its alarm. */
type Step = { readonly kind: 'request' | 'move' | 'alarm'; readonly afterMs: number }

/** A limit, and what happens at it. */
export interface Story {
  readonly requests: number
  readonly windowMs: number
  readonly steps: readonly Step[]
}

/** Stories that crowd around the edges of the window. */
export const stories: fc.Arbitrary<Story> = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1000, max: 90_000 }))
  .chain(([requests, windowMs]) => {
    const grainMs = Math.ceil(windowMs / 1000)
    const edges = [0, 1, grainMs - 1, grainMs, windowMs - 1, windowMs, windowMs + grainMs]
    const usual = fc.integer({ min: 0, max: Math.ceil((2 * windowMs) / requests) })
    const afterMs = fc.oneof(fc.constantFrom(...edges), usual)
    const kind = fc.constantFrom(...Array(10).fill('request'), 'move', 'alarm')
    const steps = fc.array(fc.record({ kind, afterMs }), { minLength: 10, maxLength: 60 })
    return fc.record({ requests: fc.constant(requests), windowMs: fc.constant(windowMs), steps })
  })

/** Plays a story. It throws where a log breaks its law, and counts what became of the requests. */
export function play({ requests, windowMs, steps }: Story, open: () => Passes, tally: Tally): void {
  const grainMs = Math.ceil(windowMs / 1000)
  const passedAtMs: number[] = []
  const passedSince = (fromMs: number) => passedAtMs.filter((atMs) => atMs > fromMs).length
  let log = open()
  let nowMs = 1_000_000
  let usedUpUntilMs: number | undefined
  for (const { kind, afterMs } of steps) {
    nowMs += afterMs
    if (kind === 'move') log = open()
    if (kind === 'alarm') log.sweep(nowMs)
    if (kind !== 'request') continue
    const { passes, remaining, resetMs } = log.take(requests, windowMs, nowMs)
    if (passes) passedAtMs.push(nowMs)
    const counted = passedSince(nowMs - windowMs)
    const laws = {
      'no window has more': counted <= requests,
      'none is refused that would pass in a window a thousandth longer':
        passes || passedSince(nowMs - windowMs - grainMs) >= requests,
      'what remains can still pass': remaining >= 0 && remaining <= requests - counted,
      'a time is told in which something changes': resetMs > 0 && resetMs <= windowMs + grainMs,
      'what is used up is so until the time that was told':
        usedUpUntilMs === undefined || passes === nowMs >= usedUpUntilMs,
    }
    const broken = Object.entries(laws).filter(([, holds]) => !holds)
    if (broken.length > 0) throw new Error(broken.map(([law]) => law).join(', '))
    const again = usedUpUntilMs === undefined ? [] : ['passed again']
    tallyUp(tally, passes ? ['passed', ...again] : ['refused'])
    usedUpUntilMs = remaining === 0 ? nowMs + resetMs : undefined
  }
}
