import { z } from 'zod'
import { type Refusal, refuse } from '../../model/refusal.ts'
import { ok, type Result } from '../../model/result.ts'
import type { Database } from '../../store/database.ts'
import { findUser, type UserRow } from '../../store/people.ts'
import {
  type Belongings,
  belongingsOf,
  listPeople,
  type PeopleOrder,
  peopleOrders,
  type Standing,
  standingIn,
} from '../../store/people-list.ts'
import { userStatuses } from '../../store/schema.ts'
import { type Asked, operation, type Reply } from '../operation.ts'
import { pageFields, pageOf, readCursor, toPage } from '../page.ts'
import { ban, remove, unban } from '../people-deeds.ts'
import { etagOf, matchState } from '../record-state.ts'
import { membershipShape, membershipView } from './memberships.ts'

/** Clerk's id of a user. */
export const userId = z.string().regex(/^user_\w{1,120}$/)

const params = z.strictObject({ id: userId })

const userShape = z.strictObject({
  id: z.string(),
  number: z.number(),
  email: z.string().nullable(),
  email_verified: z.boolean(),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
  username: z.string().nullable(),
  image_url: z.string().nullable(),
  status: z.enum(userStatuses),
  /** `usher`: Clerk has not said so. */
  status_from: z.enum(['clerk', 'usher']),
  created_at: z.number(),
  last_seen_at: z.number().nullable(),
  /** When it was last changed at Clerk, and when Clerk told of it; 0 before Clerk has told anything. */
  updated_at: z.number(),
  told_at: z.number(),
})

const grantShape = z.strictObject({
  role: z.string(),
  organization_id: z.string().nullable(),
  granted_by: z.string(),
  granted_at: z.number(),
})

const detailShape = z.strictObject({
  ...userShape.shape,
  grants: z.array(grantShape),
  memberships: z.array(membershipShape),
})

const example = { params: { id: 'user_linus' } }
const writing = { permission: 'usher.users.write', example } as const

/** People: as they are kept, and what can be done to them. */
export const usersOperations = [
  operation({
    id: 'users.list',
    method: 'GET',
    path: '/api/users',
    permission: 'usher.users.read',
    summary: 'People, by a part of an address, a name or an id.',
    shapes: {
      query: z.strictObject({
        ...pageFields,
        q: z.string().min(1).max(128).optional(),
        status: z.enum(userStatuses).optional(),
        sort: z.enum(peopleOrders).default('-created_at'),
      }),
      output: pageOf(userShape),
    },
    example: { query: { q: 'a', sort: 'email', limit: '10' } },
    async handle({ database, query: { cursor, limit, q, status, sort } }) {
      const after = readStanding(cursor, sort)
      if (!after.ok) return after
      const rows = await listPeople(database, {
        ...{ part: q, status, order: sort, after: after.value, count: limit + 1 },
      })
      const keysOf = (row: UserRow) => [sort, ...standingIn(sort, row)]
      return ok({ body: toPage(rows, limit, { view: viewOf, keysOf }) })
    },
  }),
  operation({
    id: 'users.get',
    method: 'GET',
    path: '/api/users/:id',
    permission: 'usher.users.read',
    summary: 'A person, with their roles and memberships, and how new all that is.',
    shapes: { params, output: detailShape },
    example,
    handle: ({ database, params: { id } }) => reply(database, id),
  }),
  operation({
    ...writing,
    id: 'users.ban',
    method: 'POST',
    path: '/api/users/:id/ban',
    summary: 'Bans a person at Clerk, where their sessions end, and here.',
    shapes: { params, output: detailShape },
    handle: (asked) => changed(asked, ban),
  }),
  operation({
    ...writing,
    id: 'users.unban',
    method: 'POST',
    path: '/api/users/:id/unban',
    summary: 'Lets a person in again, at Clerk and here.',
    shapes: { params, output: detailShape },
    handle: (asked) => changed(asked, unban),
  }),
  operation({
    ...writing,
    id: 'users.delete',
    method: 'DELETE',
    path: '/api/users/:id',
    summary:
      'Deletes a person at Clerk and here, where their id and number stay, and nothing else of them.',
    shapes: { params },
    async handle(asked) {
      const done = await changed(asked, remove)
      return done.ok ? ok({ status: 204 }) : done
    },
  }),
]

type AskedOfUser = Asked<{ readonly id: string }, unknown, unknown>

/** Does something to a person in the state that the operator means, if they say which, and shows what came of it. */
async function changed(asked: AskedOfUser, deed: typeof ban): Promise<Shown> {
  const { database, params, ifMatch } = asked
  if (ifMatch !== undefined) {
    const before = await reply(database, params.id)
    const match = before.ok ? matchState(ifMatch, before.value.etag ?? '') : before
    if (!match.ok) return match
  }
  const done = await deed(params.id, asked)
  return done.ok ? reply(database, params.id) : done
}

type Shown = Result<Reply<z.infer<typeof detailShape>>, Refusal>

async function reply(database: Database, id: string): Promise<Shown> {
  const row = await findUser(database, id)
  if (row === undefined) return refuse('record-unknown')
  const body = detailOf(row, await belongingsOf(database, id))
  return ok({ body, etag: await etagOf(body) })
}

function detailOf(row: UserRow, { grants, memberships }: Belongings) {
  return {
    ...viewOf(row),
    grants: grants.map((grant) => ({
      role: grant.role,
      organization_id: grant.organizationId || null,
      granted_by: grant.grantedBy,
      granted_at: grant.grantedAt,
    })),
    memberships: memberships.map(membershipView),
  }
}

function viewOf(row: UserRow): z.infer<typeof userShape> {
  const { id, number, email, username, status } = row
  return {
    ...{ id, number, email, username, status },
    email_verified: row.emailVerified,
    first_name: row.firstName,
    last_name: row.lastName,
    image_url: row.imageUrl,
    status_from: row.statusFrom,
    created_at: row.createdAt,
    last_seen_at: row.lastSeenAt,
    updated_at: row.updatedAt,
    told_at: row.toldAt,
  }
}

/** A cursor goes on in the order in which it was given out, and in no other. */
function readStanding(
  cursor: string | undefined,
  sort: PeopleOrder,
): Result<Standing | undefined, Refusal> {
  const kind = sort.endsWith('email') ? 'string' : 'number'
  const read = readCursor(cursor, ['string', kind, 'string'])
  if (!read.ok || read.value === undefined) return read.ok ? ok(undefined) : read
  const [order, key = '', id = ''] = read.value
  return order === sort ? ok([key, String(id)]) : refuse('query-invalid')
}
