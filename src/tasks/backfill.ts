import { type Refusal, refuse } from '../model/refusal.ts'
import { ok, type Result } from '../model/result.ts'
import type { Database } from '../store/database.ts'
import {
  beginRun,
  claimSilent,
  endRun,
  findRun,
  lastRun,
  type SyncRun,
  silentMaxMs,
} from '../store/sync-runs.ts'
import type { TaskCapabilities } from './capabilities.ts'
import { cursorOf, type Place, readPlace } from './stride.ts'

/** A run that is lost again and again is given up a day after it began. */
const takenUpMaxMs = 24 * 60 * 60_000
/** When it is worth asking again for what a key is missing for. */
const retryAfterSeconds = 60

/** What a run is begun or taken up with. */
export interface Beginning {
  readonly world: TaskCapabilities
  readonly database: Database
  readonly nowMs: number
}

/** Who begins a run, and from where. */
export interface Beginner {
  readonly by: string
  readonly requestId?: string | undefined
  readonly address?: string | undefined
  readonly mayForget?: Place['mayForget']
}

/** An id that no run has had, and that the platform takes for a Workflow. */
export function newRunId(): string {
  return `sync_${crypto.randomUUID().replaceAll('-', '')}`
}

/** Whether whatever walked for a run is lost. */
export function isSilent(run: SyncRun, nowMs: number): boolean {
  // One that waits for Clerk is silent meanwhile.
  const heardAt = Math.max(run.updatedAt, readPlace(run).dueAt ?? 0)
  return run.state === 'running' && nowMs - heardAt > silentMaxMs
}

/** Begins to walk through all that Clerk has, or takes up the walk that was lost; one is under way at a time. */
export async function startBackfill(
  { by, mayForget, ...asked }: Beginner,
  { world, database, nowMs }: Beginning,
): Promise<Result<SyncRun | undefined, Refusal>> {
  const { startSync } = world
  if (startSync === undefined) return refuse('binding-missing', { binding: 'SYNC' })
  if (world.clerk === undefined) return refuse('clerk-unavailable', { retryAfterSeconds })
  const id = newRunId()
  const begun = { after: { kind: 'backfill', may_forget: mayForget ?? null }, ...asked }
  const cursor = cursorOf({ mayForget })
  if (await beginRun(database, { id, kind: 'backfill', by, nowMs, cursor, begun })) {
    try {
      await startSync(id, 1)
    } catch (error) {
      await endRun(database, id, { state: 'failed', error: 'workflow-unavailable', nowMs })
      throw error
    }
    return ok(await findRun(database, id))
  }
  const last = await lastRun(database, 'backfill')
  const isLost = last !== undefined && isSilent(last, nowMs)
  if (!isLost || !(await takeUp(last, { world, database, nowMs }))) return refuse('run-under-way')
  return ok(last)
}

/** Goes on with a run whose walker is lost, where it stood. `false` where somebody else does, or it is given up. */
export async function takeUp(
  run: SyncRun,
  { world, database, nowMs }: Beginning,
): Promise<boolean> {
  const { startSync } = world
  if (!(await claimSilent(database, run, nowMs))) return false
  const isGivenUp = nowMs - run.startedAt > takenUpMaxMs
  if (isGivenUp || startSync === undefined) {
    const error = isGivenUp ? 'lost' : 'workflow-unavailable'
    await endRun(database, run.id, { state: 'failed', error, nowMs })
    return false
  }
  // No leg has had this number: they are counted from one.
  await startSync(run.id, nowMs)
  return true
}
