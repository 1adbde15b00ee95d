import { z } from 'zod'
import { listSessions } from '../../clerk/deeds.ts'
import { type Refusal, refuse } from '../../model/refusal.ts'
import { ok, type Result } from '../../model/result.ts'
import { findUser } from '../../store/people.ts'
import { operation } from '../operation.ts'
import { pageFields, pageOf, readCursor, toPage } from '../page.ts'
import { type Doing, mayEndSession, mayEndSessions, revokeAll } from '../people-deeds.ts'
import { userId } from './users.ts'

/** How many sessions of a person end by one call: each is a call of Clerk's. */
const revokedMax = 40

/** Clerk takes offsets up to there, or nobody gets that far. */
const offsetMax = 10_000

const sessionShape = z.strictObject({
  id: z.string(),
  user_id: z.string().nullable(),
  /** Clerk's own word: `active`, `revoked`, `ended` … */
  status: z.string(),
  created_at: z.number().nullable(),
  updated_at: z.number().nullable(),
  last_active_at: z.number().nullable(),
  expire_at: z.number().nullable(),
  organization_id: z.string().nullable(),
  /** Who is really acting, when it is impersonated. */
  actor: z.string().nullable(),
  device: z.string().nullable(),
  browser: z.string().nullable(),
  ip_address: z.string().nullable(),
  city: z.string().nullable(),
  country: z.string().nullable(),
})

type ClerkSession = Readonly<Record<string, unknown>>

/** Sessions, which Clerk alone knows, and how they are ended. */
export const sessionsOperations = [
  operation({
    id: 'users.sessions',
    method: 'GET',
    path: '/api/users/:id/sessions',
    permission: 'usher.sessions.read',
    summary: "A person's sessions, as Clerk has them at this moment, the newest first.",
    shapes: {
      params: z.strictObject({ id: userId }),
      query: z.strictObject({ ...pageFields, status: z.enum(['active']).optional() }),
      output: pageOf(sessionShape),
    },
    example: { params: { id: 'user_linus' }, query: { limit: '10' } },
    async handle({ params: { id }, query: { cursor, limit, status }, world: { clerk } }) {
      const from = readOffset(cursor)
      if (!from.ok) return from
      const offset = from.value
      const found = await listSessions({ userId: id, status, offset, limit: limit + 1 }, clerk)
      if (!found.ok) return found
      const keysOf = () => [offset + limit]
      return ok({ body: toPage(found.value, limit, { view: viewOf, keysOf }) })
    },
  }),
  operation({
    id: 'users.sign-out',
    method: 'POST',
    path: '/api/users/:id/sign-out',
    permission: 'usher.sessions.write',
    summary: 'Ends the sessions of a person, at Clerk and here, up to forty at a time.',
    shapes: {
      params: z.strictObject({ id: userId }),
      output: z.strictObject({ revoked: z.number(), has_more: z.boolean() }),
    },
    example: { params: { id: 'user_linus' } },
    handle: (asked) => signOut(asked.params.id, asked),
  }),
  operation({
    id: 'sessions.revoke',
    method: 'POST',
    path: '/api/sessions/:id/revoke',
    permission: 'usher.sessions.write',
    summary: 'Ends one session, at Clerk and here. One that is over stays as it is.',
    shapes: {
      params: z.strictObject({ id: z.string().regex(/^sess_\w{1,120}$/) }),
      output: sessionShape,
    },
    example: { params: { id: 'sess_linus' } },
    async handle(asked) {
      const allowed = await mayEndSession(asked.params.id, asked)
      if (!allowed.ok) return allowed
      const revoked = await revokeAll([asked.params.id], asked)
      if (!revoked.ok) return revoked
      return ok({ body: viewOf(revoked.value[0]?.data ?? {}) })
    },
  }),
]

async function signOut(
  userId: string,
  doing: Doing,
): Promise<Result<{ body: { revoked: number; has_more: boolean } }, Refusal>> {
  const { world, database } = doing
  const allowed = await mayEndSessions(userId, doing)
  if (!allowed.ok) return allowed
  const query = { userId, offset: 0, limit: revokedMax + 1 } as const
  const active = await listSessions({ ...query, status: 'active' }, world.clerk)
  if (!active.ok) return active
  // Those that wait for a task are none of the active ones; no status that Clerk takes here names them.
  const newest = await listSessions(query, world.clerk)
  if (!newest.ok) return newest
  const pending = newest.value.filter(({ status }) => status === 'pending')
  const ids = [...active.value, ...pending].flatMap(({ id }) => (typeof id === 'string' ? id : []))
  if (ids.length === 0 && (await findUser(database, userId)) === undefined) {
    return refuse('record-unknown')
  }
  const revoked = await revokeAll(ids.slice(0, revokedMax), doing)
  if (!revoked.ok) return revoked
  return ok({ body: { revoked: revoked.value.length, has_more: ids.length > revokedMax } })
}

/** Clerk counts sessions from the newest; a page goes on where the one before ended. */
function readOffset(cursor: string | undefined): Result<number, Refusal> {
  const read = readCursor(cursor, ['number'])
  if (!read.ok) return read
  const offset = Number(read.value?.[0] ?? 0)
  const isOne = Number.isInteger(offset) && offset >= 0 && offset <= offsetMax
  return isOne ? ok(offset) : refuse('query-invalid')
}

/** What Clerk says of a session, looked at member by member: it is no record of ours. */
function viewOf(session: ClerkSession): z.infer<typeof sessionShape> {
  const activity = membersOf(session.latest_activity)
  return {
    id: textOf(session.id) ?? '',
    user_id: textOf(session.user_id),
    status: textOf(session.status) ?? '',
    created_at: numberOf(session.created_at),
    updated_at: numberOf(session.updated_at),
    last_active_at: numberOf(session.last_active_at),
    expire_at: numberOf(session.expire_at),
    organization_id: textOf(session.last_active_organization_id),
    actor: textOf(membersOf(session.actor).sub),
    device: textOf(activity.device_type),
    browser: textOf(activity.browser_name),
    ip_address: textOf(activity.ip_address),
    city: textOf(activity.city),
    country: textOf(activity.country),
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
