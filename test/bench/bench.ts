/**
 * Measures what the gateway costs, beside the platform's limit and what one would write otherwise.
 * Nothing of it is a test: it prints ratios that hold on one machine in one run. `npm run bench` calls it.
 *
 *   npm run bench                             all of it, about twelve minutes
 *   npm run bench -- --only whole,stages      some of it: whole, bodies, check, stages, start, sizes, memory
 *   npm run bench -- --against main~3         this state beside another one, in the same rounds
 *   npm run bench -- --rounds 15              more rounds than 9
 *   npm run bench -- --record                 keeps JSON and picture in test/bench, where the README shows them
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectPath } from '../support/platform.ts'
import { type Checkout, checkOut, here } from './bundles.ts'
import {
  bodyFigures,
  checkFigures,
  type Figure,
  type Measurements,
  memoryFigures,
  provenance,
  sizeFigures,
  stageFigures,
  startFigures,
  wholeFigures,
} from './figures.ts'
import { check, leanCheck, noContent, startChecks } from './forward-auth.ts'
import { measureMemory } from './memory.ts'
import { startOrigin } from './origin.ts'
import { drawPicture } from './picture.ts'
import { changeTable, checkTable, cleanliness, figureTable, requestTable } from './report.ts'
import { type Comparison, type Contender, compare } from './rounds.ts'
import { startStages } from './stages.ts'
import { sizesOf, startUps } from './startup.ts'
import { openIssuer } from './tokens.ts'
import {
  bareBodies,
  type Kind,
  others,
  type RunningContender,
  type Surroundings,
  startContender,
  usher,
  usherBodies,
} from './whole.ts'

/** The core of the load, the origin and this process: the other one belongs to the Worker. */
const loadCore = '1'
const parts = ['whole', 'bodies', 'check', 'stages', 'start', 'sizes', 'memory'] as const
type Part = (typeof parts)[number]

/** What is compared with what, and how. */
interface Run extends Surroundings {
  readonly rounds: number
  /** The other state, when there is one. */
  readonly against: Checkout | undefined
}

/** What is measured with whole requests: the gateway, and what stands beside it. */
interface Kinds {
  readonly others: readonly Kind[]
  readonly usher: readonly Kind[]
}

const say = (line: string) => console.log(line)
const note = (line: string) => console.error(`  ${line}`)

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: parts.join(',') },
    against: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    record: { type: 'boolean', default: false },
  },
})

execFileSync('taskset', ['-a', '-p', '-c', loadCore, String(process.pid)], { stdio: 'pipe' })
const issuer = openIssuer()
const origin = await startOrigin(issuer.keySet)
const against = values.against === undefined ? undefined : checkOut(values.against)
try {
  const run: Run = { issuer, origin, against, rounds: Number(values.rounds) }
  const measurements = await measure(run, wantedParts(values.only))
  const figures = report(measurements, against?.name)
  keep({ ...measurements, figures }, values.record)
} finally {
  against?.remove()
  await origin.stop()
}

function wantedParts(text: string): ReadonlySet<Part> {
  const wanted = text.split(',').map((name) => parts.find((part) => part === name))
  const known = wanted.filter((part) => part !== undefined)
  if (known.length < wanted.length) throw new RangeError(`--only takes ${parts.join(', ')}`)
  return new Set(known)
}

async function measure(run: Run, wanted: ReadonlySet<Part>): Promise<Measurements> {
  return {
    provenance: provenance(),
    ...(wanted.has('whole') && { whole: await measureWhole({ others, usher }, run) }),
    ...(wanted.has('bodies') && {
      bodies: await measureWhole({ others: bareBodies, usher: usherBodies }, run),
    }),
    ...(wanted.has('check') && { checks: await measureChecks(run) }),
    ...(wanted.has('stages') && { stages: await measureStages(run) }),
    ...(wanted.has('start') && { startUp: await measureStart(run) }),
    ...(wanted.has('sizes') && { sizes: await sizesOf(here) }),
    ...(wanted.has('memory') && { memory: await measureMemory(run, note) }),
  }
}

async function measureWhole(kinds: Kinds, run: Run): Promise<Comparison> {
  note('whole requests')
  const running: RunningContender[] = []
  for (const kind of [...kinds.others, ...kinds.usher]) {
    const contender = await startContender(kind, here, run)
    if (contender === undefined) throw new Error(`${kind.entry} does not run here`)
    running.push(contender)
  }
  for (const kind of run.against === undefined ? [] : kinds.usher) {
    const contender = await startContender(kind, run.against ?? here, run)
    if (contender !== undefined) running.push(elsewhere(contender, run))
  }
  const comparison = await compareWarm(running, run)
  for (const { stop } of running) await stop()
  return comparison
}

async function measureChecks(run: Run): Promise<Comparison> {
  note('checks')
  const bare = await startChecks(noContent, here, run)
  const mine = await startChecks(check, here, run)
  const lean = await startChecks(leanCheck, here, run)
  if (!bare || !mine || !lean) throw new Error('No check is answered here')
  const theirs = run.against && (await startChecks(check, run.against, run))
  const other = theirs?.contenders.map((contender) => elsewhere(contender, run)) ?? []
  const own = [bare, mine, lean].flatMap(({ contenders }) => contenders)
  const comparison = await compareWarm([...own, ...other], run)
  for (const checks of [bare, mine, lean, theirs]) await checks?.stop()
  return comparison
}

/** The first seconds of a Worker cost a third more, until V8 has compiled what is used. */
async function compareWarm(contenders: readonly Contender[], { rounds }: Run): Promise<Comparison> {
  for (const { prepare, work } of contenders) {
    for (let window = 0; window < 2; window++) {
      await prepare()
      await work()
    }
  }
  return compare(contenders, { rounds, note })
}

async function measureStages(run: Run): Promise<Comparison> {
  note('single stages')
  const mine = await startStages(here, run)
  if (mine === undefined) throw new Error('The stages do not build here')
  const theirs = run.against && (await startStages(run.against, run))
  const contenders = [
    ...mine.contenders,
    ...(theirs?.contenders ?? []).map((contender) => elsewhere(contender, run)),
  ]
  for (const contender of contenders) {
    await contender.prepare()
    await contender.work()
  }
  const comparison = await compare(contenders, { rounds: run.rounds, note })
  await mine.stop()
  await theirs?.stop()
  return comparison
}

async function measureStart(run: Run): Promise<Comparison> {
  note('start')
  const mine = await startUps(here, run)
  const theirs = run.against ? await startUps(run.against, run) : []
  const other = theirs.map((contender) => elsewhere(contender, run))
  return compare([...mine, ...other], { rounds: run.rounds, note })
}

/** A contender of the other state, under a name of its own. */
function elsewhere<C extends Contender>(contender: C, { against }: Run): C {
  return { ...contender, name: `${contender.name} @ ${against?.name}` }
}

function report(measured: Measurements, ref: string | undefined): readonly Figure[] {
  const { whole, bodies, checks, stages, startUp, sizes, memory } = measured
  const { date, commit, machine, versions } = measured.provenance
  say(`${commit}, ${date}, ${machine}, ${versions}`)
  if (whole) say(`\n${requestTable(whole)}`)
  if (bodies) say(`\n${requestTable(bodies)}`)
  if (checks) say(`\n${checkTable(checks)}`)
  const figures = [
    ...(whole ? wholeFigures(whole) : []),
    ...(bodies ? bodyFigures(bodies) : []),
    ...(checks ? checkFigures(checks) : []),
    ...(stages ? stageFigures(stages) : []),
    ...(startUp ? startFigures(startUp) : []),
    ...(sizes ? sizeFigures(sizes) : []),
    ...(memory ? memoryFigures(memory) : []),
  ]
  say(`\n${figureTable(figures)}\n`)
  const comparisons = Object.entries({ whole, bodies, checks, stages, startUp })
  for (const [name, comparison] of comparisons) {
    if (comparison === undefined) continue
    if (ref !== undefined) say(`${changeTable(comparison, ref)}\n`)
    say(`${name}: ${cleanliness(comparison)}`)
  }
  return figures
}

/** Writes the figures as JSON and as a picture. */
function keep(
  measured: Measurements & { readonly figures: readonly Figure[] },
  isRecord: boolean,
): void {
  const folder = join(projectPath, isRecord ? 'test/bench' : 'dist')
  mkdirSync(folder, { recursive: true })
  const { provenance, figures, sizes, memory } = measured
  const json = JSON.stringify({ provenance, figures, sizes, memory }, undefined, 2)
  writeFileSync(join(folder, 'results.json'), `${json}\n`)
  if (measured.whole === undefined) return
  const caption = 'CPU of one request in workerd, over the least that any gateway costs'
  writeFileSync(join(folder, 'results.svg'), drawPicture(figures, caption))
  say(`written to ${folder}`)
}
