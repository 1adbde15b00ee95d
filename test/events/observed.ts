import { env } from 'cloudflare:workers'
import { createWorld, type World, type WorldOptions } from '../support/world.ts'

/** A data point as it was written. */
export interface Point {
  readonly indexes: readonly string[]
  readonly blobs: readonly string[]
  readonly doubles: readonly number[]
}

/** A world that writes what production would, and what it wrote. */
export interface Observed {
  readonly world: World
  /** The lines of the log. */
  readonly lines: readonly string[]
  /** Those that were written as errors. */
  readonly errors: readonly string[]
  readonly points: readonly Point[]
  /** The line that was written last, read; `undefined` where there is none. */
  last(): Promise<Readonly<Record<string, unknown>> | undefined>
  /** The rows of the statistics, written to the last request. */
  statistics(): Promise<readonly Readonly<Record<string, unknown>>[]>
}

/** Opens such a world. */
export async function observe(options: WorldOptions = {}): Promise<Observed> {
  const [lines, errors, points]: [string[], string[], Point[]] = [[], [], []]
  const log = {
    log: (line: string) => void lines.push(line),
    warn: () => {},
    error: (line: string) => void errors.push(line),
  }
  const analytics = { writeDataPoint: (point: Point) => void points.push(point) }
  const bindings = { ANALYTICS: analytics, ...options.bindings }
  const world = await createWorld({ ...options, log, bindings })
  return {
    ...{ world, lines, errors, points },
    async last() {
      await world.behind()
      const line = lines.at(-1)
      return line === undefined ? undefined : JSON.parse(line)
    },
    async statistics() {
      await world.behind()
      await world.clock.advance(75_000)
      await world.get('/_usher/me')
      await world.behind()
      return (await env.DB.prepare('SELECT * FROM statistics').all()).results
    },
  }
}
