import * as fc from 'fast-check'
import type { ClerkEvent } from '../../src/clerk/webhook-changes.ts'
import { type ClerkWorld, createClerkWorld, deedNames, happen, listsOf } from './clerk-world.ts'

// What happened at Clerk, and how it came to be known: late, twice, in any order, or not at all.

/** How a message comes: after a while, perhaps once more, perhaps never. */
interface Fate {
  readonly delayMs: number
  readonly againMs: number | null
  readonly isLost: boolean
}

/** What happened in one world, and how its messages came. */
export interface Script {
  readonly happenings: readonly {
    readonly deed: (typeof deedNames)[number]
    readonly who: number
    readonly where: number
    readonly way: number
    readonly gapMs: number
    readonly fates: readonly Fate[]
  }[]
  readonly factor: number
  readonly toldStepMs: number
  /** Messages are lost, and a walk comes behind all of them. */
  readonly isLossy: boolean
  readonly isWalkedEarly: boolean
  readonly isWalkedLater: boolean
}

const startMs = 1_800_000_000_000
const lateMs = 60_000

/** When walks begin that worlds take part in: amid everything, before the last messages, and behind all of them. */
export const walksMs = [startMs + 15_000, startMs + 45_000, startMs + 400_000] as const

const fate: fc.Arbitrary<Fate> = fc.record({
  delayMs: fc.oneof(
    { arbitrary: fc.constant(0), weight: 3 },
    { arbitrary: fc.nat(6000), weight: 3 },
    { arbitrary: fc.nat(lateMs), weight: 1 },
  ),
  againMs: fc.oneof(
    { arbitrary: fc.constant(null), weight: 3 },
    { arbitrary: fc.nat(lateMs), weight: 1 },
  ),
  isLost: fc.nat(3).map((one) => one === 0),
})

/** Scripts of all kinds. */
export const script: fc.Arbitrary<Script> = fc.record({
  happenings: fc.array(
    fc.record({
      deed: fc.constantFrom(...deedNames),
      who: fc.nat(2),
      where: fc.nat(1),
      way: fc.nat(30),
      gapMs: fc.integer({ min: 1000, max: 3000 }),
      fates: fc.array(fate, { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 4, maxLength: 16, size: 'max' },
  ),
  factor: fc.constantFrom(0.001, 1, 1000),
  toldStepMs: fc.constantFrom(1, 1000),
  isLossy: fc.boolean(),
  isWalkedEarly: fc.boolean(),
  isWalkedLater: fc.boolean(),
})

/** A message that comes. */
export interface Delivery {
  readonly event: ClerkEvent
  readonly atMs: number
}

/** What Clerk's lists showed when a walk began. */
export interface Walk {
  readonly atMs: number
  readonly lists: ReturnType<typeof listsOf>
}

/** A history that can be replayed. */
export interface History {
  readonly world: ClerkWorld
  /** In the order in which they come. */
  readonly deliveries: readonly Delivery[]
  readonly walks: readonly Walk[]
  readonly messages: number
  readonly lost: number
}

/** Lets everything happen. */
export function play(story: Script, prefix: string): History {
  const world = createClerkWorld({ prefix, ...story })
  const [deliveries, walks]: [Delivery[], Walk[]] = [[], []]
  const due = walksMs.filter((_, place) => {
    return [story.isWalkedEarly, story.isWalkedLater, story.isLossy][place]
  })
  let [nowMs, messages, lost] = [startMs, 0, 0]
  const walkUntil = (untilMs: number) => {
    for (const atMs of due.splice(0, due.filter((one) => one <= untilMs).length)) {
      walks.push({ atMs, lists: listsOf(world) })
    }
  }
  for (const { gapMs, fates, ...happening } of story.happenings) {
    nowMs += gapMs
    walkUntil(nowMs)
    for (const event of happen(world, happening, nowMs)) {
      const own = fates[messages % fates.length]
      messages += 1
      if (own === undefined) continue
      const isLost = story.isLossy && own.isLost
      if (isLost) lost += 1
      else deliveries.push({ event, atMs: world.nowMs + own.delayMs })
      if (own.againMs !== null && !isLost) {
        deliveries.push({ event, atMs: world.nowMs + own.againMs })
      }
    }
  }
  walkUntil(Number.POSITIVE_INFINITY)
  deliveries.sort((one, other) => one.atMs - other.atMs)
  return { world, deliveries, walks, messages, lost }
}
