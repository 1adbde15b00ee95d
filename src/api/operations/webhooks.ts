import { z } from 'zod'
import { handOn } from '../../events/intake.ts'
import { refuse } from '../../model/refusal.ts'
import { ok } from '../../model/result.ts'
import { findWebhook, type ListedWebhook, listWebhooks, reopenWebhook } from '../../store/inbox.ts'
import { inboxStates } from '../../store/schema.ts'
import { operation } from '../operation.ts'
import { pageFields, pageOf, readCursor, toPage } from '../page.ts'

const webhookFields = {
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  state: z.enum(inboxStates),
  received_at: z.number(),
  queued_at: z.number().nullable(),
  applied_at: z.number().nullable(),
  attempts: z.number(),
  error: z.string().nullable(),
}

const byId = z.strictObject({ id: z.string().max(256) })
const example = { params: { id: 'msg_seed' } }

/** What Clerk told, and what became of it. */
export const webhookOperations = [
  operation({
    id: 'webhooks.list',
    method: 'GET',
    path: '/api/webhooks',
    permission: 'usher.webhooks.read',
    summary: "Clerk's webhooks and what became of them, the latest first.",
    shapes: {
      query: z.strictObject({
        ...pageFields,
        state: z.enum(inboxStates).optional(),
        type: z.string().max(128).optional(),
        subject: z.string().max(256).optional(),
      }),
      output: pageOf(z.strictObject(webhookFields)),
    },
    example: { query: { state: 'dead' } },
    async handle({ database, query: { cursor, limit, state, type, subject } }) {
      const from = readCursor(cursor, ['number', 'string'])
      if (!from.ok) return from
      const wanted = { after: from.value, state, type, subject, count: limit + 1 }
      const rows = await listWebhooks(database, wanted)
      const keysOf = ({ receivedAt, id }: ListedWebhook) => [receivedAt, id]
      return ok({ body: toPage(rows, limit, { view: viewOf, keysOf }) })
    },
  }),

  operation({
    id: 'webhooks.get',
    method: 'GET',
    path: '/api/webhooks/:id',
    permission: 'usher.webhooks.read',
    summary:
      'One webhook and what it says, without codes, links that let somebody in and metadata.',
    shapes: { params: byId, output: z.strictObject({ ...webhookFields, body: z.unknown() }) },
    example,
    async handle({ database, params: { id } }) {
      const row = await findWebhook(database, id)
      if (row === undefined) return refuse('record-unknown')
      return ok({ body: { ...viewOf(row), body: JSON.parse(row.body) } })
    },
  }),

  operation({
    id: 'webhooks.replay',
    method: 'POST',
    path: '/api/webhooks/:id/replay',
    permission: 'usher.webhooks.write',
    summary: 'Applies a webhook again, whatever became of it. What is newer stays as it is.',
    shapes: { params: byId },
    example,
    async handle({ database, params: { id }, operator, nowMs, world }) {
      const { userId: by, asked } = operator
      const isThere = await reopenWebhook(database, { id, by, asked, nowMs })
      if (!isThere) return refuse('record-unknown')
      const handed = await handOn(id, world)
      return handed.ok ? ok({ status: 202 }) : handed
    },
  }),
]

function viewOf(row: ListedWebhook) {
  const { id, type, subject, state, receivedAt, queuedAt, appliedAt, attempts, error } = row
  return {
    ...{ id, type, subject, state, attempts, error },
    received_at: receivedAt,
    queued_at: queuedAt,
    applied_at: appliedAt,
  }
}
