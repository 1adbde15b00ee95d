import { readFileSync } from 'node:fs'
import { orderOfRound, quantile } from './statistics.ts'

/** What takes part in a comparison. */
export interface Contender {
  readonly name: string
  /** CPU seconds that the process under test has used so far. */
  readonly cpuSeconds: () => number
  /** Makes ready what the next window needs; not measured. */
  readonly prepare: () => Promise<void>
  /** Does the work of one window and gives how many operations it was. */
  readonly work: () => Promise<number>
  /** How long each operation of the last window took, where somebody looks at that. */
  readonly tookMicros?: () => Float64Array
}

/** What was seen of one contender: CPU microseconds per operation, and how fast it went, round by round. */
export interface Series {
  readonly cpuMicros: number[]
  readonly perSecond: number[]
  /** How much of a core was busy; below one, the process waited for whoever asked. */
  readonly busyCores: number[]
  /** How long half of the operations took at most, and 99 of 100; empty where nobody looks at that. */
  readonly p50Micros: number[]
  readonly p99Micros: number[]
}

/** All series of a comparison, by the names of the contenders. */
export interface Comparison {
  readonly series: ReadonlyMap<string, Series>
  /** Windows that were repeated because others used the machine. */
  readonly repeated: number
  /** Windows that were kept although they were not clean: every repetition was dirty too. */
  readonly dirty: number
}

/** More foreign load than this many cores makes a window dirty; two ticks of the books are no load. */
const foreignCoresMax = 0.08
const ticksMax = 2
const repetitionsMax = 3
const ticksPerSecond = 100

/** Runs every contender once a round, one after the other, the order reversed in every other round. */
export async function compare(
  contenders: readonly Contender[],
  { rounds, note }: { rounds: number; note: (line: string) => void },
): Promise<Comparison> {
  const series = new Map<string, Series>(contenders.map(({ name }) => [name, emptySeries()]))
  let [repeated, dirty] = [0, 0]
  for (let round = 0; round < rounds; round++) {
    for (const contender of orderOfRound(contenders, round)) {
      let seen = await measure(contender)
      let repetitions = 0
      while (seen.foreignCores > foreignCoresMax && repetitions < repetitionsMax) {
        repetitions += 1
        seen = await measure(contender)
      }
      repeated += repetitions
      if (seen.foreignCores > foreignCoresMax) dirty += 1
      keep(series.get(contender.name), seen)
    }
    note(`round ${round + 1} of ${rounds}`)
  }
  return { series, repeated, dirty }
}

/** What was seen of one window. */
interface Window {
  readonly cpuMicros: number
  readonly perSecond: number
  readonly busyCores: number
  readonly foreignCores: number
  readonly tookMicros: Float64Array | undefined
}

/** Series of no rounds yet. */
export function emptySeries(): Series {
  return { cpuMicros: [], perSecond: [], busyCores: [], p50Micros: [], p99Micros: [] }
}

function keep(series: Series | undefined, seen: Window): void {
  series?.cpuMicros.push(seen.cpuMicros)
  series?.perSecond.push(seen.perSecond)
  series?.busyCores.push(seen.busyCores)
  if (seen.tookMicros === undefined) return
  series?.p50Micros.push(quantile(seen.tookMicros, 0.5))
  series?.p99Micros.push(quantile(seen.tookMicros, 0.99))
}

async function measure(contender: Contender): Promise<Window> {
  const { prepare, work, cpuSeconds } = contender
  await prepare()
  const before = [cpuSeconds(), ownSeconds(), machineSeconds(), performance.now() / 1000] as const
  const operations = await work()
  const after = [cpuSeconds(), ownSeconds(), machineSeconds(), performance.now() / 1000] as const
  const [cpu, own, machine, elapsed] = after.map((value, index) => value - (before[index] ?? 0))
  if (cpu === undefined || own === undefined || machine === undefined || elapsed === undefined) {
    throw new TypeError('A clock is missing')
  }
  return {
    cpuMicros: (cpu * 1e6) / operations,
    perSecond: operations / elapsed,
    busyCores: cpu / elapsed,
    tookMicros: contender.tookMicros?.(),
    foreignCores: (machine - cpu - own - ticksMax / ticksPerSecond) / elapsed,
  }
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** What all processes of this machine have used: user, nice, system, irq and softirq of `/proc/stat`. */
function machineSeconds(): number {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)
    .join()
    .split(/\s+/)
    .map(Number)
  const ticks = [user, nice, system, irq, softirq].reduce((sum = 0, value = 0) => sum + value, 0)
  return (ticks ?? 0) / ticksPerSecond
}
