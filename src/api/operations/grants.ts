import { z } from 'zod'
import { refuse } from '../../model/refusal.ts'
import { ok } from '../../model/result.ts'
import {
  findGrant,
  type GrantPlace,
  type GrantRow,
  grantRole,
  listGrants,
  revokeRole,
} from '../../store/grants.ts'
import { findRole } from '../../store/roles.ts'
import { type Operator, operation } from '../operation.ts'
import { type Cursor, pageFields, pageOf, readCursor, toPage } from '../page.ts'
import { organizationId, roleName, userId } from '../record-names.ts'
import { holdsRole, mayGrantTo } from '../role-holding.ts'

const grant = z.strictObject({
  user_id: z.string(),
  role: z.string(),
  organization_id: z.string().nullable(),
  granted_by: z.string(),
  granted_at: z.number(),
})

const filters = {
  user_id: userId.optional(),
  role: roleName.optional(),
  /** Empty: those that hold everywhere. */
  organization_id: z.union([organizationId, z.literal('')]).optional(),
}

/** Who holds which of Usher's own roles, everywhere or in one organisation. */
export const grantOperations = [
  operation({
    id: 'grants.list',
    method: 'GET',
    path: '/api/grants',
    permission: 'usher.grants.read',
    summary: 'Who holds which role, by user, by role or by organisation.',
    shapes: { query: z.strictObject({ ...pageFields, ...filters }), output: pageOf(grant) },
    example: { query: { user_id: 'user_ada', organization_id: '' } },
    async handle({ database, query }) {
      const from = readCursor(query.cursor, ['string', 'string', 'string'])
      if (!from.ok) return from
      const rows = await listGrants(database, {
        userId: query.user_id,
        role: query.role,
        organizationId: query.organization_id,
        after: placeOf(from.value),
        count: query.limit + 1,
      })
      return ok({ body: toPage(rows, query.limit, { view: viewOf, keysOf }) })
    },
  }),

  operation({
    id: 'grants.create',
    method: 'POST',
    path: '/api/grants',
    permission: 'usher.grants.write',
    summary: 'Gives someone a role; 200 where they had it already.',
    shapes: {
      body: z.strictObject({
        user_id: userId,
        role: roleName,
        organization_id: organizationId.nullable().default(null),
      }),
      output: grant,
    },
    example: { body: { user_id: 'user_grace', role: 'user' } },
    async handle({ database, body, operator, nowMs, world }) {
      const role = await findRole(database, body.role)
      if (role === undefined) return refuse('record-unknown')
      const isAllowed = holdsRole(operator, role) && mayGrantTo(operator, body.user_id)
      if (!isAllowed) return refuse('permission-missing')
      const place = {
        ...{ userId: body.user_id, role: body.role },
        organizationId: body.organization_id ?? '',
      }
      const { permissions } = role
      const outcome = await grantRole(database, { ...deed(place, operator, nowMs), permissions })
      if (outcome === 'role-changed') return refuse('precondition-failed')
      const kept = await findGrant(database, place)
      if (kept === undefined) return refuse('record-unknown')
      world.forget(place.userId)
      return ok({ status: outcome === 'granted' ? 201 : 200, body: viewOf(kept) })
    },
  }),

  operation({
    id: 'grants.delete',
    method: 'DELETE',
    path: '/api/grants/:user_id/:role',
    permission: 'usher.grants.write',
    summary: 'Takes a role from someone; the last administrator stays one.',
    shapes: {
      params: z.strictObject({ user_id: userId, role: roleName }),
      query: z.strictObject({ organization_id: organizationId.optional() }),
    },
    example: { params: { user_id: 'user_grace', role: 'user' } },
    async handle({ database, params, query, operator, nowMs, world }) {
      const place = {
        ...{ userId: params.user_id, role: params.role },
        organizationId: query.organization_id ?? '',
      }
      const { role: name } = params
      // Whoever takes a role that is no more takes nothing.
      const role = (await findRole(database, name)) ?? { name, permissions: [] }
      const isAllowed = holdsRole(operator, role) && mayGrantTo(operator, params.user_id)
      if (!isAllowed) return refuse('permission-missing')
      const outcome = await revokeRole(database, deed(place, operator, nowMs))
      if (outcome === 'last-administrator') return refuse('last-administrator')
      if (outcome === 'not-granted') return refuse('record-unknown')
      world.forget(place.userId)
      return ok({})
    },
  }),
]

function deed(place: GrantPlace, { userId: by, asked }: Operator, nowMs: number) {
  return { ...place, by, asked, nowMs }
}

function placeOf(cursor: Cursor | undefined): [string, string, string] | undefined {
  if (cursor === undefined) return undefined
  const [user, role, organization] = cursor.map(String)
  return [user ?? '', role ?? '', organization ?? '']
}

function keysOf({ userId, role, organizationId }: GrantRow): Cursor {
  return [userId, role, organizationId]
}

function viewOf({ userId, role, organizationId, grantedBy, grantedAt }: GrantRow) {
  return {
    user_id: userId,
    role,
    organization_id: organizationId || null,
    granted_by: grantedBy,
    granted_at: grantedAt,
  }
}
