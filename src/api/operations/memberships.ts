import { z } from 'zod'
import { ok } from '../../model/result.ts'
import { listMemberships, type MembershipRow } from '../../store/organizations.ts'
import { operation } from '../operation.ts'
import { pageFields, pageOf, readCursor, toPage } from '../page.ts'
import { afterOf, mirroredStatus } from './organizations.ts'

/** A membership as it is shown. `role` and `permissions` are Clerk's. */
export const membershipShape = z.strictObject({
  id: z.string(),
  user_id: z.string(),
  organization_id: z.string(),
  role: z.string(),
  permissions: z.array(z.string()),
  status: mirroredStatus,
  created_at: z.number(),
  updated_at: z.number(),
  told_at: z.number(),
})

/** See {@link membershipShape}. */
export function membershipView(row: MembershipRow): z.infer<typeof membershipShape> {
  const { id, role, permissions, status } = row
  return {
    ...{ id, role, permissions: [...permissions], status },
    user_id: row.userId,
    organization_id: row.organizationId,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    told_at: row.toldAt,
  }
}

/** Who belongs to which organisation. */
export const membershipsOperations = [
  operation({
    id: 'memberships.list',
    method: 'GET',
    path: '/api/memberships',
    permission: 'usher.memberships.read',
    summary: 'Memberships, of one person or of one organisation, those made last first.',
    shapes: {
      query: z.strictObject({
        ...pageFields,
        user_id: z.string().min(1).max(128).optional(),
        organization_id: z.string().min(1).max(128).optional(),
        status: mirroredStatus.optional(),
      }),
      output: pageOf(membershipShape),
    },
    example: { query: { organization_id: 'org_acme', limit: '10' } },
    async handle({ database, query }) {
      const from = readCursor(query.cursor, ['number', 'string'])
      if (!from.ok) return from
      const rows = await listMemberships(database, {
        userId: query.user_id,
        organizationId: query.organization_id,
        status: query.status,
        after: afterOf(from.value),
        count: query.limit + 1,
      })
      const keysOf = ({ createdAt, id }: MembershipRow) => [createdAt, id]
      return ok({ body: toPage(rows, query.limit, { view: membershipView, keysOf }) })
    },
  }),
]
