/**
 * Store: all that knows D1 and KV: the tables, and a file of plain functions for each thing that is kept.
 * It never knows HTTP, a route or a policy, and nothing of it is evaluated before it is first needed.
 * The fuse box makes capabilities of it for the gateway and the API; commands call it in Node.
 */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { eventTypes } from '../model/event.ts'
import { clerkObjectKinds } from '../model/mirror.ts'

/** Whether a person may use what is behind Usher. `locked` is for Clerk's sign-in and refuses nothing here. */
export const userStatuses = ['active', 'banned', 'locked', 'deleted'] as const

/** What became of a webhook. `dead` is one that could not be applied, however often it was tried. */
export const inboxStates = ['received', 'queued', 'applied', 'dead'] as const

/** What became of an event on its way to one receiver. */
export const deliveryStates = ['pending', 'queued', 'delivered', 'dead'] as const

/** How new the state of a mirrored thing is: later wins. Zero is what Clerk has not told of yet. */
const version = {
  /** When it was changed at Clerk. */
  updatedAt: integer('updated_at').notNull().default(0),
  /** When Clerk told of it; decides between two of the same `updated_at`. */
  toldAt: integer('told_at').notNull().default(0),
}

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
    /** Who said so last. What Usher said alone is not taken back by an update of Clerk's that knows nothing of it. */
    statusFrom: text('status_from', { enum: ['clerk', 'usher'] })
      .notNull()
      .default('clerk'),
    /** Milliseconds since the epoch, here and in every column that ends in `_at`. */
    createdAt: integer('created_at').notNull(),
    ...version,
    /** Written at most once an hour. */
    lastSeenAt: integer('last_seen_at'),
  },
  (table) => [
    index('users_by_email').on(table.email),
    index('users_by_creation').on(table.createdAt, table.id),
    index('users_by_sight').on(table.lastSeenAt, table.id),
  ],
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
  (table) => [
    primaryKey({ columns: [table.userId, table.role, table.organizationId] }),
    index('role_grants_by_role').on(table.role, table.userId),
    index('role_grants_by_organization').on(table.organizationId),
  ],
)

/** Sessions that ended before their tokens did. */
export const endedSessions = sqliteTable(
  'ended_sessions',
  {
    sessionId: text('session_id').primaryKey(),
    userId: text('user_id').notNull(),
    endedAt: integer('ended_at').notNull(),
  },
  (table) => [
    index('ended_sessions_by_user').on(table.userId, table.endedAt),
    index('ended_sessions_by_time').on(table.endedAt),
  ],
)

/** Whether a mirrored thing is still there. Who is deleted stays as a tombstone, which no late update raises. */
const mirroredStatuses = ['active', 'deleted'] as const

/** Organisations, as Clerk knows them. Of one that was only named so far, little is known. */
export const organizations = sqliteTable(
  'organizations',
  {
    /** Clerk's id, `org_…`. */
    id: text('id').primaryKey(),
    name: text('name').notNull().default(''),
    slug: text('slug'),
    imageUrl: text('image_url'),
    status: text('status', { enum: mirroredStatuses }).notNull().default('active'),
    createdAt: integer('created_at').notNull(),
    ...version,
  },
  (table) => [index('organizations_by_slug').on(table.slug)],
)

/** Who belongs to which organisation, and as what. Whoever leaves and comes back gets another row. */
export const memberships = sqliteTable(
  'memberships',
  {
    /** Clerk's id, `orgmem_…`. */
    id: text('id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    userId: text('user_id').notNull(),
    /** Clerk's role, `org:…`: never one of Usher's. */
    role: text('role').notNull(),
    permissions: text('permissions', { mode: 'json' })
      .$type<readonly string[]>()
      .notNull()
      .default(sql`'[]'`),
    status: text('status', { enum: mirroredStatuses }).notNull().default('active'),
    createdAt: integer('created_at').notNull(),
    ...version,
  },
  (table) => [
    index('memberships_by_user').on(table.userId),
    index('memberships_by_organization').on(table.organizationId),
  ],
)

/** What else Clerk tells of: sessions, invitations, its roles and permissions, domains, the waitlist, subscriptions. */
export const clerkObjects = sqliteTable(
  'clerk_objects',
  {
    kind: text('kind', { enum: clerkObjectKinds }).notNull(),
    id: text('id').notNull(),
    /** The user or the organisation that it belongs to; empty where it belongs to nobody. */
    owner: text('owner').notNull().default(''),
    /** Clerk's own word, such as `active`, `revoked`, `accepted`; `deleted` for a tombstone. */
    status: text('status').notNull(),
    /** What of it is kept, by Clerk's own names; no metadata that a user could set. */
    data: text('data', { mode: 'json' })
      .$type<Readonly<Record<string, unknown>>>()
      .notNull()
      .default(sql`'{}'`),
    ...version,
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.id] }),
    index('clerk_objects_by_owner').on(table.owner, table.kind),
    index('clerk_objects_by_time').on(table.kind, table.toldAt),
  ],
)

/** Clerk's webhooks, as they came in. Those that are applied are kept for thirty days. */
export const webhookInbox = sqliteTable(
  'webhook_inbox',
  {
    /** `svix-id`: the same for every delivery of one message. */
    id: text('id').primaryKey(),
    type: text('type').notNull(),
    /** The id of what it is about; empty where it has none. */
    subject: text('subject').notNull().default(''),
    state: text('state', { enum: inboxStates }).notNull().default('received'),
    /** What the message says, at most 1 MiB, without what could let somebody in. */
    body: text('body').notNull(),
    receivedAt: integer('received_at').notNull(),
    /** When it was last given to the queue; ahead of now, when the queue is to try it again. */
    queuedAt: integer('queued_at'),
    appliedAt: integer('applied_at'),
    attempts: integer('attempts').notNull().default(0),
    /** Why it could not be applied: the kind of the error, and nothing of the message. */
    error: text('error'),
  },
  (table) => [
    index('webhook_inbox_by_state').on(table.state, table.receivedAt),
    index('webhook_inbox_by_time').on(table.receivedAt, table.id),
    index('webhook_inbox_by_subject').on(table.subject, table.receivedAt),
  ],
)

/** What happened to people, roles and organisations, to be told to others. Written with the change, or not at all. */
export const events = sqliteTable(
  'events',
  {
    /** `evt_…`, by which receivers know what they have had already. */
    id: text('id').primaryKey(),
    type: text('type', { enum: eventTypes }).notNull(),
    /** The user or, where it is about none, the organisation; the sequence counts by it. */
    subject: text('subject').notNull(),
    sequence: integer('sequence').notNull(),
    at: integer('at').notNull(),
    data: text('data', { mode: 'json' }).$type<Readonly<Record<string, unknown>>>().notNull(),
    /** When it was handed to everyone who wants to hear of it. */
    dispatchedAt: integer('dispatched_at'),
  },
  (table) => [
    uniqueIndex('events_in_sequence').on(table.subject, table.sequence),
    index('events_by_dispatch').on(table.dispatchedAt, table.at),
    index('events_by_time').on(table.at, table.id),
  ],
)

/** The last sequence number of each subject; it outlives the events. */
export const eventCounters = sqliteTable('event_counters', {
  subject: text('subject').primaryKey(),
  last: integer('last').notNull(),
})

/** Who is told of events, by URL. */
export const subscriptions = sqliteTable('subscriptions', {
  /** `sub_…` */
  id: text('id').primaryKey(),
  url: text('url').notNull(),
  description: text('description').notNull().default(''),
  /** Which events; empty for all. */
  types: text('types', { mode: 'json' }).$type<readonly string[]>().notNull().default(sql`'[]'`),
  isActive: integer('is_active', { mode: 'boolean' }).notNull().default(true),
  /** `whsec_…`, as Standard Webhooks writes secrets. */
  secret: text('secret').notNull(),
  /** The one before, which signs beside it until its time is over. */
  previousSecret: text('previous_secret'),
  previousSecretUntil: integer('previous_secret_until'),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
})

/** One event on its way to one receiver. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    /** `dlv_…` */
    id: text('id').primaryKey(),
    eventId: text('event_id').notNull(),
    /** The id of a subscription, or `site` for the handlers of the project itself. */
    receiver: text('receiver').notNull(),
    state: text('state', { enum: deliveryStates }).notNull().default('pending'),
    attempts: integer('attempts').notNull().default(0),
    /** The status of the last answer; `null` where there was none. */
    lastStatus: integer('last_status'),
    lastError: text('last_error'),
    createdAt: integer('created_at').notNull(),
    queuedAt: integer('queued_at'),
    attemptedAt: integer('attempted_at'),
    deliveredAt: integer('delivered_at'),
  },
  (table) => [
    uniqueIndex('deliveries_once').on(table.eventId, table.receiver),
    index('deliveries_by_state').on(table.state, table.queuedAt),
    index('deliveries_by_time').on(table.createdAt, table.id),
  ],
)

/** Walks through what Clerk has: all of it, or what changed since the last. */
export const syncRuns = sqliteTable(
  'sync_runs',
  {
    /** `sync_…`, and the id of the Workflow that does it. */
    id: text('id').primaryKey(),
    kind: text('kind', { enum: ['backfill', 'reconcile'] }).notNull(),
    state: text('state', { enum: ['running', 'done', 'failed', 'cancelled'] }).notNull(),
    /** What is walked at the moment, and how far. */
    stage: text('stage', { enum: ['users', 'organizations', 'memberships'] }).notNull(),
    cursor: text('cursor').notNull().default(''),
    /** What was looked at, of how many, and what of it was new or other than here. */
    progress: text('progress', { mode: 'json' })
      .$type<Readonly<Record<string, { seen: number; total: number | null; changed: number }>>>()
      .notNull()
      .default(sql`'{}'`),
    startedBy: text('started_by').notNull(),
    startedAt: integer('started_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    finishedAt: integer('finished_at'),
    error: text('error'),
  },
  (table) => [index('sync_runs_by_time').on(table.startedAt, table.id)],
)

/** Up to when what changed at Clerk has been looked at, by stage. */
export const syncWatermarks = sqliteTable('sync_watermarks', {
  stage: text('stage').primaryKey(),
  at: integer('at').notNull(),
})

/**
 * What was done to people and roles, and by whom: rows are only ever added. Each names the hash of the one
 * before it, and no two name the same, so the rows are one chain. The chain covers digests: `before` and
 * `after` can be erased (set to null) without breaking it.
 */
export const audit = sqliteTable(
  'audit',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    at: integer('at').notNull(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    /** The request or the message that did it; `null` for a command. */
    requestId: text('request_id'),
    /** The address it came from; like `before` and `after` it can be erased. */
    address: text('address'),
    before: text('before'),
    after: text('after'),
    beforeDigest: text('before_digest').notNull(),
    afterDigest: text('after_digest').notNull(),
    addressDigest: text('address_digest').notNull().default(''),
    previousHash: text('previous_hash').notNull().unique(),
    hash: text('hash').notNull(),
  },
  (table) => [
    index('audit_by_subject').on(table.subject, table.id),
    index('audit_by_actor').on(table.actor, table.id),
  ],
)

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
