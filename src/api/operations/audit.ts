import { z } from 'zod'
import { ok } from '../../model/result.ts'
import { listAudit } from '../../store/audit.ts'
import { operation } from '../operation.ts'
import { pageFields, pageOf, readCursor, toPage } from '../page.ts'

const word = z.string().min(1).max(128).optional()

const auditRow = z.strictObject({
  id: z.number(),
  at: z.number(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  request_id: z.string().nullable(),
  address: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  hash: z.string(),
})

type Row = Awaited<ReturnType<typeof listAudit>>[number]

/** What was done, and by whom. */
export const auditOperations = [
  operation({
    id: 'audit.list',
    method: 'GET',
    path: '/api/audit',
    permission: 'usher.audit.read',
    summary: 'What was done to people, roles and subscriptions, the latest first.',
    shapes: {
      query: z.strictObject({ ...pageFields, actor: word, action: word, subject: word }),
      output: pageOf(auditRow),
    },
    example: { query: { limit: '10' } },
    async handle({ database, query: { cursor, limit, ...wanted } }) {
      const from = readCursor(cursor, ['number'])
      if (!from.ok) return from
      const before = from.value?.[0]
      const rows = await listAudit(database, {
        before: typeof before === 'number' ? before : undefined,
        ...{ actor: wanted.actor, action: wanted.action, subject: wanted.subject },
        count: limit + 1,
      })
      return ok({ body: toPage(rows, limit, { view: viewOf, keysOf: ({ id }) => [id] }) })
    },
  }),
]

function viewOf(row: Row) {
  const { id, at, actor, action, subject, requestId, address, before, after, hash } = row
  return {
    ...{ id, at, actor, action, subject, request_id: requestId, address, hash },
    before: before === null ? null : JSON.parse(before),
    after: after === null ? null : JSON.parse(after),
  }
}
