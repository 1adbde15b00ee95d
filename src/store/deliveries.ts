import { and, desc, eq, lt, or, type SQL, sql } from 'drizzle-orm'
import { changeAudited } from './audit.ts'
import type { Database } from './database.ts'
import { deliveries, events, subscriptions } from './schema.ts'
import type { SubscriptionDeed } from './subscriptions.ts'

/** An event on its way to one receiver, as it is kept. */
export type DeliveryRow = typeof deliveries.$inferSelect

/** An event, as it is kept. */
export type EventRow = typeof events.$inferSelect

/** A delivery with what it brings, and whom to; `null` where the receiver is no subscription that is there. */
export interface DeliveryFound {
  readonly deliveries: DeliveryRow
  readonly events: EventRow
  readonly subscriptions: typeof subscriptions.$inferSelect | null
}

/** A delivery; `undefined` where it is gone. */
export async function findDelivery(
  database: Database,
  id: string,
): Promise<DeliveryFound | undefined> {
  return database
    .select()
    .from(deliveries)
    .innerJoin(events, eq(events.id, deliveries.eventId))
    .leftJoin(subscriptions, eq(subscriptions.id, deliveries.receiver))
    .where(eq(deliveries.id, id))
    .get()
}

/** Which deliveries are about to be given to the queue. */
export type Waiting =
  | { readonly eventIds: readonly string[] }
  /** Pending since before the one time, or with the queue and due before the other; so many at most. */
  | { readonly pendingBefore: number; readonly dueBefore: number; readonly count: number }

/**
 * Marks deliveries as given to the queue and gives their ids: of many who do that at once, one has each. Whoever
 * cannot give them to the queue after all takes that back by {@link releaseDeliveries}.
 */
export async function claimDeliveries(
  database: Database,
  waiting: Waiting,
  nowMs: number,
): Promise<readonly string[]> {
  const claimed = await database.all<{ id: string }>(sql`
    UPDATE deliveries SET state = 'queued', queued_at = ${nowMs} WHERE ${isWaiting(waiting)} RETURNING id`)
  return claimed.map(({ id }) => id)
}

function isWaiting(waiting: Waiting): SQL {
  if ('eventIds' in waiting) {
    // The sign keeps SQLite from reading all that are pending.
    return sql`+state = 'pending' AND event_id IN (SELECT value FROM json_each(${JSON.stringify(waiting.eventIds)}))`
  }
  const { pendingBefore, dueBefore, count } = waiting
  return sql`id IN (
    SELECT id FROM deliveries
    WHERE (state = 'pending' AND queued_at IS NULL AND created_at <= ${pendingBefore}) OR (state = 'queued' AND queued_at <= ${dueBefore})
    ORDER BY created_at LIMIT ${count})`
}

/** Takes back that deliveries were given to the queue, which did not take them. */
export async function releaseDeliveries(database: Database, ids: readonly string[]): Promise<void> {
  await database.run(sql`
    UPDATE deliveries SET state = 'pending', queued_at = NULL
    WHERE state = 'queued' AND id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`)
}

/** How one attempt went. */
export interface AttemptOutcome {
  readonly state: 'queued' | 'delivered' | 'dead'
  /** The status of the answer; `null` where there was none. */
  readonly status: number | null
  /** Why it was no success, in a word of ours; `null` where it was one. */
  readonly error: string | null
  readonly atMs: number
  /** When it is tried again; for `queued` alone. */
  readonly dueMs: number | null
}

/** Notes how an attempt went. What was delivered by another attempt meanwhile stays so. */
export async function noteAttempt(
  database: Database,
  id: string,
  { state, status, error, atMs, dueMs }: AttemptOutcome,
): Promise<void> {
  await database.run(sql`
    UPDATE deliveries SET attempts = attempts + 1, attempted_at = ${atMs}, state = ${state}, last_status = ${status},
      last_error = ${error}, queued_at = COALESCE(${dueMs}, queued_at),
      delivered_at = ${state === 'delivered' ? atMs : null}
    WHERE id = ${id} AND state <> 'delivered'`)
}

/** Notes that a delivery was given up, unless it came to an end otherwise. */
export async function markDead(database: Database, id: string): Promise<void> {
  await database.run(
    sql`UPDATE deliveries SET state = 'dead' WHERE id = ${id} AND state IN ('pending', 'queued')`,
  )
}

/** What is to be brought once more: one delivery, whatever became of it, or the dead ones of a receiver. */
export type Replayed =
  | { readonly id: string }
  | { readonly receiver: string; readonly count: number }

/**
 * Makes deliveries that came to an end pending again, and says so in the audit. Gives their ids: those that are on their
 * way anyway are not among them.
 */
export async function replayDeliveries(
  database: Database,
  replayed: Replayed,
  { action, by, asked, nowMs }: SubscriptionDeed,
): Promise<readonly string[]> {
  const which =
    'id' in replayed
      ? sql`id = ${replayed.id} AND state IN ('delivered', 'dead')`
      : sql`receiver = ${replayed.receiver} AND state = 'dead' ORDER BY created_at LIMIT ${replayed.count}`
  const found = await database.all<{ id: string }>(sql`SELECT id FROM deliveries WHERE ${which}`)
  const ids = found.map(({ id }) => id)
  if (ids.length === 0) return []
  const statement = sql`
    UPDATE deliveries SET state = 'queued', queued_at = ${nowMs}, delivered_at = NULL
    WHERE state IN ('delivered', 'dead') AND id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
  const subject = 'id' in replayed ? replayed.id : replayed.receiver
  const after = { deliveries: ids.length }
  const deed = { at: nowMs, actor: by, action, subject, ...asked, before: null, after }
  return (await changeAudited(database, { statement, deed })) ? ids : []
}

/** Which deliveries, the newest first: those behind `from`, at most `count`. */
export interface DeliveryQuery {
  readonly from: { readonly createdAt: number; readonly id: string } | undefined
  readonly state: DeliveryRow['state'] | undefined
  readonly receiver: string | undefined
  readonly eventId: string | undefined
  readonly count: number
}

/** A page of deliveries. */
export async function listDeliveries(
  database: Database,
  { from, state, receiver, eventId, count }: DeliveryQuery,
): Promise<readonly DeliveryRow[]> {
  const { createdAt, id } = deliveries
  const isBehind =
    from && or(lt(createdAt, from.createdAt), and(eq(createdAt, from.createdAt), lt(id, from.id)))
  return database
    .select()
    .from(deliveries)
    .where(
      and(
        isBehind,
        state && eq(deliveries.state, state),
        receiver === undefined ? undefined : eq(deliveries.receiver, receiver),
        eventId === undefined ? undefined : eq(deliveries.eventId, eventId),
      ),
    )
    .orderBy(desc(createdAt), desc(id))
    .limit(count)
    .all()
}
