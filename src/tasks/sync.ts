import type { WorkflowStep, WorkflowStepConfig } from 'cloudflare:workers'
import { type Clock, pause } from '../model/clock.ts'
import { syncStages } from '../model/mirror.ts'
import type { Database } from '../store/database.ts'
import { beginRun, endRun, lastRun, raiseWatermarks, readWatermarks } from '../store/sync-runs.ts'
import { isSilent, newRunId, takeUp } from './backfill.ts'
import type { TaskCapabilities } from './capabilities.ts'
import { begunName } from './plan.ts'
import type { Stride } from './stride.ts'
import { walkOn } from './walk.ts'

/** A part of a run that one Workflow walks. */
export interface Leg {
  readonly runId: string
  readonly leg: number
}

/**
 * What one Workflow walks, far below what it may do: 1024 steps, and 1000 requests and queries
 * (https://developers.cloudflare.com/workflows/reference/limits/). A stride asks Clerk at most five times and the
 * database some twenty, so that a leg comes to about half of it. The next Workflow goes on.
 */
const stridesPerLeg = 20
/** Clerk takes 100 requests in ten seconds from an instance that is developed on; the others are for the requests. */
const strideLeastMs = 200
/** After so many silences in a row Clerk is taken to be out of reach: a quarter of an hour. */
const silencesMax = 18
const pauseMaxSeconds = 60

/** A database that fails is asked again for three minutes; whoever looks after silent runs comes later. */
const strideConfig = {
  retries: { limit: 5, delay: '5 seconds', backoff: 'exponential' },
  timeout: '5 minutes',
} as const satisfies WorkflowStepConfig

/**
 * Walks one leg of a run. Where a run stands is in the database and nowhere else, so that a step that is done again
 * goes on where it was interrupted, whoever does it.
 */
export async function walkThroughClerk(
  { runId, leg }: Leg,
  step: WorkflowStep,
  world: TaskCapabilities,
): Promise<void> {
  let silences = 0
  for (let page = 1; page <= stridesPerLeg; page++) {
    const stride = await step.do(`page ${page}`, strideConfig, () => {
      return atLeast(world.clock, strideLeastMs, walkOn(runId, world))
    })
    if (stride.next === 'nothing') return
    silences = stride.next === 'pause' ? silences + 1 : 0
    if (silences > silencesMax) {
      await step.do('give up', strideConfig, () => giveUp(runId, world))
      return
    }
    if (stride.next === 'pause') {
      const seconds = Math.max(stride.seconds, Math.min(2 ** silences, pauseMaxSeconds))
      await step.sleep(`pause ${page}`, seconds * 1000)
    }
  }
  await step.do('next leg', strideConfig, async () => world.startSync?.(runId, leg + 1))
}

async function atLeast<T>(clock: Clock, leastMs: number, work: Promise<T>): Promise<T> {
  const beganMs = clock.now()
  const done = await work
  const leftMs = leastMs - (clock.now() - beganMs)
  if (leftMs > 0) await pause(clock, leftMs)
  return done
}

async function giveUp(runId: string, { openDatabase, clock }: TaskCapabilities): Promise<void> {
  const end = { state: 'failed', error: 'clerk-unavailable', nowMs: clock.now() } as const
  await endRun(await openDatabase(), runId, end)
}

const minuteMs = 60_000
const everyMinutes = 15
/** What one tick of the cron trigger walks, so that it is over before the next. */
const stridesPerTick = 20
const tickMs = 40_000
/** A reconcile that comes to no end makes room for another. */
const reconcileMaxMs = 2 * 60 * minuteMs

/**
 * Looks, every fifteen minutes, at what changed at Clerk since the last time; what one tick leaves the next goes on
 * with. While all of it is walked through anyway it waits, and takes up the walk where that was lost.
 */
export async function reconcileIfDue(world: TaskCapabilities): Promise<void> {
  if (world.clerk === undefined) return
  const { clock } = world
  const database = await world.openDatabase()
  const nowMs = clock.now()
  const backfill = await lastRun(database, 'backfill')
  if (backfill?.state === 'running') {
    if (isSilent(backfill, nowMs)) await takeUp(backfill, { world, database, nowMs })
    return
  }
  const runId = await reconcileAt(database, nowMs)
  if (runId === undefined) return
  for (let strides = 0; strides < stridesPerTick && clock.now() - nowMs < tickMs; strides++) {
    const stride: Stride = await atLeast(clock, strideLeastMs, walkOn(runId, world))
    if (stride.next !== 'page') return
  }
}

/** The reconcile to go on with, an old one or a new; `undefined` while none is due. */
async function reconcileAt(database: Database, nowMs: number): Promise<string | undefined> {
  const last = await lastRun(database, 'reconcile')
  if (last?.state === 'running') {
    if (nowMs - last.startedAt < reconcileMaxMs) return last.id
    await endRun(database, last.id, { state: 'failed', error: 'too-slow', nowMs })
  }
  if (last !== undefined && minutesOf(nowMs) - minutesOf(last.startedAt) < everyMinutes) return
  const watermarks = await readWatermarks(database)
  if (watermarks.size === 0) {
    // What was there before Usher is for a backfill; from now on nothing is missed.
    await raiseWatermarks(database, [...syncStages, ...syncStages.map(begunName)], nowMs)
    return
  }
  const id = newRunId()
  const isBegun = await beginRun(database, { id, kind: 'reconcile', by: 'cron', nowMs })
  return isBegun ? id : undefined
}

/** Ticks come a little early or late: whole minutes are compared. */
function minutesOf(ms: number): number {
  return Math.floor(ms / minuteMs)
}
