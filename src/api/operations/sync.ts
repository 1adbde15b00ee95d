import { z } from 'zod'
import { type Refusal, refuse } from '../../model/refusal.ts'
import { ok, type Result } from '../../model/result.ts'
import { cancelRun, findRun, listRuns, type SyncRun } from '../../store/sync-runs.ts'
import { startBackfill } from '../../tasks/backfill.ts'
import { operation, type Reply } from '../operation.ts'
import { pageFields, pageOf, readCursor, toPage } from '../page.ts'

const kinds = ['backfill', 'reconcile'] as const

const runRow = z.strictObject({
  id: z.string(),
  kind: z.enum(kinds),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  stage: z.enum(['users', 'organizations', 'memberships']),
  progress: z.record(
    z.string(),
    z.strictObject({ seen: z.number(), total: z.number().nullable(), changed: z.number() }),
  ),
  started_by: z.string(),
  started_at: z.number(),
  updated_at: z.number(),
  finished_at: z.number().nullable(),
  error: z.string().nullable(),
})

const one = { params: z.strictObject({ id: z.string().min(1).max(128) }), output: runRow }

/** Walks through what Clerk has. */
export const syncOperations = [
  operation({
    id: 'sync.list',
    method: 'GET',
    path: '/api/sync',
    permission: 'usher.sync.read',
    summary: 'Walks through what Clerk has, the latest first.',
    shapes: {
      query: z.strictObject({ ...pageFields, kind: z.enum(kinds).optional() }),
      output: pageOf(runRow),
    },
    example: { query: { kind: 'backfill' } },
    async handle({ database, query: { cursor, limit, kind } }) {
      const from = readCursor(cursor, ['number', 'string'])
      if (!from.ok) return from
      const [startedAt, id] = from.value ?? []
      const before =
        typeof startedAt === 'number' && typeof id === 'string'
          ? ([startedAt, id] as const)
          : undefined
      const rows = await listRuns(database, { kind, before, count: limit + 1 })
      return ok({ body: toPage(rows, limit, { view: viewOf, keysOf }) })
    },
  }),
  operation({
    id: 'sync.start',
    method: 'POST',
    path: '/api/sync',
    permission: 'usher.sync.write',
    summary: 'Walks through all users, organisations and memberships that Clerk has.',
    needs: 'SYNC',
    shapes: {
      body: z.strictObject({
        kind: z.literal('backfill'),
        // Otherwise a run fails that would take leave of most who are known, or of every administrator.
        may_forget: z.literal('any').optional(),
      }),
      output: runRow,
    },
    example: { body: { kind: 'backfill' } },
    async handle({ operator, world, database, nowMs, body }) {
      const beginner = { ...operator.asked, by: operator.userId, mayForget: body.may_forget }
      const begun = await startBackfill(beginner, { world, database, nowMs })
      return begun.ok ? shown(begun.value, 202) : begun
    },
  }),
  operation({
    id: 'sync.get',
    method: 'GET',
    path: '/api/sync/:id',
    permission: 'usher.sync.read',
    summary: 'One walk, and how far it is.',
    shapes: one,
    example: { params: { id: 'sync_seed' } },
    async handle({ database, params: { id } }) {
      return shown(await findRun(database, id))
    },
  }),
  operation({
    id: 'sync.cancel',
    method: 'POST',
    path: '/api/sync/:id/cancel',
    permission: 'usher.sync.write',
    summary: 'Ends a walk where it is. What was looked at stays; one that is over stays as it is.',
    shapes: one,
    example: { params: { id: 'sync_seed' } },
    async handle({ operator: { userId: actor, asked }, database, nowMs, params: { id } }) {
      const run = await findRun(database, id)
      if (run === undefined) return refuse('record-unknown')
      await cancelRun(database, run, { at: nowMs, actor, ...asked })
      return shown(await findRun(database, id))
    },
  }),
]

function shown(
  run: SyncRun | undefined,
  status: 200 | 202 = 200,
): Result<Reply<z.infer<typeof runRow>>, Refusal> {
  return run === undefined ? refuse('record-unknown') : ok({ status, body: viewOf(run) })
}

function keysOf({ startedAt, id }: SyncRun) {
  return [startedAt, id] as const
}

function viewOf(run: SyncRun): z.infer<typeof runRow> {
  const { id, kind, state, stage, progress, error } = run
  return {
    ...{ id, kind, state, stage, progress: { ...progress }, error },
    started_by: run.startedBy,
    started_at: run.startedAt,
    updated_at: run.updatedAt,
    finished_at: run.finishedAt,
  }
}
