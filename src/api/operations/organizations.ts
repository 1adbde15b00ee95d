import { z } from 'zod'
import { refuse } from '../../model/refusal.ts'
import { ok } from '../../model/result.ts'
import {
  type After,
  findOrganization,
  listOrganizations,
  type OrganizationRow,
} from '../../store/organizations.ts'
import { operation } from '../operation.ts'
import { type Cursor, pageFields, pageOf, readCursor, toPage } from '../page.ts'
import { etagOf } from '../record-state.ts'

/** Whether a mirrored thing is still there. */
export const mirroredStatus = z.enum(['active', 'deleted'])

const organizationShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  slug: z.string().nullable(),
  image_url: z.string().nullable(),
  status: mirroredStatus,
  created_at: z.number(),
  updated_at: z.number(),
  told_at: z.number(),
})

/** Organisations, as Clerk tells of them. */
export const organizationsOperations = [
  operation({
    id: 'organizations.list',
    method: 'GET',
    path: '/api/organizations',
    permission: 'usher.organizations.read',
    summary: 'Organisations, by a part of a name, a slug or an id, those made last first.',
    shapes: {
      query: z.strictObject({
        ...pageFields,
        q: z.string().min(1).max(128).optional(),
        status: mirroredStatus.optional(),
      }),
      output: pageOf(organizationShape),
    },
    example: { query: { q: 'acme', limit: '10' } },
    async handle({ database, query: { cursor, limit, q, status } }) {
      const from = readCursor(cursor, ['number', 'string'])
      if (!from.ok) return from
      const after = afterOf(from.value)
      const rows = await listOrganizations(database, { part: q, status, after, count: limit + 1 })
      const keysOf = ({ createdAt, id }: OrganizationRow) => [createdAt, id]
      return ok({ body: toPage(rows, limit, { view: viewOf, keysOf }) })
    },
  }),
  operation({
    id: 'organizations.get',
    method: 'GET',
    path: '/api/organizations/:id',
    permission: 'usher.organizations.read',
    summary: 'An organisation, and how many belong to it.',
    shapes: {
      params: z.strictObject({ id: z.string().regex(/^org_\w{1,120}$/) }),
      output: z.strictObject({ ...organizationShape.shape, members: z.number() }),
    },
    example: { params: { id: 'org_acme' } },
    async handle({ database, params: { id } }) {
      const found = await findOrganization(database, id)
      if (found === undefined) return refuse('record-unknown')
      const body = { ...viewOf(found.row), members: found.members }
      return ok({ body, etag: await etagOf(body) })
    },
  }),
]

/** Where a list goes on that is in the order in which its things were made. */
export function afterOf(cursor: Cursor | undefined): After | undefined {
  if (cursor === undefined) return undefined
  const [createdAt, id] = cursor
  return [Number(createdAt), String(id)]
}

function viewOf(row: OrganizationRow): z.infer<typeof organizationShape> {
  const { id, name, slug, status } = row
  return {
    ...{ id, name, slug, status },
    image_url: row.imageUrl,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    told_at: row.toldAt,
  }
}
