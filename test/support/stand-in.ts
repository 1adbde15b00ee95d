import {
  createTestStandIn as createForeign,
  type TestStandIn,
  type TestStandInParts,
} from './clerk.ts'
import { descriptionsAreHere, descriptionsPath } from './descriptions.ts'
import { willBeJudged } from './judged-recordings.ts'

export * from './clerk.ts'

if (!descriptionsAreHere) {
  console.log(`Clerk's descriptions are not in ${descriptionsPath}: what needs them is skipped.`)
}

/** The first who asks waits until the descriptions are read: two seconds, and more on a busy machine. */
export const readLimitMs = 60_000

/** What of a stand-in is not judged, and why. */
export interface Excuse {
  /** Why the test itself makes up what webhooks tell. */
  readonly inventedEvents: string
}

/** A stand-in for our own tests: at the end of the file all that it said is held against Clerk's descriptions. */
export async function createTestStandIn(
  parts: TestStandInParts = {},
  excuse?: Excuse,
): Promise<TestStandIn> {
  const kit = await createForeign(parts)
  willBeJudged(excuse === undefined ? kit.recording : { ...kit.recording, deliveries: () => [] })
  return kit
}
