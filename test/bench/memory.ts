import { here } from './bundles.ts'
import { bare, type Surroundings, startContender } from './whole.ts'

/** How many people come. */
const visitorsCount = 100_000
/** Tokens are made in batches, so that none is older than its minute when it is used. */
const batch = 10_000
/** What Workers gives an isolate. */
const heapMaxMiB = 128

/** Memory of the process in MiB after so many people that all memories are full: bare, and Usher. */
export interface Memory {
  readonly bareMiB: number
  readonly shippedMiB: number
  readonly heapMaxMiB: number
}

/** Sends so many different people past a bare pass-through and past the shipped Worker. */
export async function measureMemory(
  surroundings: Surroundings,
  note: (line: string) => void,
): Promise<Memory> {
  note('memory')
  const bareMiB = await residentAfterAll(bare, surroundings)
  const shippedMiB = await residentAfterAll('src/index.ts', surroundings)
  return { bareMiB, shippedMiB, heapMaxMiB }
}

async function residentAfterAll(entry: string, surroundings: Surroundings): Promise<number> {
  let first = 0
  const tokens = () =>
    Array.from({ length: batch }, (_, index) =>
      surroundings.issuer.token({ user: first + index, session: first + index }),
    )
  const kind = { name: entry, entry, tokens, heapMaxMiB }
  const contender = await startContender(kind, here, surroundings)
  if (contender === undefined) throw new Error(`${entry} does not run in ${heapMaxMiB} MiB`)
  for (; first < visitorsCount; first += batch) {
    await contender.prepare()
    await contender.work()
  }
  const residentMiB = contender.residentMiB()
  await contender.stop()
  return residentMiB
}
