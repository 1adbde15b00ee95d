import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { projectPath } from '../support/platform.ts'
import { check, crowd, leanCheck, noContent, single } from './forward-auth.ts'
import type { Memory } from './memory.ts'
import type { Comparison } from './rounds.ts'
import { routeCounts, stageName } from './stages.ts'
import { type Sizes, startName, type Until } from './startup.ts'
import { pairedDifference, pairedRatio, type Spread, spread } from './statistics.ts'
import { bodyName, bodySizes } from './whole.ts'

/** Where and when figures were taken. */
export interface Provenance {
  readonly date: string
  readonly commit: string
  readonly machine: string
  readonly versions: string
}

/** All that one run has measured; what was not asked for is missing. */
export interface Measurements {
  readonly provenance: Provenance
  readonly whole?: Comparison
  readonly bodies?: Comparison
  readonly checks?: Comparison
  readonly stages?: Comparison
  readonly startUp?: Comparison
  readonly sizes?: Sizes
  readonly memory?: Memory
}

/** One figure: what it is, its unit, and the bound that it is held to, if there is one. */
export interface Figure {
  readonly what: string
  readonly unit: string
  readonly value: Spread
  readonly atMost?: number
  readonly atLeast?: number
  readonly aim?: number
}

/** What this run was made on and of. */
export function provenance(): Provenance {
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: projectPath, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain') === '' ? '' : ' with changes'
  const cores = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: `${git('rev-parse', '--short', 'HEAD')}${changed}`,
    machine: `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown'}`,
    versions: `workerd ${workerdVersion()}, Node ${process.versions.node}`,
  }
}

function workerdVersion(): string {
  const text = readFileSync(join(projectPath, 'node_modules/workerd/package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const bare = 'bare pass-through'
/** What the platform asks for what the gateway promises, with nothing decided. */
const plumbing = 'plumbing alone'
const clerkAuth = '@hono/clerk-auth + hono/proxy'
const clerkHono = '@clerk/hono + hono/proxy'

/** Which ratios of whole requests are told: of what, to what, and the bound. */
const ratios: readonly { of: string; to: string; atMost?: number; aim?: number }[] = [
  { of: plumbing, to: bare },
  { of: 'warm', to: bare, atMost: 1.2, aim: 1.15 },
  { of: 'warm, assertion only', to: bare, atMost: 1.1 },
  { of: 'every token new', to: bare, atMost: 1.5 },
  { of: 'every session new', to: bare, atMost: 1.7 },
  { of: 'a request assertion each', to: bare, atMost: 1.5 },
  { of: clerkAuth, to: bare },
  { of: clerkHono, to: bare },
  { of: 'warm', to: clerkAuth, atMost: 0.4, aim: 0.33 },
  { of: 'warm', to: clerkHono },
  { of: 'warm', to: plumbing },
]

/** The figures of whole requests: CPU of one over CPU of the other, round by round. */
export function wholeFigures({ series }: Comparison): readonly Figure[] {
  return ratios.flatMap(({ of, to, ...bounds }) => {
    const [values, base] = [series.get(of)?.cpuMicros, series.get(to)?.cpuMicros]
    if (!values || !base) return []
    return [{ what: `${of} ÷ ${to}`, unit: '×', value: pairedRatio(values, base), ...bounds }]
  })
}

const bodyBounds: Readonly<Record<(typeof bodySizes)[number], number>> = {
  '1 KiB': 1.2,
  '100 KiB': 1.15,
  '10 MiB': 1.05,
}

/** The figures of answers of several sizes: the less there is to decide for a byte, the nearer to nothing. */
export function bodyFigures({ series }: Comparison): readonly Figure[] {
  return bodySizes.flatMap((size) => {
    const values = series.get(bodyName(size, 'usher'))?.cpuMicros
    const base = series.get(bodyName(size, 'bare'))?.cpuMicros
    if (!values || !base) return []
    const what = `answers of ${size} ÷ ${bare}`
    return [{ what, unit: '×', value: pairedRatio(values, base), atMost: bodyBounds[size] }]
  })
}

/**
 * The figures of checks: what they cost over an answer by rote, how many of them there are in a second, and how
 * long whoever asks waits for one, on a server that has nothing else to do.
 */
export function checkFigures({ series }: Comparison): readonly Figure[] {
  const ratios = [crowd, single].flatMap((crowding) =>
    [check, leanCheck].flatMap((name) => {
      const [mine, bare] = [name, noContent].map((one) => series.get(`${one}${crowding}`))
      if (mine === undefined || bare === undefined) return []
      const over = `${name} ÷ ${noContent}${crowding}`
      const cpu = pairedRatio(mine.cpuMicros, bare.cpuMicros)
      const rate = pairedRatio(mine.perSecond, bare.perSecond)
      return [
        { what: `${over}: CPU`, unit: '×', value: cpu },
        { what: `${over}: requests per second`, unit: '×', value: rate, atLeast: 0.6, aim: 0.8 },
      ]
    }),
  )
  if (ratios.length === 0) return []
  const waits = [check, noContent].flatMap((name) => {
    const { p50Micros = [], p99Micros = [] } = series.get(`${name}${single}`) ?? {}
    const [what, unit] = [`${name}${single}`, 'µs']
    return [
      { what: `${what}, p50`, unit, value: spread(p50Micros) },
      { what: `${what}, p99`, unit, value: spread(p99Micros) },
    ]
  })
  return [...ratios, ...waits]
}

/** The figures of single stages, in microseconds without the loop around them. */
export function stageFigures({ series }: Comparison): readonly Figure[] {
  const micros = (name: string, routes = 10) => series.get(stageName(name, routes))?.cpuMicros ?? []
  const net = (name: string, routes = 10, loop = 'nothing') => {
    const around = micros(loop)
    return micros(name, routes).map((value, round) => value - (around[round] ?? 0))
  }
  const awaited = (name: string) => net(name, 10, 'nothing awaited')
  const fresh = net('verify new', 10, 'a request alone')
  const [signature, known] = [awaited('crypto.subtle.verify'), awaited('verify remembered')]
  const micro = (what: string, values: readonly number[], atMost?: number) => ({
    ...{ what, unit: 'µs', value: spread(values) },
    ...(atMost !== undefined && { atMost }),
  })
  const ratio = (what: string, value: Spread, atMost: number) => ({
    what,
    unit: '×',
    value,
    atMost,
  })
  const decided = 'canonicalise, match, authorise'
  return [
    micro('canonicalise', net('canonicalize')),
    ...routeCounts.map((routes) => micro(`match among ${routes} routes`, net('match', routes))),
    micro('authorise', net('authorize')),
    ...routeCounts.map((routes) => micro(`${decided}; ${routes} routes`, net('decide', routes), 8)),
    ratio(
      'the same with 10,000 routes ÷ with 10',
      pairedRatio(net('decide', 10_000), net('decide')),
      1.05,
    ),
    micro('identity and headers, default map', awaited('identity'), 20),
    micro('crypto.subtle.verify', signature),
    micro('verify, new', fresh),
    micro('verify, remembered', known),
    ratio('verify, new ÷ crypto.subtle.verify', pairedRatio(fresh, signature), 1.6),
    ratio('verify, remembered ÷ crypto.subtle.verify', pairedRatio(known, signature), 0.1),
  ]
}

/** The figures of a start, in milliseconds over an empty Worker. */
export function startFigures({ series }: Comparison): readonly Figure[] {
  const over = (until: Until) => {
    const of = (name: 'shipped' | 'empty') => series.get(startName(name, until))?.cpuMicros ?? []
    return scaled(pairedDifference(of('shipped'), of('empty')), 1000)
  }
  const what = 'start-up CPU over an empty Worker'
  const unit = 'ms'
  return [
    { what, unit, value: over('listening'), atMost: 10, aim: 7 },
    { what: `${what}, with the first answer`, unit, value: over('first answer') },
  ]
}

/** The figures of size. */
export function sizeFigures({ uploadedGzipKiB, evaluatedGzipKiB }: Sizes): readonly Figure[] {
  const unit = 'KiB'
  return [
    { what: 'evaluated at start, gzip', unit, value: spread([evaluatedGzipKiB]), atMost: 60 },
    { what: 'uploaded, gzip', unit, value: spread([uploadedGzipKiB]) },
  ]
}

/** The figures of memory. */
export function memoryFigures({ bareMiB, shippedMiB, heapMaxMiB }: Memory): readonly Figure[] {
  const unit = 'MiB'
  const after = `memory of workerd after 100,000 people, JavaScript heap of ${heapMaxMiB} MiB`
  return [
    { what: `${after}: bare pass-through`, unit, value: spread([bareMiB]) },
    { what: `${after}: Usher`, unit, value: spread([shippedMiB]) },
  ]
}

function scaled({ median, min, max }: Spread, by: number): Spread {
  return { median: median / by, min: min / by, max: max / by }
}
