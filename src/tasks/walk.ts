import { dispatchEvents } from '../events/dispatch.ts'
import { type MirrorChange, syncStages } from '../model/mirror.ts'
import type { Result } from '../model/result.ts'
import { applyPage } from '../store/mirror.ts'
import {
  endRun,
  findRun,
  raiseWatermarks,
  readWatermarks,
  type StageProgress,
  saveRun,
} from '../store/sync-runs.ts'
import type { TaskCapabilities } from './capabilities.ts'
import { lookForMissing } from './missing.ts'
import { isNews, wholeName } from './plan.ts'
import {
  type Advance,
  cursorOf,
  readPlace,
  type Stride,
  type Walk,
  type WalkTrouble,
} from './stride.ts'
import { takePage } from './taking.ts'

/** Walks through one page of what Clerk has, from where the run stands, and writes down how far it came. */
export async function walkOn(runId: string, world: TaskCapabilities): Promise<Stride> {
  const { clerk, clock } = world
  const database = await world.openDatabase()
  const run = await findRun(database, runId)
  if (run === undefined || run.state !== 'running') return nothing
  const nowMs = clock.now()
  if (clerk === undefined) {
    await endRun(database, runId, { state: 'failed', error: 'clerk-key-missing', nowMs })
    return nothing
  }
  const place = readPlace(run)
  const waitMs = (place.dueAt ?? 0) - nowMs
  if (waitMs > 0) return { next: 'pause', seconds: Math.ceil(waitMs / 1000) }
  const watermarks = await readWatermarks(database)
  const telling = { by: 'sync', requestId: runId, nowMs, tellsNew: true }
  const isNew = (change: MirrorChange) => isNews(change, { run, watermarks })
  async function apply(changes: readonly MirrorChange[]): Promise<number> {
    let applied = 0
    for (const [tellsNew, some] of Map.groupBy(changes, isNew)) {
      const outcomes = await applyPage(database, some, { ...telling, tellsNew })
      for (const userId of outcomes.flatMap(({ userIds }) => userIds)) world.forget(userId)
      applied += outcomes.filter(({ isApplied }) => isApplied).length
    }
    return applied
  }
  const walk = { run, place, database, clerk, watermarks, nowMs, apply, telling }
  const come: Result<Advance, WalkTrouble> =
    place.missingAfter === undefined ? await takePage(walk) : await lookForMissing(walk)
  if (!come.ok) return stop(walk, come.error)
  const stride = await note(walk, { ...come.value, nowMs: clock.now() })
  if (come.value.changed > 0) await tellOthers(world)
  return stride
}

/** What is not told now is told within a minute. */
async function tellOthers(world: TaskCapabilities): Promise<void> {
  try {
    await dispatchEvents(world)
  } catch (error) {
    world.logFault('sync', error)
  }
}

const nothing: Stride = { next: 'nothing' }

async function note(
  { run, database, place: { mayForget } }: Walk,
  { place, nowMs, isWhole, ...come }: Advance & { readonly nowMs: number },
): Promise<Stride> {
  const { stage } = run
  const known: StageProgress = run.progress[stage] ?? { seen: 0, total: null, changed: 0 }
  const progress = {
    ...run.progress,
    [stage]: {
      seen: known.seen + come.seen,
      total: come.total === undefined ? known.total : come.total,
      changed: known.changed + come.changed,
    },
  }
  if (place !== undefined) {
    const cursor = cursorOf({ ...place, mayForget })
    const isSaved = await saveRun(database, run, { cursor, progress, error: null, nowMs })
    return isSaved ? { next: 'page' } : nothing
  }
  await raiseWatermarks(database, isWhole ? [stage, wholeName(stage)] : [stage], run.startedAt)
  const next = syncStages[syncStages.indexOf(stage) + 1]
  const isSaved = await saveRun(database, run, {
    ...(next === undefined ? { state: 'done', finishedAt: nowMs } : { stage: next }),
    ...{ cursor: cursorOf({ mayForget }), progress, error: null, nowMs },
  })
  return isSaved && next !== undefined ? { next: 'page' } : nothing
}

async function stop({ run, place, database, nowMs }: Walk, trouble: WalkTrouble): Promise<Stride> {
  if (trouble.kind === 'overloaded' || trouble.kind === 'silent') {
    // It says why it stands still, and that it is not lost.
    const seconds = trouble.retryAfterSeconds
    const cursor = cursorOf({ ...place, dueAt: nowMs + seconds * 1000 })
    const isSaved = await saveRun(database, run, { cursor, error: 'clerk-unavailable', nowMs })
    return isSaved ? { next: 'pause', seconds } : nothing
  }
  await endRun(database, run.id, { state: 'failed', error: wordFor(trouble), nowMs })
  return nothing
}

function wordFor(trouble: WalkTrouble): string {
  if (trouble.kind === 'odd') return 'too-many-missing'
  const isKey = trouble.kind === 'refused' && trouble.status === 401
  return isKey ? 'clerk-key-refused' : 'clerk-refused'
}
