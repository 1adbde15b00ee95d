import { and, desc, eq, lt, or, sql } from 'drizzle-orm'
import { changeAudited, type Deed } from './audit.ts'
import { type Database, runTogether } from './database.ts'
import { keptMs } from './keeping.ts'
import { syncRuns, syncWatermarks } from './schema.ts'

/** A walk through what Clerk has. */
export type SyncRun = typeof syncRuns.$inferSelect

/** What of one kind was looked at, of how many, and what of it was new or other than here. */
export type StageProgress = SyncRun['progress'][string]

/** How long a run may be silent until whatever walked is taken for lost. */
export const silentMaxMs = 10 * 60_000

/** A run that is about to begin. */
export interface RunDraft {
  readonly id: string
  readonly kind: SyncRun['kind']
  readonly by: string
  readonly nowMs: number
  /** Where it begins, as whoever walks writes it. */
  readonly cursor?: string
  /** For the audit; a run without has nobody who began it. */
  readonly begun?: Pick<Deed, 'after' | 'requestId' | 'address'>
}

/** Begins a run, unless one of its kind is under way: then `false`. Throws when the database does. */
export async function beginRun(database: Database, draft: RunDraft): Promise<boolean> {
  const { id, kind, by, nowMs, cursor = '', begun } = draft
  const statement = sql`
    INSERT INTO sync_runs (id, kind, state, stage, cursor, started_by, started_at, updated_at)
    SELECT ${id}, ${kind}, 'running', 'users', ${cursor}, ${by}, ${nowMs}, ${nowMs}
    WHERE NOT EXISTS (SELECT 1 FROM sync_runs WHERE kind = ${kind} AND state = 'running')`
  await runTogether(database, [
    sql`DELETE FROM sync_runs WHERE state <> 'running' AND started_at < ${nowMs - keptMs}`,
  ])
  if (begun === undefined) return ((await runTogether(database, [statement]))[0] ?? 0) > 0
  const about = { at: nowMs, actor: by, action: 'sync.started', subject: id, before: null }
  return changeAudited(database, { statement, deed: { ...about, ...begun } })
}

/** The run of this id. */
export async function findRun(database: Database, id: string): Promise<SyncRun | undefined> {
  return database.select().from(syncRuns).where(eq(syncRuns.id, id)).get()
}

/** The last run of this kind. */
export async function lastRun(
  database: Database,
  kind: SyncRun['kind'],
): Promise<SyncRun | undefined> {
  return database
    .select()
    .from(syncRuns)
    .where(eq(syncRuns.kind, kind))
    .orderBy(desc(syncRuns.startedAt), desc(syncRuns.id))
    .limit(1)
    .get()
}

/** Which runs. */
export interface RunQuery {
  readonly kind: SyncRun['kind'] | undefined
  /** Where the page before ended. */
  readonly before: readonly [startedAt: number, id: string] | undefined
  readonly count: number
}

/** Runs, the latest first. */
export async function listRuns(
  database: Database,
  { kind, before, count }: RunQuery,
): Promise<readonly SyncRun[]> {
  const isOlder =
    before &&
    or(
      lt(syncRuns.startedAt, before[0]),
      and(eq(syncRuns.startedAt, before[0]), lt(syncRuns.id, before[1])),
    )
  return database
    .select()
    .from(syncRuns)
    .where(and(isOlder, kind && eq(syncRuns.kind, kind)))
    .orderBy(desc(syncRuns.startedAt), desc(syncRuns.id))
    .limit(count)
    .all()
}

/** What may become of a run. */
export type RunChange = Partial<
  Pick<SyncRun, 'state' | 'stage' | 'cursor' | 'progress' | 'finishedAt' | 'error'>
>

/**
 * Writes down how far a run is, if it is still where it was when it was read: of two that walk at the same place one
 * is told `false`, and so is whoever walks for a run that is over.
 */
export async function saveRun(
  database: Database,
  was: SyncRun,
  { nowMs, ...change }: RunChange & { readonly nowMs: number },
): Promise<boolean> {
  const saved = await database
    .update(syncRuns)
    .set({ ...change, updatedAt: nowMs })
    .where(
      and(
        eq(syncRuns.id, was.id),
        eq(syncRuns.state, 'running'),
        eq(syncRuns.stage, was.stage),
        eq(syncRuns.cursor, was.cursor),
      ),
    )
    .returning({ id: syncRuns.id })
  return saved.length > 0
}

/** Ends a run wherever it is. `false` where it was over already. */
export async function endRun(
  database: Database,
  id: string,
  end: Pick<RunChange, 'error'> & { readonly state: SyncRun['state']; readonly nowMs: number },
): Promise<boolean> {
  const { state, error = null, nowMs } = end
  const ended = await database
    .update(syncRuns)
    .set({ state, error, updatedAt: nowMs, finishedAt: nowMs })
    .where(and(eq(syncRuns.id, id), eq(syncRuns.state, 'running')))
    .returning({ id: syncRuns.id })
  return ended.length > 0
}

/** Ends a run because somebody wants it so, and says so in the audit. `false` where it was over already. */
export async function cancelRun(
  database: Database,
  { id, state, stage }: SyncRun,
  deed: Pick<Deed, 'at' | 'actor' | 'requestId' | 'address'>,
): Promise<boolean> {
  const statement = sql`
    UPDATE sync_runs SET state = 'cancelled', error = NULL, updated_at = ${deed.at}, finished_at = ${deed.at}
    WHERE id = ${id} AND state = 'running'`
  const about = { action: 'sync.cancelled', subject: id }
  const states = { before: { state, stage }, after: { state: 'cancelled' } }
  return changeAudited(database, { statement, deed: { ...deed, ...about, ...states } })
}

/** Takes up a run that has been silent. Of several who want to, one is told `true`. */
export async function claimSilent(
  database: Database,
  { id, updatedAt }: SyncRun,
  nowMs: number,
): Promise<boolean> {
  const claimed = await database
    .update(syncRuns)
    .set({ updatedAt: nowMs })
    .where(
      and(eq(syncRuns.id, id), eq(syncRuns.state, 'running'), eq(syncRuns.updatedAt, updatedAt)),
    )
    .returning({ id: syncRuns.id })
  return claimed.length > 0
}

/** Makes runs silent whose walkers are known to be gone, so that they are taken up at once. */
export async function orphanRuns(database: Database): Promise<void> {
  await database.update(syncRuns).set({ updatedAt: 0 }).where(eq(syncRuns.state, 'running'))
}

/** Up to when each list was looked at; what is wholly looked at from time to time has a second entry. */
export type Watermarks = ReadonlyMap<string, number>

/** See {@link Watermarks}. */
export async function readWatermarks(database: Database): Promise<Watermarks> {
  const rows = await database.select().from(syncWatermarks).all()
  return new Map(rows.map(({ stage, at }) => [stage, at]))
}

/** Moves watermarks up; none ever goes down. */
export async function raiseWatermarks(
  database: Database,
  names: readonly string[],
  at: number,
): Promise<void> {
  await runTogether(
    database,
    names.map(
      (name) => sql`
        INSERT INTO sync_watermarks (stage, at) VALUES (${name}, ${at})
        ON CONFLICT (stage) DO UPDATE SET at = max(at, excluded.at)`,
    ),
  )
}
