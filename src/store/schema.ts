/**
 * Store: all that knows D1 and KV: the tables, and a file of plain functions for each thing that is kept.
 * It never knows HTTP, a route or a policy, and nothing of it is evaluated before it is first needed.
 * The fuse box makes capabilities of it for the gateway and the API; commands call it in Node.
 */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Whether a person may use what is behind Usher. `locked` is for Clerk's sign-in and refuses nothing here. */
export const userStatuses = ['active', 'banned', 'locked', 'deleted'] as const

/** People, as Clerk knows them. A row is never removed: who is deleted stays as a tombstone. */
export const users = sqliteTable(
  'users',
  {
    /** Clerk's id, `user_…`. */
    id: text('id').primaryKey(),
    /** A small number of our own, for origins whose users are numbered. Never used twice. */
    number: integer('number').notNull().unique(),
    /** The primary address, from Clerk's Backend API or a webhook; in lower case. */
    email: text('email'),
    emailVerified: integer('email_verified', { mode: 'boolean' }).notNull().default(false),
    firstName: text('first_name'),
    lastName: text('last_name'),
    username: text('username'),
    imageUrl: text('image_url'),
    status: text('status', { enum: userStatuses }).notNull().default('active'),
    /** Milliseconds since the epoch, here and in every column that ends in `_at`. */
    createdAt: integer('created_at').notNull(),
    /** Written at most once an hour. */
    lastSeenAt: integer('last_seen_at'),
  },
  (table) => [index('users_by_email').on(table.email)],
)

/** Usher's own roles. What they permit is a JSON list of names. */
export const roles = sqliteTable('roles', {
  name: text('name').primaryKey(),
  description: text('description').notNull().default(''),
  permissions: text('permissions', { mode: 'json' })
    .$type<readonly string[]>()
    .notNull()
    .default(sql`'[]'`),
})

/** Who holds which role, everywhere or in one organisation. Users may be granted before they are seen. */
export const roleGrants = sqliteTable(
  'role_grants',
  {
    userId: text('user_id').notNull(),
    role: text('role').notNull(),
    /** Clerk's id, `org_…`; empty for a grant that holds everywhere. */
    organizationId: text('organization_id').notNull().default(''),
    grantedBy: text('granted_by').notNull(),
    grantedAt: integer('granted_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.role, table.organizationId] })],
)

/** Sessions that ended before their tokens did. */
export const endedSessions = sqliteTable(
  'ended_sessions',
  {
    sessionId: text('session_id').primaryKey(),
    userId: text('user_id').notNull(),
    endedAt: integer('ended_at').notNull(),
  },
  (table) => [index('ended_sessions_by_user').on(table.userId, table.endedAt)],
)

/**
 * What was done to people and roles, and by whom: rows are only ever added. Each names the hash of the one
 * before it, and no two name the same, so the rows are one chain. The chain covers digests: `before` and
 * `after` can be erased (set to null) without breaking it.
 */
export const audit = sqliteTable('audit', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  at: integer('at').notNull(),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  subject: text('subject').notNull(),
  before: text('before'),
  after: text('after'),
  beforeDigest: text('before_digest').notNull(),
  afterDigest: text('after_digest').notNull(),
  previousHash: text('previous_hash').notNull().unique(),
  hash: text('hash').notNull(),
})

/** How many requests of a minute took a route and ended alike. Rows are kept for thirty days. */
export const statistics = sqliteTable(
  'statistics',
  {
    /** Minutes since the epoch. */
    minute: integer('minute').notNull(),
    /** The template of the route, `usher /me` for a surface of Usher's own, `-` for none. */
    route: text('route').notNull(),
    /** `passed`, `answered`, or the code of the refusal. */
    outcome: text('outcome').notNull(),
    requests: integer('requests').notNull(),
    /** Summed over the requests, here and below. */
    durationMs: integer('duration_ms').notNull(),
    originMs: integer('origin_ms').notNull(),
    /** By `Content-Length`: what was sent without one is not counted. */
    bytesIn: integer('bytes_in').notNull(),
    bytesOut: integer('bytes_out').notNull(),
  },
  (table) => [primaryKey({ columns: [table.minute, table.route, table.outcome] })],
)
